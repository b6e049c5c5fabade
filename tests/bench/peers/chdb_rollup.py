"""chDB (ClickHouse in process): price and roll up in one query, keys packed into fixed bytes.

Run by the peers' Python as `chdb_rollup.py REQUESTS PRICES OUT`.
"""

import json
import sys
import time
from pathlib import Path

import chdb
from chdb import session

CLASSES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


def main(requests: str, prices: str, out: str) -> None:
    Path(out).unlink(missing_ok=True)
    connection = session.Session()
    began = time.perf_counter()
    connection.query(f"create table rolled_up engine = Memory as {statement(requests, prices)}")
    seconds = time.perf_counter() - began
    named = "toString(caller_id) as caller, * except caller_id"
    connection.query(f"select {named} from rolled_up into outfile '{out}' format Parquet")
    connection.close()
    print(json.dumps({"seconds": seconds, "version": chdb.__version__}))


def statement(requests: str, prices: str) -> str:
    sums = ", ".join(f"sum({name}_tokens) as {name}_tokens_sum" for name in CLASSES)
    named = ", ".join(f"{name}_tokens_sum as {name}_tokens" for name in CLASSES)
    # Every list price is a whole number of 1e-12 USD, and a sum of them fits 64 bits.
    picos = ", ".join(
        f"toInt64({name}_usd * toDecimal128(1000000000000, 0)) as {name}_pico" for name in CLASSES
    )
    cost = " + ".join(f"toInt64({name}_tokens) * {name}_pico" for name in CLASSES)
    prompt = " + ".join(f"{name}_tokens" for name in CLASSES if name != "output")
    return f"""
    with book as (
        select *, toUInt8(dense_rank() over (order by model)) as model_id, {picos}
        from file('{prices}', Parquet)
    ),
    grouped as (
        -- A GUID is 16 bytes, a day 2, a model 1: groups are found by fixed bytes, not by text.
        select toUUID(caller) as caller_id, model_id, toDate(usage_time, 'UTC') as day,
            any(book.model) as model, count() as requests, {sums},
            sum({cost}) as list_cost_pico_usd
        from (select *, {prompt} as prompt_tokens from file('{requests}', Parquet)) as request
        inner join book on request.model = book.model
        where valid_from <= usage_time and usage_time < valid_to
            and prompt_over_tokens < prompt_tokens and prompt_tokens <= prompt_up_to_tokens
        group by caller_id, model_id, day
    )
    select caller_id, model, day, requests, {named}, list_cost_pico_usd
    from grouped
    """


if __name__ == "__main__":
    main(*sys.argv[1:])
