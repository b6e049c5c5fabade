"""Containers of a storage account, read from a real one on this machine."""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas
from core_rows import Books, open_books, rows_of
from exported_files import GATEWAY_TABLE
from pydantic import SecretStr
from storage_account import ACCOUNT, StorageAccount, is_installed, storage_account

from ingest import places
from ingest.cost_exports import load_cost_exports
from ingest.landing import Landed
from ingest.log_exports import load_log_exports
from ingest.places import GoneError, container_parts, open_place
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings

BLOB = "WorkspaceResourceId=/subscriptions/s/y=2026/m=10/d=05/h=10/m=05/PT05M.json"


@pytest.fixture(scope="module")
def running() -> Iterator[StorageAccount | None]:
    if not is_installed():
        yield None
        return
    with storage_account() as account:
        yield account


@pytest.fixture
def account(
    running: StorageAccount | None, require_heavy: Callable[[bool, str], None]
) -> StorageAccount:
    require_heavy(running is not None, "Azurite is absent: npm ci --prefix tests/azurite")
    assert running is not None
    return running


@pytest.fixture
def container(account: StorageAccount) -> ContainerClient:
    return account.client.create_container(f"logs-{secrets.token_hex(4)}")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def settings_for(account: StorageAccount, key: str | None = None, **more: Any) -> Settings:
    return Settings(
        storage_key=SecretStr(key or account.key),
        allow_loopback_http=True,
        retry_wait_seconds=0.01,
        **more,
    )


def load(books: Books, account: StorageAccount, *urls: str, key: str | None = None) -> Landed:
    asked = settings_for(account, key, data_dir=books.settings.data_dir, log_exports=urls)
    return load_log_exports(books.connection, asked, books.clock)


def row(number: int, **more: object) -> bytes:
    value = {
        "TimeGenerated": f"2026-10-05T10:05:{number % 60:02}Z",
        "CorrelationId": f"request-{number}",
        "Method": "POST",
        "Type": GATEWAY_TABLE,
    }
    return json.dumps(value | more).encode() + b"\n"


def staged(books: Books) -> set[str]:
    rows = rows_of(books.connection, "from warehouse.staging.gateway_requests")
    return {row["correlation_id"] for row in rows}


def test_append_blobs_that_grow_are_read_on(books: Books, account: StorageAccount) -> None:
    container = account.client.create_container(f"am-{GATEWAY_TABLE.lower()}")
    blob = container.get_blob_client(BLOB)
    blob.create_append_blob()
    seen = []
    for block in (b"", row(1) + row(2), row(3)[:20], row(3)[20:], b"", row(4) + b"{broken\n"):
        if block:
            blob.append_block(block)
        seen.append(load(books, account, container.url).rows_received)
    assert seen == [0, 2, 0, 1, 0, 1]
    assert staged(books) == {f"request-{number}" for number in range(1, 5)}
    [file] = rows_of(books.connection, "from warehouse.run.files")
    assert (file["origin"], file["file"]) == (container.url, BLOB)
    assert file["version"] == blob.get_blob_properties().etag.strip('"')
    assert (file["read_bytes"], file["broken_lines"]) == (file["size_bytes"], 1)
    [problem] = rows_of(books.connection, "from warehouse.run.problems")
    assert problem["file"] == f"{container.url}/{BLOB}"


def test_a_blob_that_was_written_anew_is_read_whole(
    books: Books, account: StorageAccount, container: ContainerClient
) -> None:
    container.upload_blob("rows.json", row(1))
    load(books, account, container.url)
    container.upload_blob("rows.json", row(2), overwrite=True)
    load(books, account, container.url)
    assert staged(books) == {"request-1", "request-2"}


def test_a_prefix_bounds_what_is_read_and_names_may_be_odd(
    books: Books, account: StorageAccount, container: ContainerClient
) -> None:
    names = ("in side/a=b/ü #1?.json", "in side/b.json", "in sidewards.json", "out.json")
    for number, name in enumerate(names):
        container.upload_blob(name, row(number))
    assert load(books, account, f"{container.url}/in%20side/") == Landed(2, 2)
    assert staged(books) == {"request-0", "request-1"}


def test_more_blobs_than_a_page_and_more_bytes_than_a_range(
    books: Books,
    account: StorageAccount,
    container: ContainerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "_RANGE_BYTES", 1_000)
    monkeypatch.setattr(
        ContainerClient,
        "list_blobs",
        lambda self, _real=ContainerClient.list_blobs, **options: _real(
            self, results_per_page=2, **options
        ),
    )
    for number in range(5):
        rows = b"".join(row(100 * number + n) for n in range(40))
        container.upload_blob(f"{number}.json", rows)
    assert load(books, account, container.url) == Landed(200, 200)
    assert len(staged(books)) == 200


