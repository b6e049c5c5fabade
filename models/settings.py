"""Typed settings, read once: `TOLLBOOK_*` variables over a TOML file over defaults.

Only where things are, what they are called and who may do what is a setting. Prices, discounts and
ownership are reviewed seeds, because they need dates and a reviewer.
"""

import json
import os
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from models.billing_settings import BillingSettings
from models.clock import Clock
from models.endpoint import endpoint_problem
from models.errors import SettingsError
from models.notification_settings import NotificationSettings
from models.setting_values import PREFIX, Names

FILE_NAME = "tollbook.toml"

SECRETS = ("storage_key", "notify_urls")
"""Settings that are never shown, and handed to no other process."""

SMALLEST_GROUP = 5
"""How few people a unit, group or team may have to be shown to who sees no names."""


class Settings(BillingSettings, NotificationSettings):
    """Where the tenant is and where tollbook keeps its files."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    data_dir: Path = Field(
        default=Path(".tollbook"), description="folder of the warehouse and the publication"
    )
    seeds_dir: Path | None = Field(
        default=None, description="folder whose CSV files replace reviewed seeds of the same name"
    )
    tenant_id: str | None = Field(default=None, description="Entra tenant id (GUID)")
    workspace_ids: Names = Field(
        default=(), description="Log Analytics workspace ids (GUIDs), by commas or as a JSON list"
    )
    # Before the endpoints, because their check reads it.
    allow_loopback_http: bool = Field(
        default=False, description="permit plain http, and only to 127.0.0.1 or localhost"
    )
    logs_endpoint: str = Field(
        default="https://api.loganalytics.io", description="Log Analytics query endpoint"
    )
    graph_endpoint: str = Field(
        default="https://graph.microsoft.com", description="Microsoft Graph endpoint"
    )
    metrics_endpoint: str = Field(
        default="https://{region}.metrics.monitor.azure.com",
        description="Azure Monitor metrics endpoint; {region} becomes the region of each resource",
    )
    management_endpoint: str = Field(
        default="https://management.azure.com", description="Azure Resource Manager endpoint"
    )
    retail_prices_endpoint: str = Field(
        default="https://prices.azure.com", description="Azure Retail Prices endpoint"
    )
    foundry_resource_ids: Names = Field(
        default=(), description="Foundry accounts, each as region=/subscriptions/..."
    )
    apim_resource_ids: Names = Field(
        default=(), description="API Management gateways, each as region=/subscriptions/..."
    )
    billing_scope: str | None = Field(
        default=None, description="Cost Management scope, such as /subscriptions/ID"
    )
    claude_app_id: str | None = Field(
        default=None, description="client id (GUID) of the application that people sign in to"
    )
    pilot_group_ids: Names = Field(
        default=(), description="object ids of the groups that may be assigned to that application"
    )
    group_ids: Names = Field(
        default=(),
        description="object ids of the groups to report by; groups assigned to the application and"
        " those that ownership rules name are read anyway",
    )
    log_exports: Names = Field(
        default=(), description="folders or container URLs with exported gateway logs (JSON lines)"
    )
    cost_exports: Names = Field(
        default=(), description="folders or container URLs with cost exports (CSV, Parquet)"
    )
    usage_records: Names = Field(
        default=(), description="folders or container URLs with usage records (JSON lines)"
    )
    storage_key: SecretStr | None = Field(
        default=None, description="storage account key or SAS, where no managed identity can read"
    )
    query_timeout_seconds: int = Field(
        default=240, ge=1, le=600, description="how long Log Analytics may work on one query"
    )
    retry_attempts: int = Field(
        default=6, ge=1, le=20, description="how often one question is put to a source at most"
    )
    retry_wait_seconds: float = Field(
        default=1, ge=0, description="wait before the second attempt; it doubles each time"
    )
    retry_longest_wait_seconds: float = Field(
        default=300, ge=0, description="a source that asks for more patience is left to a later run"
    )
    history_from: datetime | None = Field(
        default=None, description="how far back the first load reaches (default: 31 days)"
    )
    look_back_hours: int = Field(
        default=6, ge=0, le=24 * 31, description="hours of ingestion time read again in each run"
    )
    writer_wait_seconds: float = Field(
        default=30, ge=0, description="how long a command waits for the warehouse's writer"
    )
    retention_raw_days: int | None = Field(
        default=None, ge=1, description="days that log rows are kept; empty keeps them for ever"
    )
    retention_requests_days: int | None = Field(
        default=None,
        ge=1,
        description="days that single requests are kept; daily totals stay; empty keeps all",
    )
    names_visible: bool = Field(
        default=True,
        description="whether the local command line and the dashboard show names and object ids;"
        " false shows pseudonyms",
    )
    smallest_group: int = Field(
        default=SMALLEST_GROUP,
        ge=1,
        description="who sees no names sees units, groups and teams of fewer people as one",
    )
    memory_limit: str = Field(default="4GB", description="DuckDB memory limit while building")
    dashboard_port: int = Field(default=8501, ge=0, le=65535, description="dashboard port")
    now: datetime | None = Field(
        default=None, description="fixes the clock (RFC 3339); for tests and recorded workspaces"
    )

    @field_validator(
        "logs_endpoint",
        "graph_endpoint",
        "metrics_endpoint",
        "management_endpoint",
        "retail_prices_endpoint",
    )
    @classmethod
    def _plain_http_only_to_loopback(cls, url: str, info: ValidationInfo) -> str:
        problem = endpoint_problem(url, info.data.get("allow_loopback_http", False))
        if problem:
            raise ValueError(problem)
        return url

    @field_validator("log_exports", "cost_exports", "usage_records")
    @classmethod
    def _places_without_secrets(cls, places: Names, info: ValidationInfo) -> Names:
        for place in places:
            if "://" not in place:
                continue
            if urlsplit(place).query:
                raise ValueError(
                    f"{place.partition('?')[0]!r} carries a query: put a SAS or an account key"
                    f" into {PREFIX}STORAGE_KEY"
                )
            problem = endpoint_problem(place, info.data.get("allow_loopback_http", False))
            if problem:
                raise ValueError(problem)
        return places

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (pydantic passes it by name)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options of the command line, then variables, then the TOML file."""
        data_dir = Path(
            init_settings().get("data_dir") or os.environ.get(f"{PREFIX}DATA_DIR") or ".tollbook"
        )
        toml = _toml_source(settings_cls, _toml_file(data_dir))
        return init_settings, env_settings, toml

    def clock(self) -> Clock:
        """Return the one clock of this process."""
        return Clock(self.now)

    def require(self, *names: str) -> None:
        """Raise SettingsError that lists every one of `names` that is not set."""
        missing = [name for name in names if not getattr(self, name)]
        if missing:
            raise SettingsError(_listing(_missing(name) for name in missing))

    @property
    def warehouse_file(self) -> Path:
        """The one DuckDB file that has a writer."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def operations_file(self) -> Path:
        """The SQLite file of what people decide and do."""
        return self.data_dir / "operations.sqlite"

    @property
    def publication_dir(self) -> Path:
        """The folder of immutable Parquet files and manifests that readers open."""
        return self.data_dir / "published"


def read_settings(**options: Any) -> Settings:
    """Read the settings; `options` from the command line win, None means "not given".

    Raises SettingsError with every problem at once, each with the variable to set.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(_listing(_problem(item) for item in error.errors())) from error


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the variables that give a child process the same settings."""
    values = settings.model_dump(
        mode="json",
        exclude_none=True,
        exclude_defaults=True,
        # A child shows what is published; it asks no source and tells nobody, so gets no secret.
        exclude=set(SECRETS),
    )
    return {
        PREFIX + name.upper(): json.dumps(value) if isinstance(value, list) else str(value)
        for name, value in values.items()
    }


def _toml_file(data_dir: Path) -> Path | None:
    named = os.environ.get(f"{PREFIX}CONFIG")
    if named:
        if not Path(named).is_file():
            raise SettingsError(
                f"{PREFIX}CONFIG names {named}, which is no file: create it or unset the variable"
            )
        return Path(named)
    places = (data_dir / FILE_NAME, Path(FILE_NAME))
    return next((path for path in places if path.is_file()), None)


def _toml_source(settings_cls: type[BaseSettings], file: Path | None) -> PydanticBaseSettingsSource:
    try:
        return TomlConfigSettingsSource(settings_cls, file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} cannot be read as TOML ({error}): correct the file") from error


def _missing(name: str) -> str:
    description = Settings.model_fields[name].description
    return f"{PREFIX}{name.upper()} is not set: {description}"


def _problem(item: Any) -> str:
    message = item["msg"].removeprefix("Value error, ")
    if not item["loc"]:
        return str(message)
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{PREFIX}{name.upper()}: no such setting; .env.example lists them all"
    given = "" if name.partition(".")[0] in SECRETS else f" (given: {item['input']!r})"
    return f"{PREFIX}{name.upper()}: {message}{given}"


def _listing(problems: Sequence[str] | Any) -> str:
    lines = list(problems)
    head = (
        "1 setting needs attention" if len(lines) == 1 else f"{len(lines)} settings need attention"
    )
    return f"{head}; set the variable or its lower-case name in {FILE_NAME}:\n" + "\n".join(
        f"  {line}" for line in lines
    )
