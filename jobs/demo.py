"""The demo: a recorded workspace, lived through hour by hour as a running service would have."""

import json
import shutil
from collections.abc import Iterator
from csv import writer
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ingest.graph_directory import GraphDirectory
from ingest.progress import Progress
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.workspace import Problems, Workspace, json_line_files, json_objects
from jobs.directory_sync import sync_directory
from jobs.ingestion import INGESTION, Run, ingest
from jobs.pipeline import build_and_publish, open_run, refresh_seeds
from models.clock import Clock, rfc3339
from models.errors import SettingsError
from models.publication import Manifest
from models.seeds import DEPLOYMENTS
from models.settings import FILE_NAME, Settings, read_settings
from models.warehouse import claim

_MARK = "# Written by `tollbook demo`; a new demo in this folder starts over."
_BEFORE_START = timedelta(days=2)
"""Rows of requests that began before the recording may have become queryable within it."""

_MOST_GROUPS = 50


@dataclass(frozen=True)
class DemoFolder:
    """The places of a demo below its data folder."""

    data_dir: Path

    @property
    def workspace(self) -> Path:
        """Where a generated workspace is written."""
        return self.data_dir / "workspace"

    @property
    def seeds(self) -> Path:
        """The recorded tenant's reviewed seeds."""
        return self.data_dir / "seeds"

    @property
    def settings_file(self) -> Path:
        """The settings that later commands in this folder read."""
        return self.data_dir / FILE_NAME


def clear(data_dir: Path) -> DemoFolder:
    """Make room for a demo; refuses a folder that holds anything but an earlier demo."""
    folder = DemoFolder(data_dir)
    if data_dir.exists() and any(data_dir.iterdir()):
        marked = folder.settings_file
        if not marked.is_file() or _MARK not in marked.read_text(encoding="utf-8"):
            raise SettingsError(
                f"{data_dir} holds something that is not a demo: name an empty --data-dir"
            )
        for entry in data_dir.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    data_dir.mkdir(parents=True, exist_ok=True)
    folder.settings_file.write_text(_MARK + "\n", encoding="utf-8")
    return folder


def tenant_settings(folder: DemoFolder, workspace: Workspace, url: str) -> Settings:
    """Write the recorded tenant's settings and seeds into the demo's folder, and read them back."""
    folder.seeds.mkdir(exist_ok=True)
    for seed in (workspace.folder / "seeds").glob("*.csv"):
        shutil.copyfile(seed, folder.seeds / seed.name)
    if not (folder.seeds / DEPLOYMENTS.file_name).exists():
        _write_deployments(folder.seeds / DEPLOYMENTS.file_name, workspace)
    values = {
        "tenant_id": workspace.tenant_id,
        "workspace_ids": list(workspace.workspace_ids),
        "logs_endpoint": url,
        "graph_endpoint": url,
        "metrics_endpoint": url,
        "management_endpoint": url,
        "retail_prices_endpoint": url,
        "foundry_resource_ids": list(workspace.foundry_resource_ids),
        "apim_resource_ids": list(workspace.apim_resource_ids),
        "billing_scope": workspace.billing_scope,
        "claude_app_id": workspace.claude_app_id,
        "group_ids": _group_ids(workspace),
        "usage_records": [f"{url}/blobs/usage"] if (workspace.folder / "usage").is_dir() else [],
        "allow_loopback_http": True,
        "seeds_dir": str(folder.seeds.resolve()),
        "history_from": rfc3339(workspace.starts_at - _BEFORE_START),
        "now": rfc3339(workspace.now),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    folder.settings_file.write_text("\n".join([_MARK, *lines, ""]), encoding="utf-8")
    return read_settings(data_dir=folder.data_dir, **values)


def live_through(settings: Settings, workspace: Workspace, url: str, report: Progress) -> Manifest:
    """Step the sandbox's clock through the recording, then load the logs, build and publish."""
    clock = Clock(workspace.starts_at)
    with open_run(settings, clock) as connection, SandboxControl(url) as sandbox:
        run = Run(connection, settings, clock, report)
        claim(connection, settings.tenant_id)
        moments = list(_hours(workspace.starts_at, workspace.now))
        with GraphDirectory(settings) as directory:
            for number, moment in enumerate(moments, start=1):
                sandbox.move_clock(moment)
                clock.move(moment)
                sync_directory(run, directory)
                report("directory, hour by hour", number, len(moments))
        refresh_seeds(run)
        record_problems(run, sandbox)
        for job in INGESTION:
            ingest(run, job)
        return build_and_publish(run)


def _group_ids(workspace: Workspace) -> list[str]:
    """Return the first groups of the recording; a directory with more is not read for all."""
    found = (
        value.get("id")
        for file in json_line_files(workspace.folder / "graph", "groups")
        for _, value in json_objects(workspace, file, Problems())
    )
    ids = dict.fromkeys(one for one in found if isinstance(one, str) and one)
    return list(ids)[:_MOST_GROUPS]


def record_problems(run: Run, sandbox: SandboxControl) -> None:
    """Keep what the sandbox could not read of the recording, so that it is published with it."""
    found = sandbox.problems()
    shown = [
        (item["file"], item["line"], item["reason"][:500], 1) for item in found.get("problems", [])
    ]
    listed = [file for file, *_ in shown]
    rest = [
        (file, None, "further lines", count - listed.count(file))
        for file, count in found.get("counts", {}).items()
        if count > listed.count(file)
    ]
    run.connection.execute("delete from warehouse.run.problems")
    if shown or rest:
        run.connection.executemany(
            "insert into warehouse.run.problems values (?, ?, ?, ?)", [*shown, *rest]
        )


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    yield start
    hour = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while hour < end:
        yield hour
        hour += timedelta(hours=1)
    if end > start:
        yield end


def _write_deployments(file: Path, workspace: Workspace) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = writer(out, lineterminator="\n")
        rows.writerow([*DEPLOYMENTS.columns, "source"])
        for entry in workspace.deployments:
            rows.writerow(
                [
                    entry.name,
                    entry.foundry_resource_id,
                    entry.model,
                    entry.version,
                    entry.hosting,
                    entry.sku,
                    *("", "", "", ""),
                    "workspace.toml",
                ]
            )
