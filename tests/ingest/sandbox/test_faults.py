"""Each kind of fault, as a client without any SDK sees it, and when it strikes."""

import gzip
import json
import re
import socket
import time
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_directory import DIRECTORY_FILES
from recorded_logs import LOG_FILES
from tiny_workspace import EMPTY, FIRST, write_workspace

from ingest.sandbox.control import SandboxControl
from ingest.sandbox.fault_request import FaultRequest
from ingest.sandbox.faults import Faults, FaultsError, parse_faults, read_faults
from ingest.sandbox.process import SandboxStartError, sandbox_process
from models.errors import SourceError

BEARER = {"Authorization": "Bearer any"}
LOGS = f"/v1/workspaces/{FIRST}/query"
USERS = "/v1.0/users"
GATEWAY_ROWS = "ApiManagementGatewayLogs | project TimeGenerated, CorrelationId, _ItemId"
PATHS = {
    "logs": LOGS,
    "graph": USERS,
    "metrics": "/subscriptions/s/metrics:getBatch",
    "costs": "/subscriptions/s/providers/microsoft.costmanagement/query",
    "retail": "/api/retail/prices",
    "blobs": "/blobs/container/file",
}
NOON = datetime(2026, 10, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    write_workspace(folder / "recorded", {**LOG_FILES, **DIRECTORY_FILES})
    log = folder / "sandbox.log"
    with sandbox_process(folder / "recorded", log=log) as url, SandboxControl(url) as control:
        yield SimpleNamespace(url=url, control=control, log=log)


@pytest.fixture
def show(server):
    """Show these faults for the length of a test; whatever they do, the server stays well."""
    yield lambda *faults: server.control.set_faults(list(faults))
    server.control.set_faults([])
    assert server.log.read_text() == ""


@pytest.fixture
def get(server):
    return lambda path, **headers: httpx.get(server.url + path, headers={**BEARER, **headers})


@pytest.fixture
def ask(server):
    """Post a log query; compressed answers only where asked for."""

    def post(query, workspace=FIRST, **headers):
        return httpx.post(
            f"{server.url}/v1/workspaces/{workspace}/query",
            json={"query": query},
            headers={**BEARER, "Accept-Encoding": "identity", **headers},
        )

    return post


def rows(answer) -> list[list]:
    assert answer.status_code == 200, answer.text
    return answer.json()["tables"][0]["rows"]


def received(server, path: str, *headers: str) -> tuple[list[bytes], bool]:
    """What arrives on a socket of our own until its end, and whether that was a reset."""
    address = urlsplit(server.url)
    lines = [f"GET {path} HTTP/1.1", f"Host: {address.netloc}", "Authorization: Bearer any"]
    pieces = []
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, *headers, "Connection: close", "", ""]).encode())
        try:
            while piece := connection.recv(65_536):
                pieces.append(piece)
        except ConnectionResetError:
            return pieces, True
    return pieces, False


def unchunked(body: bytes) -> tuple[bytes, bool]:
    """The content of a chunked body, and whether its last chunk is there."""
    content = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return content, True
        content += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return content, False


# --- answers instead of the answer


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("service", ["logs", "graph"])
def test_any_status_with_the_error_of_the_service(show, get, service, status):
    show({"service": service, "kind": "status", "status": status})
    answer = get(PATHS[service])
    assert answer.status_code == status
    assert "retry-after" not in answer.headers
    error = answer.json()["error"]
    assert error["code"]
    assert error["message"]
    assert ("innerError" in error, "correlationId" in error) == (
        service == "graph",
        service == "logs",
    )


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [
        ("logs", 429, "ThrottledError"),
        ("logs", 403, "InsufficientAccessError"),
        ("logs", 504, "GatewayTimeout"),
        ("graph", 429, "TooManyRequests"),
        ("graph", 403, "Authorization_RequestDenied"),
        ("metrics", 429, "TooManyRequests"),
        ("costs", 429, "429"),
        ("costs", 503, "ServiceUnavailable"),
        ("retail", 429, "TooManyRequests"),
    ],
)
def test_the_codes_of_each_service(show, get, service, status, code):
    show({"service": service, "kind": "status", "status": status})
    assert get(PATHS[service]).json()["error"]["code"] == code


