"""The publication: readable at every instant, whatever is killed when."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from models.errors import PublicationError
from models.publication import (
    Manifest,
    parquet_name,
    publish,
    read_manifest,
    require_manifest,
    write_parquet,
)
from models.warehouse import in_memory

DAY = date(2026, 10, 5)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def publish_next(folder: Path, sequence: int, *, run_id: int | None = None) -> Manifest:
    """Publish a state of one day and one small table, each with a file of its own."""
    run = run_id or sequence
    connection = in_memory()
    connection.execute(f"create table content as select {run} as run")
    manifest = Manifest(
        sequence=sequence,
        run_id=run,
        published_at=NOW,
        data_until=None if sequence == 1 else NOW,
        days={str(DAY): {"daily": _written(connection, folder, "daily", run, DAY)}},
        tables={"units": _written(connection, folder, "units", run, None)},
    )
    connection.close()
    publish(folder, manifest)
    return manifest


def _written(connection, folder: Path, table: str, run: int, day: date | None) -> str:
    return write_parquet(connection, "content", folder, parquet_name(table, run, day))


def run_seen(folder: Path) -> int:
    """The run whose files a reader of the current state finds; fails where one is missing."""
    manifest = require_manifest(folder)
    connection = in_memory()
    runs = set()
    for name in (manifest.tables["units"], *manifest.files("daily", DAY, DAY)):
        runs |= set(connection.execute(f"from '{folder / name}'").fetchall())
    connection.close()
    ((run,),) = runs
    return run


def manifests(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("manifest-*"))


class KilledError(BaseException):
    """Stands for a process that ends at this very instruction."""


# Everything by which a file comes to be, changes or goes.
_OPERATIONS = {"open", "write", "flush", "fsync", "replace", "unlink", "mkdir"}


@contextmanager
def killed_at(number: int) -> Iterator[None]:
    """End the process, so to say, before its n-th operation on files."""
    left = number

    def watch(_frame: FrameType, event: str, called: Any) -> None:
        nonlocal left
        if event == "c_call" and called.__name__ in _OPERATIONS:
            left -= 1
            if left < 0:
                sys.setprofile(None)
                raise KilledError

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


def test_what_is_published_reads_back(tmp_path: Path) -> None:
    manifest = publish_next(tmp_path, 1)
    assert read_manifest(tmp_path) == manifest
    assert manifest.months() == ["2026-10"]
    assert manifest.files("daily", DAY, DAY) == ["daily/2026-10-05.r000001.parquet"]
    assert manifest.files("daily", date(2026, 10, 6), date(2026, 10, 7)) == []
    assert read_manifest(tmp_path) != publish_next(tmp_path, 2) == read_manifest(tmp_path)


def test_nothing_published_is_no_error_until_it_is_needed(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    assert read_manifest(tmp_path / "nowhere") is None
    with pytest.raises(PublicationError, match=r"nothing is published in .*run `tollbook run`"):
        require_manifest(tmp_path)


def test_a_crash_at_any_file_operation_leaves_a_whole_state(tmp_path: Path) -> None:
    before = tmp_path / "before"
    for sequence in range(1, 5):
        publish_next(before, sequence)
    seen = []
    for number in range(200):
        folder = tmp_path / str(number)
        shutil.copytree(before, folder)
        finished = False
        with suppress(KilledError), killed_at(number):
            publish_next(folder, 5)
            finished = True
        seen.append(run_seen(folder))
        # the next run, whichever it is, publishes and clears up
        following = require_manifest(folder).sequence + 1
        publish_next(folder, following, run_id=7)
        assert run_seen(folder) == 7
        assert len(manifests(folder)) == 3
        if finished:
            break
    assert finished
    assert seen == sorted(seen)
    assert set(seen) == {4, 5}
    assert len(seen) > 12


def test_the_last_three_states_are_kept_with_their_files(tmp_path: Path) -> None:
    for sequence in range(1, 6):
        publish_next(tmp_path, sequence)
        (tmp_path / "daily" / f"left-by-a-killed-run.{sequence}.parquet").touch()
    publish_next(tmp_path, 6)
    assert manifests(tmp_path) == [f"manifest-{n:08d}.json" for n in (4, 5, 6)]
    held = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet"))
    assert held == [
        *(f"daily/2026-10-05.r{n:06d}.parquet" for n in (4, 5, 6)),
        *(f"units/all.r{n:06d}.parquet" for n in (4, 5, 6)),
    ]


def test_a_file_that_a_kept_state_shares_stays(tmp_path: Path) -> None:
    first = publish_next(tmp_path, 1)
    for sequence in range(2, 7):
        publish(
            tmp_path,
            Manifest(sequence, sequence, NOW, None, days=first.days, tables=first.tables),
        )
    assert run_seen(tmp_path) == 1


def test_a_lost_pointer_starts_over_and_keeps_what_is_new(tmp_path: Path) -> None:
    for sequence in range(1, 6):
        publish_next(tmp_path, sequence)
    (tmp_path / "current").unlink()
    assert read_manifest(tmp_path) is None
    publish_next(tmp_path, 1, run_id=9)
    assert run_seen(tmp_path) == 9
    assert manifests(tmp_path) == ["manifest-00000001.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'"text"', b"7", b"\xff", b'{"version": 1}', b'{"version": 1, "x": 2}'],
)
def test_a_damaged_manifest_is_named_and_an_old_one_is_cleared_away(
    tmp_path: Path, content: bytes
) -> None:
    publish_next(tmp_path, 1)
    (tmp_path / "manifest-00000001.json").write_bytes(content)
    with pytest.raises(PublicationError, match=r"cannot be read .*run `tollbook run build`"):
        read_manifest(tmp_path)
    publish_next(tmp_path, 2)
    assert run_seen(tmp_path) == 2
    assert manifests(tmp_path) == ["manifest-00000002.json"]


@pytest.mark.parametrize("content", [b"", b"\xff", b"manifest-00000009.json", b"../other"])
def test_a_damaged_pointer_is_named(tmp_path: Path, content: bytes) -> None:
    publish_next(tmp_path, 1)
    (tmp_path / "current").write_bytes(content)
    with pytest.raises(PublicationError, match="current names cannot be read"):
        read_manifest(tmp_path)


def test_a_version_of_another_tollbook_is_refused(tmp_path: Path) -> None:
    publish_next(tmp_path, 1)
    file = tmp_path / "manifest-00000001.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"version": 2}))
    with pytest.raises(PublicationError, match="has version 2, this tollbook reads 1"):
        read_manifest(tmp_path)


def test_no_two_runs_write_the_same_file() -> None:
    names = {parquet_name("daily", run, DAY) for run in (1, 2)} | {parquet_name("daily", 1)}
    assert len(names) == 3
