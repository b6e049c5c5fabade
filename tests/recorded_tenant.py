"""A generated tenant read back with nothing but gzip, csv and json, for the tests that need one."""

import csv
import gzip
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.sandbox.generator import TenantSummary, generate_tenant

Row = dict[str, Any]
USERS, DAYS = 12, 10
GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
GATEWAY, LLM = "ApiManagementGatewayLogs", "ApiManagementGatewayLlmLog"


@dataclass(frozen=True)
class Recording:
    out: Path
    truth_folder: Path
    summary: TenantSummary
    truth: list[Row]
    gateway: list[Row]
    llm: list[Row]
    torn: dict[str, int]

    def graph(self, name: str) -> list[Row]:
        text = (self.out / "graph" / f"{name}.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def seed(self, name: str) -> list[Row]:
        with (self.out / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @property
    def by_id(self) -> dict[str, Row]:
        """Gateway rows by correlation id, where the id can be used as a key."""
        return {row["CorrelationId"]: row for row in self.gateway if row["CorrelationId"]}

    @property
    def unlogged(self) -> list[Row]:
        """Calls that passed the gateway and are in no row of its log."""
        return read_lines([self.truth_folder / "unlogged.jsonl.gz"], {})

    @property
    def faults(self) -> dict[str, Row]:
        """What doctor must find, by check."""
        text = (self.truth_folder / "faults.jsonl").read_text(encoding="utf-8")
        return {line["check"]: line for line in map(json.loads, text.splitlines())}

    def planted(self, trap: str) -> list[Row]:
        return [row for row in self.truth if row["trap"] == trap]

    def faulty(self, fault: str) -> list[Row]:
        return [row for row in self.truth if row["fault"] == fault]


def read_lines(files: list[Path], torn: dict[str, int]) -> list[Row]:
    rows = []
    for file in files:
        for line in gzip.decompress(file.read_bytes()).decode().split("\n")[:-1]:
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                torn[f"{file.parent.name}/{file.name}"] += 1
    return rows


def record(folder: Path, seed: int = 3, users: int = USERS, days: int = DAYS) -> Recording:
    out, truth = folder / "workspace", folder / "truth"
    summary = generate_tenant(out, truth=truth, seed=seed, users=users, days=days)
    torn: dict[str, int] = defaultdict(int)
    tables = {name: sorted((out / "tables" / name).iterdir()) for name in (GATEWAY, LLM)}
    return Recording(
        out=out,
        truth_folder=truth,
        summary=summary,
        truth=read_lines([truth / "requests.jsonl.gz"], {}),
        gateway=read_lines(tables[GATEWAY], torn),
        llm=read_lines(tables[LLM], torn),
        torn=torn,
    )


def headers(value: Any) -> dict[str, str]:
    """Read a header column in any of its shapes, names in lower case; nothing where it is cut."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return {}
    if isinstance(value, list):
        value = {pair["name"]: pair["value"] for pair in value}
    return {name.lower(): text for name, text in (value or {}).items()}


def trace_metadata(row: Row) -> Row:
    records = row["TraceRecords"]
    records = json.loads(records) if isinstance(records, str) else records
    return records[0]["metadata"] if records else {}


def is_guid(text: str | None) -> bool:
    return bool(text and GUID.fullmatch(text))


def key_owners(tenant: Recording) -> list[Row]:
    return tenant.seed("subscriptions")


def find_caller(row: Row, owners: list[Row]) -> str | None:
    """The ladder of evidence, as the contract words it."""
    backend = headers(row["BackendRequestHeaders"]).get("x-caller-oid", "").lower()
    response = headers(row["ResponseHeaders"]).get("x-caller-oid", "").lower()
    trace = trace_metadata(row).get("oid")
    client = headers(row["RequestHeaders"]).get("x-caller-oid")
    if is_guid(backend) and (backend != client or backend in (response, trace)):
        return backend
    for candidate in (response, trace):
        if is_guid(candidate):
            return candidate
    if not row["ApimSubscriptionId"] or row["TimeGenerated"] is None:
        return None
    at = row["TimeGenerated"]
    for owner in owners:
        valid = owner["valid_from"] <= at and (not owner["valid_to"] or at < owner["valid_to"])
        if owner["apim_subscription_id"] == row["ApimSubscriptionId"] and valid:
            return str(owner["oid"])
    return None