def test_blob_storage_answers_in_xml(show, get):
    show({"service": "blobs", "kind": "status", "status": 503})
    answer = get(PATHS["blobs"])
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (503, "ServerBusy")
    assert answer.headers["content-type"] == "application/xml"
    assert "<Error><Code>ServerBusy</Code>" in answer.text


def test_a_fault_of_one_service_leaves_the_others_alone(show, get):
    show({"service": "logs", "kind": "status", "status": 418, "body": "empty"})
    hit = {name for name, path in PATHS.items() if get(path).status_code == 418}
    assert hit == {"logs"}
    show({"kind": "status", "status": 418, "body": "empty"})
    assert {get(path).status_code for path in PATHS.values()} == {418}
    assert get("/sandbox/health").status_code == 200


def test_retry_after_and_other_headers(show, get):
    headers = {"x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "7"}
    show({"kind": "status", "status": 429, "retry_after": 200, "headers": headers})
    answer = get(PATHS["costs"])
    assert answer.headers["retry-after"] == "200"
    assert answer.headers["x-ms-ratelimit-microsoft.costmanagement-entity-retry-after"] == "7"


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"status": 204}, 204, b""),
        ({"status": 204, "body": "html"}, 204, b""),
        ({"status": 200, "body": "empty"}, 200, b""),
        ({"status": 200}, 200, b""),
        ({"status": 502, "body": "empty"}, 502, b""),
        ({"status": 400, "body": '{"error":'}, 400, b'{"error":'),
    ],
)
def test_bodies_that_are_no_json(show, ask, fault, status, body):
    show({"kind": "status", **fault})
    answer = ask("AppTraces")
    assert (answer.status_code, answer.content) == (status, body)
    assert ("content-length" in answer.headers) == (status != 204)


@pytest.mark.parametrize("status", [200, 503])
def test_an_html_page(show, ask, status):
    show({"kind": "status", "status": status, "body": "html"})
    answer = ask("AppTraces")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html>" in answer.text


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("logs", "InvalidAuthenticationToken"),
        ("graph", "InvalidAuthenticationToken"),
        ("metrics", "ExpiredAuthenticationToken"),
        ("costs", "ExpiredAuthenticationToken"),
    ],
)
def test_an_expired_token(show, get, service, code):
    show({"kind": "expired_token", "times": 1})
    assert get(PATHS["retail"]).status_code != 401
    answer = get(PATHS[service])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert answer.json()["error"]["code"] == code
    assert "expired" in answer.json()["error"]["message"]


# --- slow and broken connections


def test_a_late_answer(show, get):
    right = get(USERS).json()
    show({"kind": "delay", "seconds": 0.4})
    started = time.monotonic()
    assert get(USERS).json() == right
    assert 0.4 <= time.monotonic() - started < 3


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_that_trickles(show, get, server, encoding):
    right = get(USERS).json()
    show({"kind": "trickle", "bytes": 50, "seconds": 0.03})
    started = time.monotonic()
    pieces, reset = received(server, USERS, f"Accept-Encoding: {encoding}")
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    assert not reset
    assert (b"content-encoding: gzip" in head.lower()) == (encoding == "gzip")
    pauses = len(body) // 50
    assert pauses >= 3
    assert len(pieces) >= pauses
    assert time.monotonic() - started >= 0.03 * pauses
    assert json.loads(gzip.decompress(body) if encoding == "gzip" else body) == right


def test_a_dropped_connection(show, server, ask):
    show({"kind": "drop", "times": 2})
    assert received(server, USERS) == ([], True)
    with pytest.raises(httpx.ReadError):
        ask("AppTraces")
    assert ask("AppTraces").status_code == 200


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("size", [0, 1, 250, 10**6])
def test_a_connection_reset_in_the_body(show, server, encoding, size):
    header = f"Accept-Encoding: {encoding}"
    whole = b"".join(received(server, USERS, header)[0]).partition(b"\r\n\r\n")[2]
    show({"service": "graph", "kind": "reset", "bytes": size})
    pieces, reset = received(server, USERS, header)
    assert reset
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    content, complete = unchunked(body)
    assert not complete
    if encoding == "identity":
        assert content == whole[:size]
    else:
        # A gzip header may hold a time, so only its text is the same.
        assert len(content) == min(size, len(whole))
        unpacked = zlib.decompressobj(wbits=31).decompress(content) if content else b""
        assert gzip.decompress(whole).startswith(unpacked)


