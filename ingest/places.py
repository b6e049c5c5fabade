"""Places that hold files: a folder on this machine or a container of a storage account."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    DeserializationError,
    HttpResponseError,
    IncompleteReadError,
)
from azure.storage.blob import BlobClient, BlobProperties, ContainerClient

from ingest.azure_clients import container_client, unreachable_advice
from ingest.patience import FAILURES, NoAnswerError, patience_of, patiently
from ingest.refusal import NoCredentialError, RefusedError
from models.errors import SourceError
from models.settings import Settings

Answer = TypeVar("Answer")

# One request brings at most this much, so that what has to be repeated is small.
_RANGE_BYTES = 8 * 2**20


@dataclass(frozen=True)
class StoredFile:
    """A file as listed; `name` is its path below the place, `version` changes with its bytes."""

    name: str
    size_bytes: int
    version: str
    changed_at: datetime


class GoneError(SourceError):
    """A file was listed, and is no longer there."""


class Place(Protocol):
    """Where files lie; `address` names it in records and messages and holds no secret."""

    @property
    def address(self) -> str:
        """The folder's absolute path, or the container's URL."""

    def files(self) -> Iterator[StoredFile]:
        """Yield every file below the place. Raises SourceError when it cannot be listed."""

    def probe(self) -> None:
        """Ask whether files may be listed; SourceError says why not."""

    def copy(self, file: StoredFile, start_byte: int, end_byte: int, out: BinaryIO) -> None:
        """Write the bytes [start, end) of a file to `out`.

        Raises GoneError when the file is no longer there, SourceError when it cannot be read.
        """


@contextmanager
def open_place(settings: Settings, place: str) -> Iterator[Place]:
    """Yield the folder or container that a setting names."""
    if "://" not in place:
        path = Path(place).resolve()
        yield Folder(path.parent, path.name) if path.is_file() else Folder(path)
        return
    account_url, container, prefix = container_parts(place)
    with container_client(settings, account_url, container) as client:
        yield Container(
            client, f"{account_url}/{container}", f"{prefix}/" if prefix else "", settings
        )


def container_parts(url: str) -> tuple[str, str, str]:
    """Split a container's URL into (account URL, container, prefix).

    Where the host is an address of its own, as an emulator's is, the account is the first part of
    the path. Raises SourceError when no container is named.
    """
    parts = urlsplit(url)
    path = [unquote(part) for part in parts.path.split("/") if part]
    in_path = 1 if _names_no_account(parts.hostname or "") else 0
    if len(path) <= in_path:
        raise SourceError(
            f"{url} names no container: add it to the URL, one entry for each container"
        )
    account = "/".join([f"{parts.scheme}://{parts.netloc.lower()}", *path[:in_path]])
    return account, path[in_path], "/".join(path[in_path + 1 :])


@dataclass(frozen=True)
class Folder:
    """A folder on this machine with what lies below it, or `only` one file of it."""

    path: Path
    only: str | None = None

    @property
    def address(self) -> str:
        """The absolute path."""
        return str(self.path)

    def files(self) -> Iterator[StoredFile]:
        """Yield every file below, hidden ones left out."""
        self.probe()
        for path in [self.path / self.only] if self.only else self.path.rglob("*"):
            name = path.relative_to(self.path).as_posix()
            if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
                about = path.stat()
                yield StoredFile(
                    name,
                    about.st_size,
                    f"{about.st_size}-{about.st_mtime_ns}",
                    datetime.fromtimestamp(about.st_mtime, UTC),
                )

    def probe(self) -> None:
        """Raise SourceError when the folder is not there."""
        if not self.path.exists():
            raise SourceError(f"{self.path} does not exist: create it or correct the setting")

    def copy(self, file: StoredFile, start_byte: int, end_byte: int, out: BinaryIO) -> None:
        """Write the bytes [start, end) of a file to `out`."""
        path = self.path / file.name
        try:
            with path.open("rb") as stream:
                stream.seek(start_byte)
                while start_byte < end_byte:
                    chunk = stream.read(min(_RANGE_BYTES, end_byte - start_byte))
                    if not chunk:
                        break
                    start_byte += len(chunk)
                    out.write(chunk)
        except FileNotFoundError as error:
            raise GoneError(f"{path} was removed meanwhile: the next run lists again") from error
        except OSError as error:
            raise SourceError(
                f"{path} cannot be read ({error.strerror}): correct its permissions"
            ) from error


@dataclass(frozen=True)
class Container:
    """A container of a storage account, from a prefix on."""

    client: ContainerClient
    url: str
    prefix: str
    settings: Settings

    @property
    def address(self) -> str:
        """The container's URL with the prefix; a SAS is never part of it."""
        return f"{self.url}/{self.prefix}".rstrip("/")

    def files(self) -> Iterator[StoredFile]:
        """Yield every blob below the prefix."""
        token: str | None = None
        while True:
            blobs, token = self._ask(partial(self._page, token))
            for blob in blobs:
                if blob.size:
                    yield StoredFile(
                        blob.name.removeprefix(self.prefix),
                        blob.size,
                        str(blob.etag),
                        blob.last_modified,
                    )
            if not token:
                return

    def probe(self) -> None:
        """Ask for the first blob below the prefix; there may be none."""
        self._ask(partial(self._page, None, results_per_page=1))

    def _page(self, token: str | None, **sizes: Any) -> tuple[list[BlobProperties], str | None]:
        # Asked anew each time: a pager that failed once takes its end for the end of the list.
        pages = self.client.list_blobs(name_starts_with=self.prefix or None, **sizes).by_page(token)
        blobs = list(next(pages))
        return blobs, getattr(pages, "continuation_token", None)

    def copy(self, file: StoredFile, start_byte: int, end_byte: int, out: BinaryIO) -> None:
        """Write the bytes [start, end) of a blob to `out`, range by range."""
        blob = self.client.get_blob_client(self.prefix + file.name)
        end_byte = min(end_byte, file.size_bytes)
        for start in range(start_byte, end_byte, _RANGE_BYTES):
            size_bytes = min(_RANGE_BYTES, end_byte - start)
            out.write(self._ask(partial(_range_of, blob, start, size_bytes), file))

    def _ask(self, ask: Callable[[], Answer], file: StoredFile | None = None) -> Answer:
        try:
            return patiently(patience_of(self.settings), partial(_understood, ask))
        # Storage quotes what it was asked in its refusals, signatures included: none is chained.
        except (NoAnswerError, *FAILURES) as error:
            status = error.status_code if isinstance(error, HttpResponseError) else None
            if status is not None:
                raise self._refusal(status, file) from None
            raise self._silence(error) from None

    def _refusal(self, status: int, file: StoredFile | None) -> SourceError:
        if file and status in {404, 416}:
            return GoneError(f"{file.name} of {self.address} is gone: the next run lists again")
        if status == 404:
            return RefusedError(
                f"{self.address} does not exist: correct the setting that names it", status
            )
        if status in {401, 403}:
            return RefusedError(
                f"{self.address} refused with status {status}: grant tollbook's identity the role"
                " Storage Blob Data Reader, or correct TOLLBOOK_STORAGE_KEY",
                status,
            )
        return RefusedError(
            f"{self.address} refused with status {status}: the next run asks again", status
        )

    def _silence(self, error: Exception) -> SourceError:
        kind = type(error).__name__
        if isinstance(error, ClientAuthenticationError):
            return NoCredentialError(
                f"{self.address}: no identity to read it with ({kind}): run where a managed"
                " identity is, or set TOLLBOOK_STORAGE_KEY"
            )
        advice = unreachable_advice(self.url, "the setting that names it")
        return NoAnswerError(f"{self.address} did not answer ({kind}): {advice}")


def _understood(ask: Callable[[], Answer]) -> Answer:
    """Return what is asked for; NoAnswerError where the SDK cannot read what came."""
    try:
        return ask()
    except (DecodeError, DeserializationError, AttributeError, TypeError, ValueError) as error:
        if isinstance(error, IncompleteReadError):
            raise
        raise NoAnswerError(
            "not an answer of the storage service: the next run asks again"
        ) from None


def _range_of(blob: BlobClient, start: int, size_bytes: int) -> bytes:
    answers: list[Any] = []
    try:
        content = blob.download_blob(start, size_bytes, raw_response_hook=answers.append).readall()
    except ValueError:
        # The SDK leaves an answer open that it does not understand.
        for answer in answers:
            answer.http_response.internal_response.close()
        raise
    if len(content) != size_bytes:
        raise NoAnswerError("another range than asked for: the next run asks again")
    return content


def _names_no_account(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
