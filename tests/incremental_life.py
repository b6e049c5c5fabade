"""A tenant's life as a list of events, and the two warehouses it may lead to."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from core_rows import WINDOW, Books, Row, land_rows, open_books
from incremental_rows import FULL_ROUNDS, PEOPLE, ROWS, SEEDS, Arriving, metric_answer, record_lines
from published_rows import DICTIONARIES, Rows, published_rows

from ingest.landing import Form, land
from ingest.source import LOG_SOURCES, PLATFORM_METRICS, USAGE_RECORDS
from models.clock import Clock

STARTS_AT = datetime(2026, 10, 6, tzinfo=UTC)
SOURCES = (*(source.name for source in LOG_SOURCES), USAGE_RECORDS.name, PLATFORM_METRICS.name)
"""In the order in which one run reads them."""

_LOGS = {source.name: source for source in LOG_SOURCES}


@dataclass(frozen=True)
class Arrive:
    """Rows arrive, as one batch a source."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Seed:
    """A reviewer replaces a seed by another edition."""

    file: str
    edition: str


@dataclass(frozen=True)
class Directory:
    """A delta round of the directory."""

    round: str


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    hours: int


@dataclass(frozen=True)
class Publish:
    """A run builds what is dirty and publishes."""


Event = Arrive | Seed | Directory | Wait | Publish


@dataclass
class Life:
    """A warehouse that lives through events, with what one needs to do it again in one go."""

    books: Books
    rows: dict[str, Arriving] = field(default_factory=lambda: ROWS)
    seeds: dict[str, dict[str, tuple[Row, ...]]] = field(default_factory=lambda: SEEDS)
    arrived: list[str] = field(default_factory=list)
    editions: dict[str, str] = field(default_factory=dict)
    rounds: list[tuple[str, datetime]] = field(default_factory=list)

    def live(self, events: Iterable[Event], *, is_compared: bool = True) -> None:
        """Live through events; every publication must be what a full build would publish."""
        for event in events:
            match event:
                case Arrive(names):
                    self.arrived += names
                    land_arriving(self.books, [self.rows[name] for name in names])
                case Seed(file, edition):
                    self.editions[file] = edition
                    self.books.seed(file, *self.seeds[file][edition])
                case Directory(name):
                    self.rounds.append((name, self.books.clock.now()))
                    _observe(self.books, *self.rounds[-1])
                case Wait(hours):
                    self.books.clock.move(self.books.clock.now() + timedelta(hours=hours))
                case Publish():
                    self.books.publish()
                    if is_compared:
                        refuse_difference(self.published(), self.in_one_go())

    def published(self) -> dict[str, Rows]:
        """Everything this life has published."""
        return _comparable(published_rows(self.books.publication))

    def in_one_go(self) -> dict[str, Rows]:
        """Everything published by a warehouse that got the same at once and was built in full."""
        with TemporaryDirectory(prefix="tollbook-in-one-go-") as folder:
            seeds = {
                file.removesuffix(".csv"): self.seeds[file][edition]
                for file, edition in (_first_editions() | self.editions).items()
            }
            with open_books(Path(folder), **seeds) as opened:
                books = replace(opened, clock=self.books.clock)
                for name, moment in self.rounds:
                    _observe(books, name, moment)
                arrived = [self.rows[name] for name in self.arrived]
                land_arriving(books, sorted(arrived, key=lambda one: SOURCES.index(one.source)))
                books.publish()
                return _comparable(published_rows(books.publication))


@contextmanager
def life(folder: Path, starts_at: datetime = STARTS_AT) -> Iterator[Life]:
    """Open a warehouse with the first edition of every seed; the clock stands at `starts_at`."""
    seeds = {
        file.removesuffix(".csv"): SEEDS[file][edition]
        for file, edition in _first_editions().items()
    }
    with open_books(folder, **seeds) as books:
        yield Life(replace(books, clock=Clock(starts_at)))


def land_arriving(books: Books, arriving: Sequence[Arriving]) -> None:
    """Land rows, those of one source as one batch, sources in the order of their first row."""
    by_source: dict[str, list[Row]] = {}
    for one in _newest(arriving):
        by_source.setdefault(one.source, []).append(one.row)
    for name, rows in by_source.items():
        if name in _LOGS:
            land_rows(books.connection, books.folder, _LOGS[name], rows, WINDOW, books.clock)
        else:
            _land_file(books, name, rows)


def refuse_difference(published: dict[str, Rows], in_one_go: dict[str, Rows]) -> None:
    """Fail with the rows that only one of two publications has; dictionaries may know more."""
    problems = []
    for table, expected in in_one_go.items():
        missing, extra = expected - published[table], published[table] - expected
        if table in (*DICTIONARIES, "ownership"):
            extra.clear()
        problems += [f"{table} lacks {' '.join(row)}" for row in missing.elements()]
        problems += [f"{table} has {' '.join(row)}" for row in extra.elements()]
    assert not problems, "\n".join(problems)


def _land_file(books: Books, name: str, rows: list[Row]) -> None:
    file = books.folder / "answer.json"
    if name == "usage_records":
        source, form, text = USAGE_RECORDS, Form("objects", name), record_lines(rows)
    else:
        source, form, text = PLATFORM_METRICS, Form("metrics_answer", name), metric_answer(rows)
    file.write_text(text, encoding="utf-8")
    land(books.connection, books.clock, source, "place", WINDOW, file, form=form)


def _observe(books: Books, name: str, moment: datetime) -> None:
    books.observe(*PEOPLE[name], at=moment.isoformat(), is_full=name in FULL_ROUNDS)


def _newest(arriving: Iterable[Arriving]) -> list[Arriving]:
    """Leave out metric points that a later answer corrected: what Azure answers at last."""
    newest: dict[str, Arriving] = {}
    for one in arriving:
        same = {key: value for key, value in one.row.items() if key != "total"}
        newest[f"{one.source} {same}"] = one
    return list(newest.values())


def _first_editions() -> dict[str, str]:
    return {file: next(iter(editions)) for file, editions in SEEDS.items()}


def _comparable(tables: dict[str, Rows]) -> dict[str, Rows]:
    """Leave out when and in how many loads a source was read, which differ as they should."""
    sources: Rows = Rows()
    for row, times in tables["sources"].items():
        kept = [cell for cell in row if not cell.startswith(("rows_landed=", "last_landed_at="))]
        sources[tuple(kept)] += times
    return tables | {"sources": sources}
