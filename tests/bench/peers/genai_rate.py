"""genai-prices: the price of one request at a time with `calc_price`.

Run by the peers' Python as `genai_rate.py SAMPLE`; prints the seconds and the costs.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from genai_prices import Usage, calc_price


def main(sample: str) -> None:
    requests = [json.loads(line) for line in Path(sample).read_text("utf-8").splitlines()]
    # What a response brings along is made beforehand: only the pricing is timed.
    usages = [(request["model"], moment(request), usage(request)) for request in requests]
    _cost(*usages[0])
    began = time.perf_counter()
    costs = [_cost(*used) for used in usages]
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "costs": [str(cost) for cost in costs]}))


def _cost(model: str, at: datetime, used: Usage) -> object:
    price = calc_price(used, model, provider_id="anthropic", genai_request_timestamp=at)
    return price.total_price


def moment(request: dict[str, str]) -> datetime:
    return datetime.fromisoformat(request["usage_time"]).replace(tzinfo=UTC)


def usage(request: dict[str, int]) -> Usage:
    reads = request["cache_read_tokens"]
    short, long = request["cache_write_5m_tokens"], request["cache_write_1h_tokens"]
    return Usage(
        input_tokens=request["input_tokens"] + reads + short + long,
        output_tokens=request["output_tokens"],
        cache_read_tokens=reads,
        cache_write_tokens=short + long,
        cache_write_1h_tokens=long,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
