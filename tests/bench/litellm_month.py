"""litellm's month in PostgreSQL: its table, filled with the requests of our ledger."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.our_month_report import MONTH
from bench.peers.postgres_cluster import Cluster

from models.published import month_days, reading
from models.viewer import operator

REPORT = Path(__file__).parent / "peers" / "litellm_report.sql"

_SCHEMA = REPORT.with_name("litellm_schema.sql")
_ROWS = Path(__file__).with_name("sql") / "spend_logs.sql"
_TABLE = '"LiteLLM_SpendLogs"'


@dataclass(frozen=True)
class Loaded:
    """What loading took, and what the month then adds up to."""

    rows: int
    seconds: float
    size_bytes: int
    spend_usd: float


def load_month(server: Cluster, published: Path, work: Path) -> Loaded:
    """Fill litellm's table with the published month, indexes in place, as a proxy would find it."""
    server.run(_SCHEMA.read_text(encoding="utf-8"))
    file = work / "spend.csv"
    columns = _write_csv(published, file)
    began = perf_counter()
    listed = ", ".join(f'"{column}"' for column in columns)
    server.run(f"\\copy {_TABLE} ({listed}) from '{file}' with (format csv, header)")
    server.run(f"vacuum (analyze) {_TABLE}")
    seconds = perf_counter() - began
    file.unlink()
    size, rows, spend = server.run(
        f"select pg_total_relation_size('{_TABLE}'), count(*), sum(spend) from {_TABLE}"
    ).split("|")
    return Loaded(int(rows), seconds, int(size), float(spend))


def _write_csv(published: Path, file: Path) -> list[str]:
    first_day, last_day = month_days(MONTH)
    with reading(published, operator(), first_day=first_day, last_day=last_day) as month:
        rows = month.connection.sql(_ROWS.read_text(encoding="utf-8"))
        month.connection.execute(
            f"copy ({_ROWS.read_text(encoding='utf-8')}) to '{file}' (format csv, header)"
        )
        return list(rows.columns)