def test_a_big_answer_is_reset_where_it_should_be(show, server):
    show({"kind": "reset", "bytes": 3_000_000})
    query = {"query": "range n from 1 to 500000 step 1"}
    headers = {**BEARER, "Accept-Encoding": "identity"}
    pieces: list[bytes] = []
    with (
        httpx.stream("POST", server.url + LOGS, json=query, headers=headers) as answer,
        pytest.raises(httpx.ReadError),
    ):
        pieces.extend(answer.iter_raw())
    assert sum(map(len, pieces)) == 3_000_000


def test_a_body_that_ends_too_early(show, get, ask):
    whole = ask(GATEWAY_ROWS).content
    show({"kind": "truncate", "bytes": 700})
    answer = ask(GATEWAY_ROWS, **{"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.content == whole[:700]
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    show({"kind": "truncate", "bytes": 10**6})
    assert get(USERS).json()["value"]


# --- log answers


def test_a_partial_answer(show, ask):
    right = rows(ask(GATEWAY_ROWS))
    show({"kind": "partial", "rows": 10})
    answer = ask(GATEWAY_ROWS)
    assert rows(answer) == right[:10]
    error = answer.json()["error"]
    assert error["code"] == "PartialError"
    assert error["details"][0]["innererror"]["code"] == "-2133196797"
    assert "error" not in ask("AppTraces | where Foo == 1").json().get("tables", [{}])[0]


def test_only_wide_windows_are_partial(show, ask):
    show({"kind": "partial", "rows": 1, "wider_than_seconds": 1800})

    def is_partial(condition: str) -> bool:
        return "error" in ask(f"ApiManagementGatewayLogs | where {condition}").json()

    after = "ingestion_time() >= datetime(2026-10-01T10:00:00Z)"
    assert is_partial(f"{after} and ingestion_time() < datetime(2026-10-01T10:30:01Z)")
    assert not is_partial(f"{after} and ingestion_time() < datetime(2026-10-01T10:30:00Z)")
    assert is_partial(after)
    assert is_partial("true")


def test_rows_that_come_twice(show, ask):
    right = rows(ask(GATEWAY_ROWS))
    show({"kind": "duplicate_rows"})
    doubled = rows(ask(GATEWAY_ROWS))
    assert doubled[::2] == doubled[1::2] == right
    assert set(Counter(row[2] for row in doubled).values()) == {2}
    show({"kind": "duplicate_rows", "every_row": 4})
    some = rows(ask(GATEWAY_ROWS))
    assert len(some) == len(right) + len(right) // 4
    assert some[3] == some[4] == right[3]


def test_rows_in_another_order(show, ask):
    right = rows(ask(GATEWAY_ROWS))
    show({"kind": "reorder_rows", "seed": 1})
    first, again = rows(ask(GATEWAY_ROWS)), rows(ask(GATEWAY_ROWS))
    show({"kind": "reorder_rows", "seed": 2})
    other = rows(ask(GATEWAY_ROWS))
    assert first == again
    assert right != first != other
    assert sorted(first) == sorted(other) == sorted(right)


def test_a_hidden_table(show, ask):
    unknown = ask("NoSuchTable | take 1").json()["error"]
    show({"kind": "hide_table", "table": "AppMetrics"})
    answer = ask("AppMetrics | take 1")
    assert answer.status_code == 400
    expected = json.dumps(unknown).replace("NoSuchTable", "AppMetrics")
    assert {**answer.json()["error"], "correlationId": ""} == {
        **json.loads(expected),
        "correlationId": "",
    }
    assert ask("AppTraces | where Message == 'AppMetrics' // AppMetrics").status_code == 200
    assert ask("AppMetrics", workspace=EMPTY).status_code == 204
    assert ask("AppMetrics", Authorization="").status_code == 400


def test_a_column_that_is_gone(show, ask):
    unknown = ask("AppMetrics | where Foo == 1").json()["error"]["innererror"]
    before = ask("AppMetrics").json()["tables"][0]
    show({"kind": "drop_column", "table": "AppMetrics", "column": "Sum"})
    answer = ask("AppMetrics | project total = Sum")
    assert answer.status_code == 400
    expected = json.loads(json.dumps(unknown).replace("Foo", "Sum"))
    assert answer.json()["error"]["innererror"] == expected
    after = ask("AppMetrics").json()["tables"][0]
    gone = next(i for i, one in enumerate(before["columns"]) if one["name"] == "Sum")
    assert after["columns"] == before["columns"][:gone] + before["columns"][gone + 1 :]
    assert after["rows"] == [row[:gone] + row[gone + 1 :] for row in before["rows"]]
    assert ask("AppTraces | extend Sum = 1").status_code == 200


def test_a_column_nobody_knew(show, ask):
    query = "AppMetrics | project Name, Sum"
    before = ask(query).json()["tables"][0]
    column = {"column": "CachedTokens", "type": "long", "value": 5}
    show({"kind": "add_column", "table": "AppMetrics", **column})
    after = ask(query).json()["tables"][0]
    assert after["columns"] == [*before["columns"], {"name": "CachedTokens", "type": "long"}]
    assert after["rows"] == [[*row, 5] for row in before["rows"]]
    assert ask("AppTraces").json()["tables"][0]["columns"][-1]["name"] != "CachedTokens"


def test_rows_are_changed_only_where_there_are_rows(show, ask):
    show({"kind": "duplicate_rows"})
    assert ask("AppTraces | where Foo == 1").status_code == 400
    assert ask("AppTraces", workspace=EMPTY).status_code == 204


# --- clocks


def test_a_clock_that_is_off(show, ask, get, server):
    count = "ApiManagementGatewayLogs | where CorrelationId == 'request-42' | count"
    server.control.move_clock(datetime(2026, 10, 2, 17, tzinfo=UTC))
    try:
        right = ask(count)
        assert rows(right) == [[0]]
        assert right.headers.get_list("date") == ["Fri, 02 Oct 2026 17:00:00 GMT"]
        show({"kind": "clock_skew", "seconds": 5400, "times": 2})
        ahead = ask(count)
        assert rows(ahead) == [[1]]
        assert ahead.headers.get_list("date") == ["Fri, 02 Oct 2026 18:30:00 GMT"]
        assert get("/sandbox/clock").json() == {"now": "2026-10-02T17:00:00Z"}
        show({"kind": "clock_skew", "seconds": -86_400 * 2})
        assert ask(count).status_code == 204
        show()
        assert rows(ask(count)) == [[0]]
    finally:
        server.control.move_clock(datetime(2026, 10, 3, tzinfo=UTC))


# --- the directory


def test_a_delta_link_that_is_too_old(show, get, server):
    path = f"{USERS}/delta?$select=displayName,department"
    show({"kind": "gone", "times": 1})
    first = get(path)
    assert first.status_code == 200
    link = first.json()["@odata.deltaLink"].removeprefix(server.url)
    refused = get(link)
    assert refused.status_code == 410
    assert refused.json()["error"]["code"] == "syncStateNotFound"
    query = parse_qs(urlsplit(refused.headers["location"]).query, keep_blank_values=True)
    assert query == {"$select": ["displayName,department"], "$deltatoken": [""]}
    full = get(refused.headers["location"].removeprefix(server.url))
    assert full.json()["value"] == first.json()["value"]
    assert get(link).status_code == 200


def test_a_next_link_that_is_too_old(show, get, server):
    first = get(f"{USERS}/delta()", Prefer="odata.maxpagesize=2").json()
    show({"kind": "gone"})
    refused = get(first["@odata.nextLink"].removeprefix(server.url))
    assert refused.status_code == 410
    assert refused.headers["location"].endswith("/v1.0/users/delta()?$deltatoken=")
    assert get(f"{USERS}?$top=2").status_code == 200


@pytest.mark.parametrize("path", ["/v1.0/users?$top=2", "/v1.0/users/delta", "/v1.0/groups"])
def test_empty_pages(show, get, server, path):
    def pages(link: str) -> list[list]:
        found = []
        while link:
            page = get(link.removeprefix(server.url), Prefer="odata.maxpagesize=2").json()
            found.append(page["value"])
            link = page.get("@odata.nextLink", "")
        return found

    right = pages(path)
    assert len(right) >= 2
    show({"kind": "empty_page"})
    with_empty = pages(path)
    assert with_empty[::2] == [[]] * len(right)
    assert with_empty[1::2] == right


def test_single_objects_and_refusals_have_no_empty_page(show, get):
    show({"kind": "empty_page"})
    assert get(f"{USERS}/user-1").json()["displayName"] == "User-1"
    assert get(f"{USERS}?$top=0").status_code == 400


# --- which requests are hit


def hits(server, faults, paths) -> list[int]:
    server.control.set_faults(faults)
    return [httpx.get(server.url + path, headers=BEARER).status_code for path in paths]


@pytest.mark.usefixtures("show")
def test_the_first_due_fault_acts_and_all_that_match_count(server):
    faults = [
        {"service": "graph", "skip": 1, "times": 2, "kind": "status", "status": 429},
        {"service": "graph", "path": "users", "every": 2, "kind": "status", "status": 503},
        {"service": "graph", "path": r"\$top=1$", "kind": "status", "status": 504},
    ]
    paths = [USERS, USERS, "/v1.0/groups", USERS, f"{USERS}?$top=1", USERS, "/v1.0/groups"]
    expected = [200, 429, 429, 200, 503, 200, 200]
    assert hits(server, faults, paths) == expected
    assert [(one["matched"], one["hit"]) for one in server.control.faults()] == [
        (7, 2),
        (5, 1),
        (1, 0),
    ]
    assert [one["kind"] for one in server.control.faults()] == ["status"] * 3
    assert hits(server, faults, paths) == expected


def test_matching_by_method_table_and_query(show, ask, get, server):
    show(
        {"method": "post", "query": "Message == 'x \"y\"'", "kind": "status", "status": 500},
        {"table": "AppMetrics", "kind": "status", "status": 502},
    )
    assert ask("""AppTraces | where Message == 'x "y"'""").status_code == 500
    assert ask("AppTraces | where Message == 'AppMetrics'").status_code == 200
    assert ask("union AppTraces, AppMetrics").status_code == 502
    assert get(USERS).status_code == 200
    assert [one["hit"] for one in server.control.faults()] == [1, 1]


def test_a_fault_between_two_times_of_the_sandbox_clock(show, get, server):
    show({"from": "2026-10-04T00:00:00Z", "to": "2026-10-05T00:00:00Z", "kind": "status",
          "status": 503})  # fmt: skip
    try:
        found = []
        for now in ("2026-10-03T23:59:59Z", "2026-10-04T00:00:00Z", "2026-10-05T00:00:00Z"):
            server.control.move_clock(datetime.fromisoformat(now))
            found.append(get(USERS).status_code)
    finally:
        server.control.move_clock(datetime(2026, 10, 3, tzinfo=UTC))
    assert found == [200, 503, 200]


@given(
    skip=st.integers(0, 5),
    times=st.integers(0, 4),
    every=st.integers(1, 4),
    requests=st.integers(0, 25),
)
def test_skip_times_and_every(skip, times, every, requests):
    plan = Faults(
        parse_faults(
            {"faults": [{"kind": "drop", "skip": skip, "times": times, "every": every}]}, "test"
        )
    )
    asked = FaultRequest("GET", USERS)
    hit = [number for number in range(1, requests + 1) if plan.due(asked, NOON)]
    expected = list(range(skip + every, requests + 1, every))
    assert hit == (expected[:times] if times else expected)
    assert plan.counts() == [{"kind": "drop", "matched": requests, "hit": len(hit)}]


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_width_of_a_window_is_read_from_the_query(start_s, width_s):
    start = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(seconds=start_s)
    end = start + timedelta(seconds=width_s)
    query = (
        f"T | where TimeGenerated > datetime({start - timedelta(days=9):%Y-%m-%d})"
        f" | where ingestion_time() < datetime({end:%Y-%m-%dT%H:%M:%SZ})"
        f" and ingestion_time() >= datetime({start:%Y-%m-%dT%H:%M:%S.0000000Z})"
    )
    asked = FaultRequest("POST", LOGS, "", json.dumps({"query": query}).encode())
    assert asked.window_seconds == width_s


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b'{"query": 5}', b"[" * 10**5])
def test_any_body_is_looked_at_without_harm(body):
    fault = {"kind": "partial", "rows": 1, "wider_than_seconds": 1}
    plan = Faults(parse_faults({"faults": [fault, {"kind": "drop", "query": "x"}]}, "test"))
    assert plan.due(FaultRequest("POST", LOGS, "", body), NOON) is None


