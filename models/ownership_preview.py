"""What proposed ownership rules would change in a published month, before anybody applies them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from models.errors import SeedError, WarehouseError
from models.ownership import DECIDING_SEEDS, resolve
from models.published import Answer, month_days, reading
from models.seed_files import find_seed
from models.seeds import read_dated
from models.settings import Settings
from models.sql_files import sql
from models.viewer import operator
from models.warehouse import Connection, define, looking

Seeds = Mapping[str, Sequence[tuple[Any, ...]]]


def preview(settings: Settings, proposed: Path, *, month: str, known_at: datetime) -> Answer:
    """Return per unit what a month's requests cost as booked, and with the proposed files.

    `proposed` is a folder with one or more of the files that decide units; those it does not have
    stay as they are. Both sides add up to the same. Raises SeedError that lists every problem of
    the files, WarehouseError when the warehouse is being written.
    """
    seeds = _read(settings.seeds_dir, proposed)
    with looking(settings.warehouse_file) as connection:
        if connection is None:
            raise WarehouseError(
                f"{settings.warehouse_file} is absent, of another version, or being written:"
                " wait for the run to end, or run `tollbook run`, and ask again"
            )
        moved = _moved(connection, seeds, known_at)
    first_day, last_day = month_days(month)
    with reading(
        settings.publication_dir, operator(), first_day=first_day, last_day=last_day
    ) as published:
        published.connection.register("moved", moved)
        return published.query("reports/ownership_preview")


def _read(current: Path | None, proposed: Path) -> Seeds:
    if not any((proposed / seed.file_name).is_file() for seed in DECIDING_SEEDS):
        names = ", ".join(seed.file_name for seed in DECIDING_SEEDS)
        raise SeedError(f"{proposed} has none of {names}: put the changed file there")
    problems: list[str] = []
    seeds: dict[str, Sequence[tuple[Any, ...]]] = {}
    for seed in DECIDING_SEEDS:
        given = (proposed / seed.file_name).is_file()
        try:
            seeds[seed.file_name] = read_dated(
                seed, find_seed(seed.file_name, proposed if given else current)
            )
        except SeedError as error:
            problems.append(str(error))
    if problems:
        raise SeedError("\n".join(problems))
    return seeds


def _moved(connection: Connection, seeds: Seeds, known_at: datetime) -> Any:
    """Return (oid, unit, valid_from, valid_to) of whom the proposal puts elsewhere, as a frame."""
    resolved = partial(resolve, connection, known_at)
    resolved()
    connection.execute("create table ownership.stored as from ownership.resolved")
    resolved(seeds)
    for table in ("differing", "moved"):
        define(connection, f"ownership.{table}")
    return connection.execute(sql("ownership/proposed")).df()
