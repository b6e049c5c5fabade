"""Writes recorded workspaces small enough to be read beside the test that uses them."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

FIRST = "00000000-0000-0000-0000-0000000000aa"
SECOND = "00000000-0000-0000-0000-0000000000bb"
EMPTY = "00000000-0000-0000-0000-0000000000cc"
GATEWAY = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/gateway"
FOUNDRY = "/subscriptions/s/resourceGroups/r/providers/Microsoft.CognitiveServices/accounts/claude"

DESCRIPTION = f"""
tenant_id = "10000000-0000-0000-0000-000000000000"
workspace_ids = ["{FIRST}", "{SECOND}", "{EMPTY}"]
apim_resource_ids = ["{GATEWAY}"]
foundry_resource_ids = ["{FOUNDRY}"]
claude_app_id = "20000000-0000-0000-0000-000000000000"
billing_scope = "/subscriptions/s"
billing_currency = "USD"
starts_at = 2026-10-01T00:00:00Z
now = 2026-10-03T00:00:00Z

[[deployments]]
name = "opus"
foundry_resource_id = "{FOUNDRY}"
model = "claude-opus-5"
version = "1"
hosting = "anthropic"
sku = "GlobalStandard"
"""

Line = Mapping[str, object] | str | bytes


def write_workspace(
    folder: Path, files: Mapping[str, Iterable[Line] | bytes], description: str = DESCRIPTION
) -> Path:
    """Write `workspace.toml` and `files`: path there -> objects, raw lines, or all its bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "workspace.toml").write_text(description, encoding="utf-8")
    for name, lines in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(lines, bytes):
            file.write_bytes(lines)
            continue
        body = b"".join(_line(line) for line in lines)
        file.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    return folder


def _line(line: Line) -> bytes:
    if isinstance(line, bytes):
        return line + b"\n"
    return (line if isinstance(line, str) else json.dumps(line)).encode() + b"\n"