# --- files and calls


def test_a_file_of_faults(tmp_path):
    file = tmp_path / "faults.toml"
    file.write_text('[[faults]]\ntimes = 1\nkind = "status"\nstatus = 503\n')
    folder = write_workspace(tmp_path / "recorded", DIRECTORY_FILES)
    with sandbox_process(folder, faults=file) as url:
        assert [httpx.get(url + USERS, headers=BEARER).status_code for _ in "12"] == [503, 200]


def test_a_file_that_cannot_be_used_says_everything_to_correct(tmp_path):
    file = tmp_path / "faults.toml"
    file.write_text(
        """
        [[faults]]
        kind = "statuss"

        [[faults]]
        service = "graph"
        kind = "partial"
        rows = -1
        form = 1

        [[faults]]
        kind = "status"
        status = 299
        path = "("

        [[faults]]
        times = 1

        [[faults]]
        kind = "drop"
        from = 2026-10-02T00:00:00Z
        to = 2026-10-01T00:00:00

        [[faults]]
        kind = "hide_table"

        [[faults]]
        service = "graph"
        kind = "partial"
        rows = 1

        [[faults]]
        kind = "status"
        status = 429
        headers = { "x y" = "1" }
        """
    )
    with pytest.raises(FaultsError) as error:
        read_faults(file)
    first, *lines = str(error.value).splitlines()
    assert first == f"{file}: correct these:"
    for number, words in [
        (1, "statuss"),
        (2, "rows: Input should be greater than or equal to 0"),
        (2, "form: is no key of this fault"),
        (3, "status: is no HTTP status"),
        (3, "path: .*regular expression"),
        (4, "kind is missing"),
        (5, "to: has no offset"),
        (6, "table: is missing"),
        (7, "partial is a fault of logs"),
        (8, "headers: 'x y' cannot be sent"),
    ]:
        found = [line for line in lines if re.match(rf"  fault {number}\b.*{words}", line)]
        assert len(found) == 1, (number, words, lines)
    assert len(lines) == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "does not exist"),
        ("[[faults]", "cannot be read as TOML"),
        ("", "faults: is missing"),
        ("[[fault]]\nkind = 'drop'\nfaults = []", "faults: is missing"),
    ],
)
def test_a_file_that_is_no_file_of_faults(tmp_path, text, words):
    file = tmp_path / "faults.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(FaultsError, match=words):
        read_faults(file)


