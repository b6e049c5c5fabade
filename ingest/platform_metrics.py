"""Reads the platform metrics of Foundry accounts and gateways, minute by minute.

A point's newest value holds. A point that a later answer lacks, or shows as zero, keeps the value
it had: Azure answers gaps and zeros alike, and what was counted once does not become uncounted.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import structlog
from azure.core.rest import HttpResponse

from ingest.azure_answer import AzureService, OverlongError, ask, copy_body
from ingest.azure_clients import metrics_client, metrics_endpoint
from ingest.landing import Form, Landed, land
from ingest.metric_question import MOST_SERIES, QUESTIONS, MetricQuestion, metric_request
from ingest.monitored_resource import MonitoredResource, monitored_resources
from ingest.patience import NoAnswerError, patience_of
from ingest.progress import Progress, unseen
from ingest.refusal import RefusedError
from ingest.source import PLATFORM_METRICS
from ingest.windows import Window, cut, due, halved
from models.clock import Clock, rfc3339
from models.errors import SourceError
from models.setting_values import PREFIX
from models.settings import Settings
from models.sql_files import sql
from models.warehouse import Connection, run

WIDEST_WINDOW = timedelta(days=1)
KEPT = timedelta(days=92)
"""How far back is asked: a day less than Azure keeps, so that no question falls over the edge."""

_MINUTE = timedelta(minutes=1)
_RECENT = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_FORM = Form("metrics_answer", "platform_metrics")
# The service's words for a metric that the resource does not have.
_UNKNOWN_METRIC = "find metric configuration"
_TOO_LARGE = 413

log = structlog.get_logger()


class _CutError(SourceError):
    """The answer may lack series."""


@dataclass(frozen=True)
class _Reading:
    """What reading one resource needs; `absent` gathers metrics that it turned out not to have."""

    connection: Connection
    settings: Settings
    clock: Clock
    service: AzureService
    resource: MonitoredResource
    absent: set[str] = field(default_factory=set)


def load_platform_metrics(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    progress: Progress = unseen,
    *,
    asked: Window | None = None,
    again: bool = False,
) -> Landed:
    """Load what is still owed of every resource that the settings name.

    `asked` bounds it to a span; with `again`, that span is read whether or not it was read before.
    A resource that fails does not keep the others from being read. Raises SettingsError for an
    entry that cannot be read, SourceError that says what to do when a resource cannot.
    """
    landed, failures = Landed(), []
    for resource in monitored_resources(settings):
        windows = [asked] if asked and again else due(
            connection, settings, clock, PLATFORM_METRICS, resource.resource_id,
            look_back=timedelta(hours=settings.look_back_hours), asked=asked,
        )  # fmt: skip
        with _service(settings, resource) as service:
            reading = _Reading(connection, settings, clock, service, resource)
            try:
                for part in _load_resource(reading, _answerable(clock.now(), windows), progress):
                    landed += part
            except SourceError as error:
                failures.append(error)
    if failures:
        raise failures[0] if len(failures) == 1 else SourceError("\n".join(map(str, failures)))
    return landed


def probe(settings: Settings, clock: Clock, resource: MonitoredResource) -> None:
    """Ask for one metric of the last minutes; SourceError says why it was not answered."""
    end = _whole_minute(clock.now())
    *_, last = QUESTIONS[resource.kind]
    question = MetricQuestion(last.metrics[:1], (), last.aggregation)
    with (
        duckdb.connect() as connection,
        _service(settings, resource) as service,
        TemporaryDirectory(prefix="tollbook-doctor-") as folder,
    ):
        reading = _Reading(connection, settings, clock, service, resource)
        _fetch_once(reading, question, (end - _RECENT, end), Path(folder) / "answer.json")


@contextmanager
def _service(settings: Settings, resource: MonitoredResource) -> Iterator[AzureService]:
    setting = f"{PREFIX}{resource.kind.setting.upper()}"
    role = "grant tollbook's identity the role Monitoring Reader on the resource"
    with metrics_client(settings, resource.region) as client:
        yield AzureService(
            client,
            f"Azure Monitor metrics of {resource.resource_id}",
            metrics_endpoint(settings, resource.region),
            f"{PREFIX}METRICS_ENDPOINT",
            patience_of(settings),
            {
                400: f"check the resource id and its region in {setting}",
                401: role,
                403: role,
                404: f"the resource is gone, or was moved; check {setting}",
            },
        )


def _answerable(now: datetime, windows: Sequence[Window]) -> list[Window]:
    """Return what of the windows the service still keeps, cut to whole minutes that are over."""
    first = _whole_minute(now - KEPT)
    found = []
    for start, end in windows:
        if start < first:
            log.info("not kept so long", start=rfc3339(start), kept_from=rfc3339(first))
        window = max(_whole_minute(start), first), _whole_minute(end)
        if window[0] < window[1]:
            found.append(window)
    return found


def _whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _load_resource(
    reading: _Reading, windows: Sequence[Window], progress: Progress
) -> Iterator[Landed]:
    """Land day by day; what landed before a failure stays."""
    total = sum((end - start for start, end in windows), timedelta())
    done = timedelta()
    for window in windows:
        for start, end in cut(window, WIDEST_WINDOW):
            yield _load_window(reading, (start, end))
            done += end - start
            progress("platform metrics (hours)", done // _HOUR, total // _HOUR)


def _load_window(reading: _Reading, window: Window) -> Landed:
    """Land the answers to every question about a window as one batch, or those to its halves."""
    resource = reading.resource
    try:
        with TemporaryDirectory(dir=reading.settings.data_dir, prefix="metrics-") as folder:
            file = Path(folder) / "answers.json"
            file.touch()
            for question in QUESTIONS[resource.kind]:
                _fetch(reading, question, window, file)
            return land(
                reading.connection, reading.clock, PLATFORM_METRICS, resource.resource_id,
                window, file, form=_FORM,
            )  # fmt: skip
    except _CutError as error:
        start, end = window
        if end - start <= _MINUTE:
            raise SourceError(
                f"{reading.service.name} has {MOST_SERIES} series or more in the minute"
                f" {rfc3339(start)}, and the rest would be lost: delete deployments nobody uses"
            ) from error
    first, second = halved(window)
    middle = _whole_minute(first[1])
    return _load_window(reading, (first[0], middle)) + _load_window(reading, (middle, second[1]))


def _fetch(reading: _Reading, question: MetricQuestion, window: Window, file: Path) -> None:
    """Append the answer to `file`; metrics that the resource does not have are left out.

    Raises _CutError when the answer may lack series and the question has one metric.
    """
    present = tuple(name for name in question.metrics if name not in reading.absent)
    if not present:
        return
    question = MetricQuestion(present, question.dimensions, question.aggregation)
    try:
        _fetch_once(reading, question, window, file)
    except (_CutError, OverlongError, RefusedError) as error:
        is_unknown = isinstance(error, RefusedError) and _is_unknown_metric(error)
        is_large = not isinstance(error, RefusedError) or error.status == _TOO_LARGE
        if not is_unknown and not is_large:
            raise
        if len(present) > 1:
            for half in question.split():
                _fetch(reading, half, window, file)
        elif is_unknown:
            _note_absent(reading, present[0])
        else:
            raise _CutError(str(error)) from error


def _fetch_once(reading: _Reading, question: MetricQuestion, window: Window, file: Path) -> None:
    part = file.with_suffix(".part")

    def read(response: HttpResponse) -> None:
        with part.open("wb") as out:
            copy_body(response, out)
        _require_whole(reading, question, part)

    request = metric_request(reading.service.endpoint, reading.resource, question, window)
    ask(reading.service, request, read)
    with part.open("rb") as body, file.open("ab") as out:
        # A batch is landed in pieces of whole lines, so an answer must be one line.
        for line in body:
            out.write(line.rstrip(b"\r\n") + b" ")
        out.write(b"\n")


def _require_whole(reading: _Reading, question: MetricQuestion, file: Path) -> None:
    """Raise NoAnswerError unless every metric was answered, _CutError when series may lack."""
    _unwrap(file)
    try:
        answered = _answered(reading.connection, file)
    except duckdb.InvalidInputException as error:
        raise NoAnswerError("a body that is not as documented: the next run asks again") from error
    wanted = {name.lower() for name in question.metrics}
    for resource_id, metric, error_code, _ in answered:
        if resource_id != reading.resource.resource_id or metric not in wanted:
            raise NoAnswerError("metrics that were not asked for: the next run asks again")
        if error_code.lower() != "success":
            raise NoAnswerError(f"{metric} failed in the service: the next run asks again")
    if {metric for _, metric, _, _ in answered} != wanted:
        raise NoAnswerError("some of the metrics are missing: the next run asks again")
    if question.dimensions and sum(series for *_, series in answered) >= MOST_SERIES:
        raise _CutError(f"{reading.service.name} answered with as many series as it may")


def _answered(connection: Connection, file: Path) -> list[tuple[str, str, str, int]]:
    connection.execute("set variable answer_file = $file", {"file": str(file)})
    connection.execute(f"create or replace temp view answer as\n{sql(f'landing/{_FORM.answer}')}")
    return run(connection, "landing/answered_metrics").fetchall()


def _unwrap(file: Path) -> None:
    """Take the answer out of the text that the service now and then wraps it into."""
    with file.open("rb") as body:
        if body.read(1) != b'"':
            return
    try:
        text = json.loads(file.read_bytes())
    except ValueError as error:
        raise NoAnswerError("a body that is no JSON: the next run asks again") from error
    file.write_text(text, encoding="utf-8")


def _is_unknown_metric(error: RefusedError) -> bool:
    return error.status == 400 and _UNKNOWN_METRIC in error.said.lower()


def _note_absent(reading: _Reading, metric: str) -> None:
    reading.absent.add(metric)
    log.info("metric absent", metric=metric, resource=reading.resource.resource_id)
    asked = {name for question in QUESTIONS[reading.resource.kind] for name in question.metrics}
    if reading.absent >= asked:
        raise SourceError(
            f"{reading.service.name}: the service knows none of the metrics of a"
            f" {reading.resource.kind.namespace}: check {reading.service.setting}"
        )