def test_bytes_are_copied_from_and_to_where_asked(
    account: StorageAccount, container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_RANGE_BYTES", 7)
    content = bytes(range(100))
    container.upload_blob("x.json", content)
    with open_place(settings_for(account), container.url) as place:
        [file] = place.files()
        for start, end in ((0, 100), (3, 10), (0, 7), (99, 100), (50, 400)):
            out = BytesIO()
            place.copy(file, start, end, out)
            assert out.getvalue() == content[start:end]


def test_a_blob_that_is_deleted_while_reading_is_left_out(
    books: Books,
    account: StorageAccount,
    container: ContainerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in (1, 2):
        container.upload_blob(f"{number}.json", row(number))
    with open_place(settings_for(account), container.url) as place:
        first, _ = place.files()
        container.delete_blob(first.name)
        with pytest.raises(GoneError):
            place.copy(first, 0, 5, BytesIO())
    real = places.Container.files

    def files(self: places.Container) -> Iterator[places.StoredFile]:
        yield first
        yield from real(self)

    monkeypatch.setattr(places.Container, "files", files)
    assert load(books, account, container.url) == Landed(1, 1)


def sas(account: StorageAccount, container: ContainerClient, hours: int) -> str:
    return generate_container_sas(
        ACCOUNT,
        container.container_name,
        account_key=account.key,
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=Clock().now() + timedelta(hours=hours),
    )


def test_a_sas_reads_its_container(
    books: Books, account: StorageAccount, container: ContainerClient
) -> None:
    container.upload_blob("rows.json", row(1))
    key = sas(account, container, hours=1)
    assert load(books, account, container.url, key=f"?{key}") == Landed(1, 1)
    kept = "".join(
        str(found)
        for table in ("files", "loads", "problems")
        for found in rows_of(books.connection, f"from warehouse.run.{table}")
    )
    assert "sig=" not in kept


def test_a_refusal_says_what_to_do_and_no_secret(
    books: Books,
    account: StorageAccount,
    container: ContainerClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    container.upload_blob("rows.json", row(1))
    wrong = account.key[::-1].lstrip("=") + "=="
    over = sas(account, container, hours=-1)
    for key in (wrong, over, "no base64"):
        with pytest.raises(SourceError) as raised:
            load(books, account, container.url, key=key)
        said = str(raised.value)
        assert "TOLLBOOK_STORAGE_KEY" in said
        assert container.url in said
        # Nothing of what the service or the SDK said stands behind it.
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
        for text in (said, caplog.text):
            assert key not in text
            assert key.rpartition("sig=")[2] not in text


def test_a_container_that_is_not_there_is_named(books: Books, account: StorageAccount) -> None:
    with pytest.raises(SourceError, match="/nowhere does not exist: correct the setting"):
        load(books, account, f"{account.url}/nowhere")
    with pytest.raises(SourceError, match="names no container: add it to the URL"):
        load(books, account, account.url)


def test_a_service_that_does_not_answer_is_said_to(books: Books, account: StorageAccount) -> None:
    asked = settings_for(account, log_exports=("http://127.0.0.1:9/tenant/c",), retry_attempts=2)
    asked = asked.model_copy(update={"data_dir": books.settings.data_dir})
    with pytest.raises(SourceError, match="did not answer"):
        load_log_exports(books.connection, asked, books.clock)


def test_cost_exports_are_read_from_a_container(
    books: Books, account: StorageAccount, container: ContainerClient
) -> None:
    run = "dir/daily/20261001-20261031/run"
    part = b"Date,Cost,ChargeType\n2026-10-05,1.5,Usage\n"
    container.upload_blob(f"{run}/part_0_0001.csv", part)
    manifest = {"blobs": [{"blobName": f"{run}/part_0_0001.csv", "byteCount": len(part)}]}
    container.upload_blob(f"{run}/manifest.json", json.dumps(manifest))
    asked = settings_for(account, cost_exports=(f"{container.url}/dir",))
    asked = asked.model_copy(update={"data_dir": books.settings.data_dir})
    assert load_cost_exports(books.connection, asked, books.clock) == Landed(1, 1)
    assert load_cost_exports(books.connection, asked, books.clock) == Landed()
    [found] = rows_of(books.connection, "from warehouse.staging.cost_rows")
    assert str(found["cost_in_billing_currency"]) == "1.500000000000000"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://a.blob.core.windows.net/c", ("https://a.blob.core.windows.net", "c", "")),
        ("https://A.blob.core.windows.net/c/x/y/", ("https://a.blob.core.windows.net", "c", "x/y")),
        ("http://127.0.0.1:10/account/c/x", ("http://127.0.0.1:10/account", "c", "x")),
        ("http://localhost:10/account/c", ("http://localhost:10/account", "c", "")),
    ],
)
def test_a_url_is_an_account_a_container_and_a_prefix(url: str, parts: tuple[str, ...]) -> None:
    assert container_parts(url) == parts


def test_the_lock_file_names_no_registry() -> None:
    lock = Path(__file__).parents[1] / "azurite" / "package-lock.json"
    packages = [
        package
        for path, package in json.loads(lock.read_text(encoding="utf-8"))["packages"].items()
        if path
    ]
    assert packages
    assert all("resolved" not in package and package["integrity"] for package in packages)
