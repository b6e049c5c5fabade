"""Which files of a cost export hold now: of each billing period its newest complete run.

Azure writes `<folder>/<export>/<first day>-<last day>/[<time>/]<run>/part_0_0001.csv` beside a
`manifest.json` that lists the parts; every run writes its whole period again. A file in any other
folder is a snapshot by itself.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from ingest.places import GoneError, Place, StoredFile
from models.clock import parse_utc

MANIFEST = "manifest.json"
_KINDS = (".csv", ".csv.gz", ".parquet")
_PERIOD = re.compile(r"^(.*?/(\d{8})-(\d{8}))/(.+)$")
_RUN_TIME = re.compile(r"(?:^|/)(\d{12}|\d{14})(?=/)")
_MOST_MANIFEST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Snapshot:
    """Files that together are all there is of one billing period, or of one export's folder.

    A later snapshot with the same `key` replaces it. `period` is [first day, end), None where no
    path and no manifest tells.
    """

    key: str
    parts: tuple[StoredFile, ...]
    made_at: datetime
    period: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class _Manifest:
    """What a run says of itself: its files with their sizes, and when it was asked for."""

    sizes: dict[str, int]
    made_at: datetime | None
    period: tuple[datetime, datetime] | None


def is_costs(name: str) -> bool:
    """Tell whether a file of that name can hold costs."""
    return name.lower().endswith(_KINDS)


def snapshot_key(path: str) -> str:
    """Return what a file is a part of: its export's period, else its folder."""
    found = _PERIOD.match(path)
    return found[1] if found else path.rpartition("/")[0]


def newest_snapshots(place: Place) -> Iterator[Snapshot]:
    """Yield the snapshots that hold, by key.

    A run is complete when its manifest lists its parts and all of them are there; where no run of
    an export has a manifest, when it has any file.
    """
    runs: dict[str, dict[str, list[StoredFile]]] = defaultdict(lambda: defaultdict(list))
    manifests: dict[str, _Manifest] = {}
    for file in place.files():
        path = f"{place.address}/{file.name}"
        if file.name.rpartition("/")[2] == MANIFEST:
            manifest = _manifest(place, file)
            if manifest:
                manifests[_run(path)] = manifest
        elif is_costs(file.name) and file.size_bytes:
            runs[snapshot_key(path)][_run(path)].append(file)
    with_manifest = {_export(run) for run in manifests}
    for key in sorted(runs):
        parts = dict(runs[key])
        if not _PERIOD.match(f"{key}/x") and key not in manifests:
            for file in sorted(parts[key], key=lambda file: file.name):
                yield Snapshot(f"{key}/{file.name.rpartition('/')[2]}", (file,), file.changed_at)
            continue
        complete = [
            snapshot
            for run, files in parts.items()
            if (
                snapshot := _snapshot(
                    key, run, files, manifests.get(run), _export(run) in with_manifest
                )
            )
        ]
        if complete:
            yield max(complete, key=lambda snapshot: (snapshot.made_at, snapshot.parts[0].name))


def _snapshot(
    key: str,
    run: str,
    files: Sequence[StoredFile],
    manifest: _Manifest | None,
    needs_manifest: bool,
) -> Snapshot | None:
    """Return the run as a snapshot, None while it is not complete."""
    period = _period(key) or (manifest.period if manifest else None)
    if manifest is None:
        if needs_manifest:
            return None
        made_at = _run_time(run) or max(file.changed_at for file in files)
        return Snapshot(key, tuple(sorted(files, key=lambda file: file.name)), made_at, period)
    by_name = {file.name.rpartition("/")[2]: file for file in files}
    for name, size_bytes in manifest.sizes.items():
        if name not in by_name or size_bytes not in (0, by_name[name].size_bytes):
            return None
    parts = tuple(by_name[name] for name in sorted(manifest.sizes))
    made_at = manifest.made_at or _run_time(run) or max(file.changed_at for file in files)
    return Snapshot(key, parts, made_at, period) if parts else None


def _run(path: str) -> str:
    """Return the run that wrote a file: its folder, or itself where it lies among other runs."""
    folder, _, name = path.rpartition("/")
    is_among_others = _PERIOD.fullmatch(path) is not None and folder == snapshot_key(path)
    return path if is_among_others and not name.startswith(("part_", MANIFEST)) else folder


def _export(run: str) -> str:
    found = _PERIOD.match(f"{run}/x")
    return found[1].rpartition("/")[0] if found else run


def _period(key: str) -> tuple[datetime, datetime] | None:
    found = _PERIOD.match(f"{key}/x")
    if found is None:
        return None
    try:
        first, last = (_day(found[group]) for group in (2, 3))
    except ValueError:
        return None
    return first, last + timedelta(days=1)


def _run_time(run: str) -> datetime | None:
    found = _RUN_TIME.search(run.removeprefix(snapshot_key(f"{run}/x")) + "/")
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)


def _manifest(place: Place, file: StoredFile) -> _Manifest | None:
    """Return what a manifest says, None when it is none, or not whole yet."""
    content = BytesIO()
    try:
        place.copy(file, 0, min(file.size_bytes, _MOST_MANIFEST_BYTES), content)
        value = json.loads(content.getvalue().decode("utf-8-sig"))
        sizes = {
            str(blob["blobName"]).rpartition("/")[2]: int(blob.get("byteCount") or 0)
            for blob in value["blobs"]
        }
    except (GoneError, ValueError, KeyError, TypeError, AttributeError):
        return None
    about = value.get("runInfo")
    about = about if isinstance(about, dict) else {}
    first, last = (_moment(about.get(name)) for name in ("startDate", "endDate"))
    period = (first, last + timedelta(days=1)) if first and last and first <= last else None
    return _Manifest(sizes, _moment(about.get("submittedTime")), period)


def _moment(value: Any) -> datetime | None:
    try:
        return parse_utc(value) if isinstance(value, str) else None
    except ValueError:
        return None
