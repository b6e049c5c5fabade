import gzip
import json
from datetime import UTC, datetime

import pytest
from tiny_workspace import DESCRIPTION, FIRST, SECOND, write_workspace

from ingest.sandbox.log_tables import LogTables, load_log_tables
from ingest.sandbox.workspace import (
    Problem,
    Problems,
    WorkspaceError,
    parse_time,
    read_workspace,
)

LLM = "tables/ApiManagementGatewayLlmLog"


@pytest.fixture
def load(tmp_path):
    """Record the given files, load them, and return the tables with what was left out."""
    loaded = []

    def record_and_load(files: dict[str, list], name: str = "recorded"):
        recorded = read_workspace(write_workspace(tmp_path / name, files))
        problems = Problems()
        loaded.append(load_log_tables(recorded, tmp_path / name, problems))
        return loaded[-1], problems

    yield record_and_load
    for tables in loaded:
        tables.connection.close()


def rows(tables: LogTables, columns: str) -> list[tuple]:
    return tables.connection.execute(
        f"select {columns} from recorded.ApiManagementGatewayLlmLog order by __file, __line"
    ).fetchall()


def test_description_is_read_in_utc(tmp_path):
    east = DESCRIPTION.replace("2026-10-01T00:00:00Z", "2026-10-01T02:00:00+02:00")
    workspace = read_workspace(write_workspace(tmp_path, {}, east))
    assert workspace.starts_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert workspace.workspace_ids[:2] == (FIRST, SECOND)
    assert [(one.name, one.version) for one in workspace.deployments] == [("opus", "1")]


def test_all_mistakes_of_the_description_are_in_one_error(tmp_path):
    broken = (
        DESCRIPTION.replace('billing_currency = "USD"', 'billing_currency = "dollars"')
        .replace('hosting = "anthropic"', 'hosting = "moon"')
        .replace("now = 2026-10-03T00:00:00Z", "now = 2026-10-03T00:00:00")
    )
    with pytest.raises(WorkspaceError) as error:
        read_workspace(write_workspace(tmp_path, {}, broken))
    for part in ("billing_currency", "deployments.0.hosting", "now: has no offset"):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("now = 2026-10-03", "now = 2026-09-03", "before starts_at"),
        (SECOND, FIRST, "one workspace twice"),
        ("tenant_id =", "tenant =", "tenant_id"),
        ("tenant_id =", "tenant_id ", "TOML"),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(tmp_path, before, after, said):
    broken = DESCRIPTION.replace(before, after, 1)
    with pytest.raises(WorkspaceError, match=said):
        read_workspace(write_workspace(tmp_path, {}, broken))


def test_a_missing_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(WorkspaceError, match="tollbook sandbox generate"):
        read_workspace(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["2026-10-01", "2026-10-01T00:00:00", "yesterday", None, 17])
def test_a_time_without_offset_is_no_time(text):
    with pytest.raises(ValueError, match=r"RFC 3339|no offset"):
        parse_time(text)


def test_a_time_keeps_six_of_seven_digits():
    assert parse_time("2026-10-04T13:13:10.1234567+02:00") == datetime(
        2026, 10, 4, 11, 13, 10, 123456, tzinfo=UTC
    )


def test_broken_lines_are_left_out_and_named(load):
    good = {"TimeGenerated": "2026-10-01T10:00:00Z", "CorrelationId": "a", "PromptTokens": 1}
    lines = [
        good,
        "",
        "{broken",
        "[1, 2]",
        "null",
        {},
        {"SomethingElse": 1},
        b'{"CorrelationId": "\xff"}',
        '{"CorrelationId": "\\ud83d"}',
        '{"PromptTokens": NaN}',
        {**good, "CorrelationId": "last"},
    ]
    tables, problems = load({f"{LLM}/one.jsonl": lines})
    assert rows(tables, '"CorrelationId", __line') == [("a", 1), ("last", 11)]
    assert problems.counts == {f"{LLM}/one.jsonl": 8}
    assert sorted(problem.line for problem in problems.first) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert all("\\ud83d" not in problem.reason for problem in problems.first)


def test_a_value_of_another_type_is_null_and_counted(load):
    line = {
        "TimeGenerated": "not a time",
        "CorrelationId": 17,
        "PromptTokens": "many",
        "CompletionTokens": 2**40,
        "TotalTokens": 12.0,
        "IsStreamCompletion": "true",
        "SequenceNumber": 1.5,
        "RequestMessages": {"a": [1]},
        "_IngestionTime": "2026-10-01T10:06:00Z",
    }
    tables, problems = load({f"{LLM}/one.jsonl": [line]})
    columns = (
        '"TimeGenerated", "CorrelationId", "PromptTokens", "CompletionTokens", "TotalTokens", '
        '"IsStreamCompletion", "SequenceNumber", "RequestMessages"'
    )
    assert rows(tables, columns) == [(None, "17", None, None, 12, None, None, '{"a":[1]}')]
    assert problems.first == [
        Problem(
            f"{LLM}/one.jsonl",
            1,
            "read as null, because not of the documented type: TimeGenerated, PromptTokens, "
            "CompletionTokens, IsStreamCompletion, SequenceNumber",
        )
    ]


def test_ingestion_time_falls_back_to_what_is_known(load):
    lines = [
        {"CorrelationId": "before anything"},
        {"TimeGenerated": "2026-10-01T10:00:00Z", "_IngestionTime": "2026-10-01T12:00:00Z"},
        {"TimeGenerated": "2026-10-01T10:00:00.5Z"},
        {"CorrelationId": "no time"},
    ]
    tables, _ = load({f"{LLM}/one.jsonl": lines})
    assert rows(tables, "__ingested_at::varchar") == [
        ("2026-10-01 00:00:00",),
        ("2026-10-01 12:00:00",),
        ("2026-10-01 10:05:00.5",),
        ("2026-10-01 10:05:00.5",),
    ]


def test_item_ids_are_kept_or_made_the_same_every_time(load):
    files = {f"{LLM}/one.jsonl": [{"_ItemId": "given"}, {"ModelName": "a"}, {"ModelName": "a"}]}
    first = rows(load(files, "first")[0], '"_ItemId", "TenantId"')
    again = rows(load(files, "again")[0], '"_ItemId", "TenantId"')
    assert first == again
    assert first[0] == ("given", FIRST)
    assert len({item for item, _ in first}) == 3


def test_gzipped_and_plain_files_of_a_folder_are_one_table(load):
    line = {"TimeGenerated": "2026-10-01T10:00:00Z"}
    files = {f"{LLM}/b[1].jsonl.gz": [line, line], f"{LLM}/a.jsonl": [line], f"{LLM}/c.txt": ["x"]}
    tables, problems = load(files)
    assert rows(tables, "__file, __line") == [
        (f"{LLM}/a.jsonl", 1),
        (f"{LLM}/b[1].jsonl.gz", 1),
        (f"{LLM}/b[1].jsonl.gz", 2),
    ]
    assert not problems.counts


def test_a_truncated_gzip_file_gives_the_lines_before_the_cut(load):
    lines = [json.dumps({"CorrelationId": f"{number:08}" * 40}) for number in range(5_000)]
    cut = gzip.compress("\n".join(lines).encode())[:-2_000]
    tables, problems = load({f"{LLM}/one.jsonl.gz": cut})
    assert 0 < len(rows(tables, "__line")) < 5_000
    assert [problem.line for problem in problems.first][-1] == 0
