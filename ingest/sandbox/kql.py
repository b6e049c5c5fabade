"""KQL text to DuckDB SQL over the recorded tables, refusing what Log Analytics would refuse.

The translation is duckdb-kql's. Three things are added: `ingestion_time()`, which it does not know;
letter case, which matters to Kusto and not to DuckDB; and names of tables the workspace does not
have, which must not reach DuckDB's own catalog.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import duckdb_kql

from ingest.sandbox.log_schema import TABLES
from ingest.sandbox.log_statements import INGESTED

# Strings and comments first, so that no word inside them counts as a name.
_TOKEN = re.compile(
    r"""
    (?P<skip> //[^\n]* | ```.*?``` | [hH]?@"(?:[^"]|"")*" | [hH]?@'(?:[^']|'')*'
        | [hH]?"(?:\\.|[^"\\])*" | [hH]?'(?:\\.|[^'\\])*' )
    | (?P<ingestion> \bingestion_time\s*\(\s*\) )
    | (?P<name> (?<![\w.$]) [A-Za-z_]\w* ) (?= \s* (?P<next> \( | =(?![=~]) | ) )
    """,
    re.VERBOSE | re.DOTALL,
)
# The sum makes it an expression without a name of its own, so a result column is called
# `Column1` or `max_` and never after the column that stands for the ingestion time.
_INGESTION_SQL_NAME = f"({INGESTED} + 0s)"
_SPELLINGS = {name.lower(): name for columns in TABLES.values() for name in columns}
_COLUMN_NOT_FOUND = re.compile(r'column "(?P<name>[^"]+)" not found', re.IGNORECASE)


class QueryError(Exception):
    """A query Log Analytics answers with 400. `code`: SyntaxError, SemanticError, ...; `detail`:
    code and message of the innermost error, as the service nests them.
    """

    def __init__(self, code: str, message: str, detail: tuple[str, str] | None = None) -> None:
        super().__init__(detail[1] if detail else message)
        self.code = code
        self.message = message
        self.detail = detail


@dataclass(frozen=True)
class Translation:
    """SQL for the tables of `schema`, and the values of its `$name` parameters."""

    sql: str
    parameters: dict[str, Any]
    schema: str


def translate(query: str, now: datetime, cursor: duckdb.DuckDBPyConnection) -> Translation:
    """Translate `query`; `now()` and `ago()` mean the aware UTC time `now`.

    `cursor` only parses the SQL.

    Raises QueryError when the query does not parse, uses something the sandbox cannot translate,
    or names a table or a spelling of a column that Log Analytics does not have.
    """
    if query.lstrip().startswith("."):
        raise QueryError("SyntaxError", "Management commands are no queries.")
    _check_spelling(query)
    prepared = _TOKEN.sub(
        lambda found: _INGESTION_SQL_NAME if found["ingestion"] else found[0], query
    )
    schema = "kql" if prepared == query else "kql_ingestion"
    extra = [] if schema == "kql" else [INGESTED]
    try:
        result = duckdb_kql.to_sql(
            prepared,
            schema={table: [*columns, *extra] for table, columns in TABLES.items()},
            query_now=now,
            allow_write=False,
        )
    except duckdb_kql.KqlSyntaxError as error:
        raise QueryError("SyntaxError", "A recognition error occurred in the query.",
                         ("SYN0002", str(error))) from error  # fmt: skip
    except duckdb_kql.KqlSchemaError as error:
        raise unresolved("table or column", error.name) from error
    except (duckdb_kql.KqlError, RecursionError) as error:
        raise QueryError("SemanticError", f"The sandbox cannot run this query: {error}") from error
    _check_tables(result, cursor)
    return Translation(str(result), dict(result.parameters), schema)


def names(query: str) -> frozenset[str]:
    """The words a query names things by: tables and columns, but no strings, calls or new names."""
    return frozenset(
        found["name"] for found in _TOKEN.finditer(query) if found["name"] and not found["next"]
    )


def unresolved(what: str, name: str) -> QueryError:
    """The SemanticError for a name that resolves to nothing."""
    return QueryError(
        "SemanticError",
        "A semantic error occurred.",
        ("SEM0100", f"Failed to resolve {what} expression named '{name}'"),
    )


def explain(error: duckdb.Error) -> QueryError:
    """The QueryError for what DuckDB says about a translated query."""
    missing = _COLUMN_NOT_FOUND.search(str(error))
    if missing:
        return unresolved("column or scalar", missing["name"])
    first_line = str(error).splitlines()[0]
    return QueryError("SemanticError", "A semantic error occurred.", ("SEM0000", first_line))


def _check_spelling(query: str) -> None:
    names = [found for found in _TOKEN.finditer(query) if found["name"]]
    defined = {found["name"] for found in names if found["next"] == "="}
    # `parse` names its new columns without an equals sign.
    if any(found["name"].startswith("parse") for found in names):
        return
    for found in names:
        name = found["name"]
        meant = _SPELLINGS.get(name.lower(), name)
        if name != meant and found["next"] != "(" and name not in defined:
            raise unresolved("column or scalar", name)
        if name == INGESTED:
            raise unresolved("column or scalar", name)


def _check_tables(sql: str, cursor: duckdb.DuckDBPyConnection) -> None:
    rows = cursor.execute("select json_serialize_sql($sql)::varchar", {"sql": sql}).fetchall()
    known = set(TABLES)
    named: set[str] = set()
    _collect_tables(json.loads(rows[0][0]), known, named)
    unknown = sorted(named - known)
    if unknown:
        raise unresolved("table or column", unknown[0])


def _collect_tables(node: object, known: set[str], named: set[str]) -> None:
    """Add the tables a parsed statement reads to `named`, those it makes itself to `known`."""
    if isinstance(node, list):
        for part in node:
            _collect_tables(part, known, named)
    elif isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            named.add(".".join(node["qualified_name"]["path"]))
        known.update(entry["key"] for entry in node.get("cte_map", {}).get("map", ()))
        for part in node.values():
            _collect_tables(part, known, named)
