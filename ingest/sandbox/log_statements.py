"""The SQL that loads recorded log rows and shows them to queries, built from `log_schema`.

Statements take `$name` (the file as problems spell it) and what their docstring adds. Only names
from `log_schema` and constants of this module become part of their text.
"""

from string import Template

from ingest.sandbox.log_schema import TABLES, KustoType
from ingest.sandbox.workspace import LINE_LIMIT_BYTES

INGESTED = "__ingested_at"
# A row that has none of its table's columns; the loader drops it.
HOLLOW = "*"
LINE_KEY = "__line"

_STORED: dict[KustoType, str] = {
    "datetime": "timestamp",
    "string": "varchar",
    "int": "integer",
    "long": "bigint",
    "real": "double",
    "bool": "boolean",
    "dynamic": "json",
}

# Text is what Kusto makes of any JSON value in a string column, and Kusto's text is never null.
# Every other kind takes only its own JSON kind: Azure never writes a number as text.
_CONVERTED: dict[KustoType, Template] = {
    "datetime": Template(
        """case when regexp_matches($raw::varchar, '^"[0-9]{4}-') """
        """then try_cast($raw ->> '$$' as timestamptz) at time zone 'UTC' end"""
    ),
    "string": Template("coalesce($raw, '')"),
    "int": Template(
        r"""case when regexp_full_match($raw::varchar, '-?[0-9]+(\.0+)?') """
        """then try_cast($raw::varchar as integer) end"""
    ),
    "long": Template(
        r"""case when regexp_full_match($raw::varchar, '-?[0-9]+(\.0+)?') """
        """then try_cast($raw::varchar as bigint) end"""
    ),
    "real": Template(
        """case when regexp_matches($raw::varchar, '^-?[0-9]') """
        """then try_cast($raw::varchar as double) end"""
    ),
    "bool": Template("case $raw::varchar when 'true' then true when 'false' then false end"),
    "dynamic": Template("$raw"),
}

_DEFAULTED = {
    "TenantId": "coalesce(nullif(\"new_TenantId\", ''), $first_workspace)",
    "_ItemId": "coalesce(nullif(\"new__ItemId\", ''), md5(concat($name, ':', line)))",
}

_LOAD = Template("""
insert into recorded.$table
with source as (
    select $raw, "_IngestionTime" as raw__ingested, $number as numbered,
        (row_number() over ())::integer as position
    from read_json(
        $$file, format = 'newline_delimited', records = true, columns = {$json_columns},
        maximum_object_size = $line_limit, ignore_errors = $lenient
    )
),

converted as (
    select *, $converted, $ingested as new__ingested, coalesce(numbered, position) as line
    from source
    where not $lenient or numbered is not null
)

select $defaulted,
    coalesce(new__ingested, "new_TimeGenerated" + interval 5 minute), $$name, line,
    case
        when coalesce($raw_text) is null then ['*']
        else nullif(list_filter([$wrong], lambda wrong: wrong is not null), [])
    end
from converted
""")

_CREATE = Template("""
create table recorded.$table
($columns, __ingested_at timestamp, __file varchar, __line integer, __wrong varchar[])
""")

_FILL_INGESTED = Template("""
update recorded.$table as target
set __ingested_at = coalesce(filled.ingested_at, $$starts_at::timestamp)
from (
    select __line, last_value(__ingested_at ignore nulls) over (order by __line) as ingested_at
    from recorded.$table
    where __file = $$name
) as filled
where target.__file = $$name and target.__line = filled.__line and target.__ingested_at is null
""")

_VIEW = Template("""
create view $schema.$table as
select $columns
from recorded.$table
where __ingested_at <= getvariable('sandbox_now')::timestamp
    and list_contains(getvariable('sandbox_workspaces')::varchar[], lower("TenantId"))
    and (
        getvariable('sandbox_resource') is null
        or lower("_ResourceId") = lower(getvariable('sandbox_resource')::varchar)
    )
    and (
        getvariable('span_start') is null
        or "TimeGenerated" >= getvariable('span_start')::timestamp
    )
    and (getvariable('span_end') is null or "TimeGenerated" < getvariable('span_end')::timestamp)
""")

