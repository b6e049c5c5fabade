"""The bill: which charges are Claude's, and which cost source counts on which day."""

from datetime import datetime
from typing import Any

import duckdb

from models.errors import SettingsError
from models.seeds import naive
from models.setting_values import PREFIX
from models.settings import Settings
from models.warehouse import Connection, build, define, scalar

_VIEWS = ("billing.told",)
_TABLES = (
    "billing.snapshots",
    "billing.coverage",
    "billing.chosen",
    "billing.ccu_prices",
    "billing.charges",
    "billing.shared",
    "billing.days",
    "billing.accounts",
)
_PATTERNS = (
    "marketplace_type",
    "claude_publisher",
    "claude_meter",
    "ccu_meter",
    "unbilled_refusals",
)


def prepare_bill(connection: Connection, settings: Settings, known_at: datetime) -> None:
    """Derive what the small tables about the bill read, from the cost rows and seeds known then.

    Only small tables depend on it: costs that arrive rebuild no usage day. Raises SettingsError for
    a pattern that DuckDB does not take.
    """
    _set_rules(connection, settings, known_at)
    connection.execute("create schema if not exists billing")
    for view in _VIEWS:
        define(connection, view)
    for table in _TABLES:
        build(connection, table)


def _set_rules(connection: Connection, settings: Settings, known_at: datetime) -> None:
    resources = [name.partition("=")[2] for name in settings.foundry_resource_ids]
    rules: dict[str, Any] = {
        **{name: _pattern(connection, settings, name) for name in _PATTERNS},
        "known_at": naive(known_at),
        "residual_limit_usd": settings.residual_limit_usd,
        "residual_limit_share": settings.residual_limit_share,
        "settles_after_hours": settings.bill_settles_after_hours,
        "is_bill_read": bool(settings.billing_scope or settings.cost_exports),
        # A list without values has no type.
        "foundry_resource_ids": resources or [""],
    }
    for name, value in rules.items():
        connection.execute(f"set variable {name} = $value", {"value": value})


def _pattern(connection: Connection, settings: Settings, name: str) -> str:
    pattern: str = getattr(settings, name)
    try:
        scalar(connection, "select regexp_matches('', ?)", [pattern])
    except duckdb.Error as error:
        raise SettingsError(
            f"{PREFIX}{name.upper()}: DuckDB does not take this pattern ({error}): write it without"
            " look-ahead and back references"
        ) from error
    return pattern