def test_a_sandbox_with_broken_faults_does_not_start(tmp_path):
    folder = write_workspace(tmp_path / "recorded", {})
    with (
        pytest.raises(SandboxStartError, match="does not exist"),
        sandbox_process(folder, faults=tmp_path / "none.toml"),
    ):
        pass


def test_a_call_that_cannot_be_used_changes_nothing(show, server):
    show({"kind": "drop", "service": "blobs"})
    for body in (b"{", b"[]", b'{"faults": [{"kind": "explode"}]}', b'{"faults": 5}'):
        answer = httpx.post(f"{server.url}/sandbox/faults", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]
    with pytest.raises(SourceError, match="fault 1, seconds: is missing"):
        server.control.set_faults([{"kind": "delay"}])
    assert [one["kind"] for one in server.control.faults()] == ["drop"]


def test_the_example_in_the_documents(tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    file = tmp_path / "faults.toml"
    file.write_text(example)
    faults = read_faults(file)
    assert [fault.kind for fault in faults] == ["status", "partial", "reset"]
    section = text.partition("\n## Faults\n")[2]
    named = set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE))
    with pytest.raises(FaultsError) as error:
        parse_faults({"faults": [{"kind": "?"}]}, "test")
    kinds = set(re.findall(r"'(\w+)'", str(error.value).partition("expected tags")[2]))
    assert named == kinds
