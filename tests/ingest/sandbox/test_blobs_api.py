import json
import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContainerClient
from hypothesis import given
from hypothesis import strategies as st
from tiny_workspace import write_workspace

from ingest.sandbox.process import sandbox_process
from ingest.sandbox.usage_blobs import read_usage_blobs
from ingest.sandbox.workspace import Problems, read_workspace

START = datetime(2026, 10, 1, 10, tzinfo=UTC)
NOW = datetime(2026, 10, 3, tzinfo=UTC)
NAMES = [f"day-{number:02} & <more>.jsonl" for number in range(7)]


def line(number, moment):
    usage = {"input_tokens": number, "text": "ü" * 50}
    return json.dumps(
        {
            "correlation_id": f"request-{number}",
            "time": moment.isoformat(),
            "usage": usage,
        },
        ensure_ascii=False,
    )


def day_lines():
    """Six hours of lines, not in order of time, and some without a readable one."""
    chance = random.Random(3)  # noqa: S311 (test data)
    numbers = list(range(360))
    chance.shuffle(numbers)
    lines = [line(number, START + timedelta(minutes=number)) for number in numbers]
    lines[100:100] = ["{broken", '{"usage":{}}']
    return lines


LINES = day_lines()
LATE = [line(1, datetime(2026, 10, 2, 12, tzinfo=UTC))]
FILES = {
    f"usage/{NAMES[0]}": LINES,
    f"usage/{NAMES[1]}.gz": LATE,
    **{f"usage/{name}": [line(0, START)] for name in NAMES[2:]},
    "usage/notes.txt": b"no usage",
    "usage/empty.jsonl": b"",
}


def moment_of(text):
    try:
        return datetime.fromisoformat(json.loads(text)["time"])
    except (ValueError, KeyError, TypeError):
        return datetime.min.replace(tzinfo=UTC)


def content(lines, now=NOW):
    shown = [text for text in sorted(lines, key=moment_of) if moment_of(text) <= now]
    return "".join(f"{text}\n" for text in shown).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), FILES)
    # Small chunks, so that one blob takes several ranged requests.
    chunks = {"max_single_get_size": 4096, "max_chunk_get_size": 4096}
    with (
        sandbox_process(folder) as url,
        ContainerClient.from_container_url(f"{url}/blobs/usage", **chunks) as client,
    ):
        yield SimpleNamespace(url=url, client=client)


@pytest.fixture
def clock(server):
    def move(now):
        answer = httpx.post(f"{server.url}/sandbox/clock", json={"now": now.isoformat()})
        answer.raise_for_status()

    yield move
    move(NOW)


def test_the_container_lists_its_blobs(server):
    listed = list(server.client.list_blobs())
    assert [blob.name for blob in listed] == [*NAMES, "empty.jsonl"]
    sizes = {blob.name: blob.size for blob in listed}
    assert sizes[NAMES[0]] == len(content(LINES))
    assert sizes[NAMES[1]] == len(content(LATE))
    assert sizes["empty.jsonl"] == 0
    assert {blob.blob_type for blob in listed} == {"AppendBlob"}
    assert server.client.exists()


def test_listing_by_prefix_and_in_pages(server):
    assert [blob.name for blob in server.client.list_blobs(name_starts_with="day-0")] == NAMES
    assert list(server.client.list_blobs(name_starts_with="none")) == []
    pages = [
        [blob.name for blob in page]
        for page in server.client.list_blobs(results_per_page=3).by_page()
    ]
    assert pages == [NAMES[:3], NAMES[3:6], [NAMES[6], "empty.jsonl"]]
    assert [blob.name for blob in server.client.walk_blobs()] == [*NAMES, "empty.jsonl"]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_blob_is_downloaded_in_ranges(server, concurrency):
    download = server.client.download_blob(
        NAMES[0], max_concurrency=concurrency, validate_content=True
    )
    assert download.readall() == content(LINES)
    assert len(content(LINES)) > 10 * 4096


def test_a_part_of_a_blob(server):
    whole = content(LINES)
    for offset, length in ((0, 1), (5000, 20_000), (len(whole) - 1, None), (17, None)):
        download = server.client.download_blob(NAMES[0], offset=offset, length=length)
        end = offset + length if length else None
        assert download.readall() == whole[offset:end]
    with pytest.raises(HttpResponseError) as error:
        server.client.download_blob(NAMES[0], offset=len(whole))
    assert error.value.status_code == 416
    assert error.value.error_code == "InvalidRange"
    assert server.client.download_blob("empty.jsonl").readall() == b""


def test_properties_agree_however_they_are_asked_for(server):
    blob = server.client.get_blob_client(NAMES[0])
    properties = blob.get_blob_properties()
    download = blob.download_blob()
    listed = next(found for found in server.client.list_blobs() if found.name == NAMES[0])
    assert properties.size == download.size == listed.size == len(content(LINES))
    assert properties.etag == download.properties.etag == f'"{listed.etag}"'
    newest = START + timedelta(minutes=359)
    assert properties.last_modified == listed.last_modified == newest
    assert download.properties.last_modified == newest
    raw = httpx.get(f"{server.url}/blobs/usage/{NAMES[0]}", headers={"Accept-Encoding": "gzip"})
    assert raw.content == content(LINES)
    assert raw.headers["Content-Length"] == str(len(raw.content))
    assert "Content-Encoding" not in raw.headers


