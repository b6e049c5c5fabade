"""Priced requests per second: ours over a whole file, litellm and genai-prices one at a time.

All price the same token classes; the requests that two price lists agree on must cost the same.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, at_least, spread
from bench.measured_process import PEER_SCRIPTS, PEERS_PYTHON, measured
from bench.request_file import write_prices, write_requests
from bench.sizes import MILLION, Sizes

PEERS = ("litellm", "genai")
TARGET = 1000.0

AGREED_MODELS = ("claude-haiku-4-5", "claude-opus-4-5")
"""Of the others a peer has another price, or charges a whole request by another band."""


def measure(work: Path, sizes: Sizes) -> list[Figure]:
    """Price the file and the sample in turn."""
    peers = PEERS if PEERS_PYTHON.exists() else ()
    if not peers:
        print("per_request: left out the peers, because they are not installed: run `make peers`")
    requests, prices, sample = (
        work / "requests.parquet", work / "prices.parquet", work / "sample.jsonl",
    )  # fmt: skip
    write_prices(prices)
    write_requests(requests, sizes.rollup_requests, callers=sizes.callers)
    rates: dict[str, list[float]] = {"tollbook": [], **{peer: [] for peer in peers}}
    for turn in range(sizes.runs):
        command = [sys.executable, "-m", "bench.our_pricing", str(requests), str(prices)]
        sampling = [str(sizes.sampled_requests), str(sample)] if turn == 0 else []
        seconds = json.loads(measured([*command, *sampling], {}).printed)["seconds"]
        rates["tollbook"].append(sizes.rollup_requests / seconds)
        for peer in peers:
            answer = priced_by(peer, sample)
            rates[peer].append(sizes.sampled_requests / answer["seconds"])
            if turn == 0:
                refuse_other_prices(peer, sample, answer["costs"])
    size = f"{sizes.rollup_requests / MILLION:g} M"
    figures = [spread(f"per_request: tollbook, {size} requests", rates["tollbook"], "requests/s")]
    for peer in peers:
        rate = spread(f"per_request: {peer}", rates[peer], "requests/s")
        ratio = figures[0].value / rate.value
        figures += [rate, at_least(f"per_request: tollbook against {peer}", ratio, "x", TARGET)]
    return figures


def priced_by(peer: str, sample: Path) -> dict[str, object]:
    """Return the seconds and the costs a peer's process prints."""
    script = str(PEER_SCRIPTS / f"{peer}_rate.py")
    return json.loads(measured([str(PEERS_PYTHON), script, str(sample)], {}).printed)


def refuse_other_prices(peer: str, sample: Path, costs: Sequence[float | str]) -> None:
    """End the benchmark when a peer priced a request otherwise that both should price alike."""
    requests = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    compared = 0
    for request, cost in zip(requests, costs, strict=True):
        if request["model"] not in AGREED_MODELS:
            continue
        ours = float(request["list_cost_usd"])
        if abs(ours - float(cost)) > 1e-9 * ours:
            raise SystemExit(f"{peer} prices {request} at {cost}, tollbook at {ours}")
        compared += 1
    if not compared:
        raise SystemExit("no request of the sample has a price that all agree on: sample more")
