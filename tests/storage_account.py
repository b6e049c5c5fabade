"""A storage account on this machine: Azurite in a process of its own, for a `with` block."""

import base64
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.blob import BlobServiceClient

AZURITE = Path(__file__).parent / "azurite" / "node_modules" / ".bin" / "azurite-blob"
ACCOUNT = "tenant"
_LISTENS = re.compile(rb"listens on (http://127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class StorageAccount:
    """Where the account answers, its key, and a client that may do everything."""

    url: str
    key: str
    client: BlobServiceClient


def is_installed() -> bool:
    """Whether Azurite can be started."""
    return AZURITE.exists() and shutil.which("node") is not None


@contextmanager
def storage_account() -> Iterator[StorageAccount]:
    """Run an empty account in memory; it ends with the block."""
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    options = ("--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--silent")
    with subprocess.Popen(
        [str(AZURITE), "--blobHost", "127.0.0.1", "--blobPort", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"},
    ) as process:
        try:
            assert process.stdout is not None
            said = b""
            while not (found := _LISTENS.search(said)):
                line = process.stdout.readline()
                assert line, said.decode(errors="replace")
                said += line
            url = f"{found[1].decode()}/{ACCOUNT}"
            with BlobServiceClient(url, AzureNamedKeyCredential(ACCOUNT, key)) as client:
                yield StorageAccount(url, key, client)
        finally:
            process.terminate()