def test_a_blob_grows_at_its_end(server, clock):
    blob = server.client.get_blob_client(NAMES[0])
    before, etags = b"", []
    for minutes in (-1, 0, 59, 359, 10_000):
        now = START + timedelta(minutes=minutes)
        clock(now)
        seen = blob.download_blob()
        whole = seen.readall()
        assert whole == content(LINES, now)
        assert whole.startswith(before)
        assert seen.properties.etag == blob.get_blob_properties().etag
        etags.append(seen.properties.etag)
        before = whole
    assert len(content(LINES, START - timedelta(minutes=1)).splitlines()) == 2
    assert len(set(etags)) == 4
    assert etags[3] == etags[4]


def test_a_blob_without_a_line_yet_does_not_exist(server, clock):
    clock(datetime(2026, 10, 2, 11, 59, 59, tzinfo=UTC))
    assert NAMES[1] not in [blob.name for blob in server.client.list_blobs()]
    assert not server.client.get_blob_client(NAMES[1]).exists()
    clock(datetime(2026, 10, 2, 12, tzinfo=UTC))
    assert server.client.download_blob(NAMES[1]).readall() == content(LATE)


def test_conditions_on_the_etag(server, clock):
    clock(START + timedelta(minutes=30))
    blob = server.client.get_blob_client(NAMES[0])
    etag = blob.get_blob_properties().etag
    same = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    changed = {"etag": etag, "match_condition": MatchConditions.IfModified}
    assert blob.download_blob(**same).readall() == content(LINES, START + timedelta(minutes=30))
    with pytest.raises(HttpResponseError) as error:
        blob.download_blob(**changed)
    assert error.value.status_code == 304
    clock(START + timedelta(minutes=60))
    with pytest.raises(ResourceModifiedError) as modified:
        blob.download_blob(**same)
    assert modified.value.error_code == "ConditionNotMet"
    assert blob.download_blob(**changed).size == len(content(LINES, START + timedelta(minutes=60)))


def test_a_blob_that_grows_during_a_download_is_noticed(server, clock):
    clock(START + timedelta(minutes=200))
    download = server.client.download_blob(NAMES[0])
    clock(START + timedelta(minutes=201))
    with pytest.raises(ResourceModifiedError):
        download.readall()


def test_what_is_not_there_is_not_found(server):
    with pytest.raises(ResourceNotFoundError) as error:
        server.client.download_blob("none.jsonl")
    assert error.value.error_code == "BlobNotFound"
    other = ContainerClient.from_container_url(f"{server.url}/blobs/other")
    with other, pytest.raises(ResourceNotFoundError) as error:
        list(other.list_blobs())
    assert error.value.error_code == "ContainerNotFound"
    raw = httpx.get(f"{server.url}/blobs/usage/notes.txt")
    assert raw.status_code == 404
    assert raw.headers["x-ms-error-code"] == "BlobNotFound"
    assert ET.fromstring(raw.content).findtext("Code") == "BlobNotFound"  # noqa: S314
    with pytest.raises(HttpResponseError) as refused:
        server.client.upload_blob("new.jsonl", b"x")
    assert refused.value.status_code == 405


def test_a_tenant_without_usage_has_no_container(tmp_path):
    with sandbox_process(write_workspace(tmp_path, {})) as url:
        client = ContainerClient.from_container_url(f"{url}/blobs/usage")
        with client, pytest.raises(ResourceNotFoundError):
            list(client.list_blobs())


def test_many_readers_at_once(server):
    names = [NAMES[number % len(NAMES)] for number in range(40)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(lambda name: server.client.download_blob(name).readall(), names))
    contents = dict.fromkeys(NAMES, content([line(0, START)]))
    contents |= {NAMES[0]: content(LINES), NAMES[1]: content(LATE)}
    assert found == [contents[name] for name in names]


@given(
    lines=st.lists(
        st.sampled_from(["{", '{"time":"soon"}', "[]"])
        | st.integers(0, 50).map(lambda minute: line(minute, START + timedelta(minutes=minute))),
        min_size=1,
    ),
    minutes=st.lists(st.integers(-1, 51), min_size=2, max_size=4).map(sorted),
)
def test_whatever_is_recorded_a_blob_only_grows(lines, minutes):
    with tempfile.TemporaryDirectory() as name:
        folder = write_workspace(Path(name), {"usage/any.jsonl": lines})
        (blob,) = read_usage_blobs(read_workspace(folder), folder, Problems())
        before = b""
        for now in (START + timedelta(minutes=minute) for minute in minutes):
            found = blob.at(now)
            seen = found.read(0, found.size_bytes) if found else b""
            assert seen.startswith(before)
            shown = [text for text in lines if moment_of(text) <= now]
            assert sorted(seen.decode().splitlines()) == sorted(shown)
            assert (found is None) == (not shown)
            before = seen
