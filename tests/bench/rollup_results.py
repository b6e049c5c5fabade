"""Whether several engines rolled up to the same groups, token sums and money."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

_STATEMENTS = Path(__file__).with_name("sql")


def differences(results: Mapping[str, Path]) -> Sequence[str]:
    """Compare every file with the first; return one line per engine that is not its equal.

    Money is compared to the last digit: it is a decimal, or a whole number of 1e-12 USD.
    """
    first, *others = results
    connection = duckdb.connect()
    for engine in results:
        connection.execute("set variable result = $file", {"file": str(results[engine])})
        names = connection.execute(
            "select column_name from (describe from read_parquet(getvariable('result')))"
        ).fetchall()
        money = "list_cost_usd" if ("list_cost_usd",) in names else "list_cost_pico_usd"
        statement = (_STATEMENTS / f"result_{money}.sql").read_text(encoding="utf-8")
        connection.execute(f"create table {engine} as\n{statement}")
    lines = []
    for engine in others:
        for left, right in ((first, engine), (engine, first)):
            row = connection.execute(
                f"select count(*) from (from {left} except all from {right})"
            ).fetchone()
            if row and row[0]:
                lines.append(f"{row[0]} groups of {left} are not those of {right}")
    connection.close()
    return lines
