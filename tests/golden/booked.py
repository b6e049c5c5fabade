"""Reads what a data folder has published, request by request."""

from pathlib import Path
from typing import Any

from models.published import reading
from models.viewer import operator


def booked_requests(folder: Path) -> list[dict[str, Any]]:
    """Return every booked request of a publication folder, names resolved, in a stable order."""
    statement = Path(__file__).with_name("booked_requests.sql").read_text(encoding="utf-8")
    with reading(folder, operator()) as published:
        result = published.connection.execute(statement)
        columns = [column[0] for column in result.description or []]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