_CLEAR = Template("delete from recorded.$table where __file = $$name")
_CLEAR_HOLLOW = Template("delete from recorded.$table where __file = $$name and __wrong = ['*']")
_COUNTS = Template("""
select count(*), count(*) filter (where __wrong = ['*']), count(*) - count(__ingested_at)
from recorded.$table where __file = $$name
""")
_WRONG_ROWS = Template("""
select __line, __wrong from recorded.$table
where __file = $$name and __wrong is not null order by __line
""")
_FIRST_SEEN = Template("""
select lower("TenantId"), min(__ingested_at) from recorded.$table group by all
""")


def create_statement(table: str) -> str:
    """Make the empty `recorded.<table>`: its documented columns and four of the loader's own."""
    columns = ", ".join(f'"{name}" {_STORED[kind]}' for name, kind in TABLES[table].items())
    return _CREATE.substitute(table=table, columns=columns)


def view_statement(schema: str, table: str) -> str:
    """Make the view of `table` in `kql`, or in `kql_ingestion` with the ingestion time."""
    names = [_quoted(name) for name in TABLES[table]]
    if schema == "kql_ingestion":
        names.append(INGESTED)
    return _VIEW.substitute(schema=schema, table=table, columns=", ".join(names))


def load_statement(table: str, *, numbered: bool) -> str:
    """Insert the rows of one file of JSON lines; `$file` is a glob, `$first_workspace` an id.

    `numbered` files carry their line number as LINE_KEY, and lines DuckDB refuses are skipped;
    without it such a line raises, and rows are numbered as they come.
    """
    columns = TABLES[table]
    kinds: dict[str, str] = {
        **{name: "varchar" if kind == "string" else "json" for name, kind in columns.items()},
        "_IngestionTime": "json",
    }
    if numbered:
        kinds[LINE_KEY] = "integer"
    checked = [name for name, kind in columns.items() if kind not in ("string", "dynamic")]
    return _LOAD.substitute(
        table=table,
        raw=", ".join(f'"{name}" as "raw_{name}"' for name in columns),
        raw_text=", ".join(
            [*(f'"raw_{name}"::varchar' for name in columns), "raw__ingested::varchar"]
        ),
        number=_quoted(LINE_KEY) if numbered else "null::integer",
        json_columns=", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items()),
        line_limit=LINE_LIMIT_BYTES,
        lenient="true" if numbered else "false",
        converted=", ".join(
            f'{_CONVERTED[kind].substitute(raw=_quoted(f"raw_{name}"))} as "new_{name}"'
            for name, kind in columns.items()
        ),
        ingested=_CONVERTED["datetime"].substitute(raw="raw__ingested"),
        defaulted=", ".join(_DEFAULTED.get(name, f'"new_{name}"') for name in columns),
        wrong=", ".join(
            [_wrong_mark(name, name) for name in checked]
            + [_wrong_mark("_ingested", "_IngestionTime")]
        ),
    )


def fill_ingested_statement(table: str) -> str:
    """Give rows without any time the ingestion time of the row before, else `$starts_at`."""
    return _FILL_INGESTED.substitute(table=table)


def clear_statement(table: str, *, hollow_only: bool = False) -> str:
    """Take out the rows of one file, all of them or the hollow ones."""
    return (_CLEAR_HOLLOW if hollow_only else _CLEAR).substitute(table=table)


def counts_statement(table: str) -> str:
    """One row about one file: rows, hollow rows, rows without an ingestion time."""
    return _COUNTS.substitute(table=table)


def wrong_rows_statement(table: str) -> str:
    """The rows of one file with a value of the wrong type: line, list of columns."""
    return _WRONG_ROWS.substitute(table=table)


def first_seen_statement(table: str) -> str:
    """1 row per workspace id (lower case) in `table`, with its first ingestion time."""
    return _FIRST_SEEN.substitute(table=table)


def _wrong_mark(column: str, shown: str) -> str:
    return f"""case when "raw_{column}" is not null and "new_{column}" is null then '{shown}' end"""


def _quoted(name: str) -> str:
    return f'"{name}"'
