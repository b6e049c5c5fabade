"""litellm: the price of one request at a time with `cost_per_token`.

Run by the peers' Python as `litellm_rate.py SAMPLE`; prints the seconds and the costs.
"""

import json
import os
import sys
import time
from pathlib import Path

# Its own price list, without three attempts to fetch a newer one.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from litellm import cost_per_token
from litellm.types.utils import CacheCreationTokenDetails, PromptTokensDetailsWrapper, Usage


def main(sample: str) -> None:
    requests = [json.loads(line) for line in Path(sample).read_text("utf-8").splitlines()]
    # What a response brings along is made beforehand: only the pricing is timed.
    usages = [(request["model"], usage(request)) for request in requests]
    _cost(*usages[0])
    began = time.perf_counter()
    costs = [_cost(model, used) for model, used in usages]
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "costs": costs}))


def _cost(model: str, used: Usage) -> float:
    return sum(cost_per_token(model, custom_llm_provider="azure_ai", usage_object=used))


def usage(request: dict[str, int]) -> Usage:
    reads = request["cache_read_tokens"]
    short, long = request["cache_write_5m_tokens"], request["cache_write_1h_tokens"]
    prompt = request["input_tokens"] + reads + short + long
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=request["output_tokens"],
        total_tokens=prompt + request["output_tokens"],
        cache_read_input_tokens=reads,
        cache_creation_input_tokens=short + long,
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=reads,
            cache_creation_tokens=short + long,
            cache_creation_token_details=CacheCreationTokenDetails(
                ephemeral_5m_input_tokens=short, ephemeral_1h_input_tokens=long
            ),
        ),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
