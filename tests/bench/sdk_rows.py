"""The usual way, for comparison: the SDK's row objects, a pandas frame, an insert into DuckDB."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
from azure.core.pipeline.policies import HeadersPolicy
from azure.monitor.query import LogsQueryClient, LogsQueryStatus

from ingest.azure_clients import LoopbackCredential
from ingest.log_query import OLDEST_EVENT
from ingest.source import GATEWAY_LOG, LLM_LOG
from models.clock import rfc3339
from models.sql_files import kql


def load(url: str, workspace_id: str, days: tuple[datetime, datetime], file: Path) -> int:
    """Load both log tables of some days into a new DuckDB file; returns the rows."""
    header = HeadersPolicy(base_headers={"Authorization": "Bearer sandbox"})
    client = LogsQueryClient(LoopbackCredential(), endpoint=url, authentication_policy=header)
    connection = duckdb.connect(file)
    rows = 0
    for source in (GATEWAY_LOG, LLM_LOG):
        start, end = days
        while start < end:
            upper = min(start + timedelta(days=1), end)
            query = kql(
                source.name,
                window_start=rfc3339(start),
                window_end=rfc3339(upper),
                time_floor=rfc3339(start - OLDEST_EVENT),
            )
            answer = client.query_workspace(workspace_id, query, timespan=None)
            assert answer.status == LogsQueryStatus.SUCCESS
            for table in answer.tables:
                frame = pd.DataFrame([list(row) for row in table.rows], columns=table.columns)
                rows += len(frame)
                connection.register("frame", frame)
                connection.execute(
                    f"create table if not exists {source.name} as from frame limit 0"
                )
                connection.execute(f"insert into {source.name} by name from frame")
                connection.unregister("frame")
            start = upper
    connection.close()
    client.close()
    return rows


if __name__ == "__main__":
    address, workspace, first, last, out = sys.argv[1:]
    span = (datetime.fromisoformat(first), datetime.fromisoformat(last))
    print(load(address, workspace, span, Path(out)))
