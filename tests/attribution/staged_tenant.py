"""A tenant written straight into raw and staging of a new warehouse: what ingestion would have made
of its logs and metrics, and what `tollbook run build` reads.

Only what Azure shows is written; of the truth, the units of callers, which a directory knows. Ids
follow from numbers: request 7 has the CorrelationId md5('request7') as a GUID, caller 3 the object
id md5('caller3'), unit 7 is the department unit-07.
"""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from attribution.tenant import MIDNIGHT, Tenant

from models.clock import Clock
from models.seed_loading import load_seeds
from models.warehouse import Connection, scalar, writing

MEMORY_LIMIT = "4GB"

_RESOURCE = "/subscriptions/s/resourceGroups/r/providers/Microsoft.CognitiveServices/accounts/one"
_STATEMENTS = Path(__file__).with_name("sql")
# Its requests all go past the gateway, so no table says what the deployment serves.
_UNSEEN_MODEL = "claude-haiku-4-5"
_ORIGINS = {
    "gateway_log": "benchmark",
    "llm_log": "benchmark",
    "platform_metrics": _RESOURCE.lower(),
}
_WRITTEN = {
    "gateway_log": ("raw.gateway_log", "staging.gateway_requests"),
    "llm_log": ("raw.llm_log", "staging.llm_rows"),
    "platform_metrics": ("raw.platform_metrics", "staging.metric_points"),
}


def stage_tenant(data_dir: Path, tenant: Tenant) -> datetime:
    """Write `tenant` into a new data folder: seeds, directory, rows, points, and their loads.

    Returns a moment (UTC) at which all of it was read: when to build it.
    """
    write_seeds(data_dir / "seeds", tenant)
    ends_at = end_of(tenant)
    now = ends_at + timedelta(days=2)
    with writing(
        data_dir / "warehouse.duckdb", Clock(now), wait_seconds=1, memory_limit=MEMORY_LIMIT
    ) as connection:
        load_seeds(connection, data_dir / "seeds")
        for table in ("requests", "points", "truth"):
            connection.register(f"tenant_{table}", getattr(tenant, table))
        connection.register("tenant_deployments", deployments_of(tenant))
        connection.execute(
            f"insert into warehouse.directory.principals by name\n{_sql('directory')}"
        )
        connection.execute(_sql("calls"))
        connection.execute(_sql("metric_values"), {"resource_id": _RESOURCE})
        for source in _WRITTEN:
            _write(connection, source, ends_at)
        connection.execute(f"insert into warehouse.run.dirty_days by name\n{_sql('staged_days')}")
        connection.execute("checkpoint warehouse")
    return now


def _write(connection: Connection, source: str, ends_at: datetime) -> None:
    """Write the rows of one source as one load, and the record of it."""
    load_id = scalar(connection, "select nextval('warehouse.run.load_ids')")
    for table in _WRITTEN[source]:
        rows = _sql(table.replace(".", "_"))
        written = connection.execute(
            f"insert into warehouse.{table} by name\n{rows}", {"load_id": load_id}
        ).fetchall()
    load: dict[str, Any] = {
        "load_id": load_id,
        "source": source,
        "origin": _ORIGINS[source],
        "starts_at": MIDNIGHT.item(),
        "ends_at": ends_at.replace(tzinfo=None),
        "rows": written[0][0],
    }
    connection.execute(f"insert into warehouse.run.loads by name\n{_sql('load')}", load)


def write_seeds(folder: Path, tenant: Tenant) -> None:
    """Write the reviewed seed that names the tenant's deployments, in a new folder."""
    folder.mkdir(parents=True)
    head = "deployment,foundry_resource_id,model,model_version,hosting,sku"
    lines = [f"{head},valid_from,valid_to,recorded_from,recorded_to,source"]
    for row in deployments_of(tenant).to_pylist():
        model = row["model"]
        lines.append(f"{row['name']},{_RESOURCE},{model},1,anthropic,GlobalStandard,,,,,benchmark")
    (folder / "deployments.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def deployments_of(tenant: Tenant) -> pa.Table:
    """Return a row per deployment that requests or points name: deployment, name, model."""
    requests = tenant.requests
    models = dict(
        zip(requests["deployment"].to_pylist(), requests["model"].to_pylist(), strict=True)
    )
    for number in pc.unique(tenant.points["deployment"]).to_pylist():
        models.setdefault(number, _UNSEEN_MODEL)
    numbers = sorted(models)
    return pa.table(
        {
            "deployment": pa.array(numbers, pa.int16()),
            # Two deployments may serve the same model.
            "name": [f"{models[number]}-{number}" for number in numbers],
            "model": [models[number] for number in numbers],
        }
    )


def end_of(tenant: Tenant) -> datetime:
    """Return the midnight (UTC) after the last answer and the last point."""
    requests = tenant.requests
    taken = pc.multiply(requests["total_time_ms"].cast(pa.int64()), 1_000)
    answered = pc.add(requests["started_at"], taken.cast(pa.duration("us")))
    last: datetime = max(pc.max(answered).as_py(), pc.max(tenant.points["minute"]).as_py())
    midnight = last.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    return midnight + timedelta(days=1)


def oid_of(caller: int) -> str:
    """Return the object id that the rows of a caller carry."""
    return str(UUID(md5(f"caller{caller}".encode(), usedforsecurity=False).hexdigest()))


def unit_name(unit: int) -> str:
    """Return the department of the callers of a unit."""
    return f"unit-{unit:02d}"


def _sql(name: str) -> str:
    return (_STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")
