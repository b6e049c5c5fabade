"""What if: replays against fractions, request by request, and what they refuse to say."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from conftest import GoldenMonth
from core_rows import oid
from economics_rows import (
    HAIKU_55,
    OPUS_46,
    OPUS_55,
    SONNET_55,
    UNHEARD,
    Call,
    before_each,
    cost,
    decimal,
    known_sum,
    publish_calls,
    rate_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from installed_command import tollbook
from written_publication import publish_empty

from models.chargeback import chargeback
from models.errors import PublicationError, ReportError
from models.seed_files import find_seed, read_seeds
from models.tokenizers import read_tokenizers
from models.viewer import operator
from models.what_if import CACHE_TTLS, Change, Whose, what_if

Row = dict[str, Any]
SCALE = Fraction(13, 10)
GENERATION = {OPUS_46: 1, OPUS_55: 2, SONNET_55: 2, HAIKU_55: 2, UNHEARD: None}

COUNTS = st.one_of(st.none(), st.integers(0, 9), st.integers(0, 120_000))
KNOWN = st.integers(0, 90_000)
CALLS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 5, 59.9, 60, 3000]),
        st.builds(
            Call,
            minute=st.just(0),
            tokens=st.one_of(
                st.tuples(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
                st.tuples(KNOWN, KNOWN, KNOWN, KNOWN, st.just(0)),
                st.tuples(KNOWN, KNOWN, KNOWN, KNOWN, KNOWN),
            ),
            model=st.sampled_from([OPUS_46, OPUS_55, OPUS_55, SONNET_55, HAIKU_55, UNHEARD]),
            session=st.sampled_from(["a", "a", "b", None]),
            speed=st.sampled_from(["standard", "standard", "fast"]),
            unit=st.sampled_from([1, 2]),
        ),
    ),
    min_size=1,
    max_size=14,
).map(
    lambda drawn: [
        replace(call, minute=sum(gap for gap, _ in drawn[: place + 1]))
        for place, (_, call) in enumerate(drawn)
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_empty(tmp_path_factory.mktemp("what-if"))


def replay(
    folder: Path, model: str | None = None, ttl: str | None = None, **whose: str
) -> list[Row]:
    answer = what_if(folder, operator(), Change(model, ttl), month="2026-10", whose=Whose(**whose))
    return answer.records()


def by_model(rows: Sequence[Row], status: str = "replayed") -> dict[str, Row]:
    return {row["model"]: row for row in rows if row["status"] == status}


def kept(call: Call, before: Call | None, ttl: str | None, *, had_1h: bool) -> Sequence[int | None]:
    """A call's tokens, had its cache been kept for another time."""
    uncached, output, read, write_5m, write_1h = call.tokens
    if ttl is None:
        return call.tokens
    known = before.tokens[2:] if before and call.session else (None,)
    shift = 0
    if before and read is not None and None not in known and 5 <= call.minute - before.minute < 60:
        cached = sum(part or 0 for part in known)
        if ttl == "1h" and write_5m is not None:
            shift = min(write_5m, cached)
        if ttl == "5m" and had_1h:
            shift = -min(read, cached)
    written = (write_5m or 0) + (write_1h or 0) - shift
    read = None if read is None else read + shift
    return (uncached, output, read, *((0, written) if ttl == "1h" else (written, 0)))


def expected(calls: Sequence[Call], model: str | None, ttl: str | None) -> dict[Any, Any]:
    """By (model, status): requests, actual, replayed, and replayed with the other tokenizer."""
    befores = before_each(calls)
    sums: dict[Any, list[Any]] = defaultdict(list)
    for call in calls:
        had_1h = any(
            (other.tokens[4] or 0) > 0
            for other in calls[: calls.index(call)]
            if (other.session, other.model) == (call.session, call.model)
        )
        tokens = kept(call, befores[id(call)], ttl, had_1h=had_1h)
        status, same, scaled = priced(call, tokens, model)
        sums[call.model, status].append((call.list_cost, same, scaled))
    return {
        key: (len(found), *(decimal(known_sum(part)) for part in zip(*found, strict=True)))
        for key, found in sums.items()
    }


def priced(
    call: Call, tokens: Sequence[int | None], model: str | None
) -> tuple[str, Fraction | None, Fraction | None]:
    """A call's status, and its cost elsewhere: of the same tokens, of the other tokenizer's."""
    if call.list_cost is None or call.rate is None:
        return "unknown_cost", None, None
    if model is None:
        same = cost(tokens, call.rate)
        return "replayed", same, same
    steps = (GENERATION[model] or 0) - (GENERATION[call.model] or 0)
    scaled = [None if part is None else half_up(part * SCALE**steps) for part in tokens]
    costs = [
        rate and cost(counts, rate)
        for counts in (tokens, scaled)
        for rate in [rate_of(model, call.speed, call.time, prompt(counts))]
    ]
    return ("no_price" if costs[0] is None else "replayed"), costs[0], costs[1]


def half_up(number: Fraction) -> int:
    return int(number + Fraction(1, 2))


def prompt(tokens: Sequence[int | None]) -> int:
    return sum(part or 0 for place, part in enumerate(tokens) if place != 1)


def test_tokens_move_to_another_models_prices_of_the_day(folder: Path) -> None:
    # given two requests of Opus 5.5, before and after Sonnet 5.5's cache reads became cheaper
    tokens = (1_000_000, 100_000, 1_000_000, 0, 0)
    later = Call(7 * 24 * 60, tokens, OPUS_55)
    publish_calls(folder, [Call(0, tokens, OPUS_55), later])
    # when
    (row,) = replay(folder, SONNET_55)
    # then: 2 x (4 + 2 + 0.2) against (2 + 1 + 0.2) + (2 + 1 + 0.1)
    assert (row["model"], row["status"], row["requests"]) == (OPUS_55, "replayed", 2)
    assert row["list_cost_usd"] == Decimal("12.4")
    assert row["replayed_cost_usd"] == row["replayed_low_usd"] == Decimal("6.3")
    assert (row["difference_usd"], row["token_factor"]) == (Decimal("-6.1"), 1)


def test_each_request_is_in_its_own_band_of_the_other_model(folder: Path) -> None:
    # given prompts of just 100,000 tokens, cache included, and of one more
    after = 7 * 24 * 60
    publish_calls(
        folder,
        [
            Call(after, (60_000, 0, 40_000, 0, 0), OPUS_55),
            Call(after, (60_001, 0, 40_000, 0, 0), OPUS_55),
        ],
    )
    (row,) = replay(folder, HAIKU_55)
    low = 60_000 * Decimal("0.0000001") + 40_000 * Decimal("0.00000001")
    high = 60_001 * Decimal("0.0000005") + 40_000 * Decimal("0.00000005")
    assert row["replayed_cost_usd"] == low + high


def test_where_the_model_had_no_price_nothing_is_free(folder: Path) -> None:
    tokens = (1_000_000, 0, 0, 0, 0)
    publish_calls(
        folder,
        [
            Call(0, tokens, OPUS_55),  # before Haiku 5.5
            Call(7 * 24 * 60, tokens, OPUS_55),
            Call(7 * 24 * 60, tokens, OPUS_55, speed="fast"),  # it has no fast mode
            Call(1, tokens, UNHEARD),
        ],
    )
    rows = replay(folder, HAIKU_55)
    assert by_model(rows)[OPUS_55]["requests"] == 1
    (without,) = by_model(rows, "no_price").values()
    assert (without["requests"], without["list_cost_usd"]) == (2, 12)
    assert (without["replayed_cost_usd"], without["difference_usd"]) == (None, None)
    (unknown,) = by_model(rows, "unknown_cost").values()
    assert (unknown["model"], unknown["list_cost_usd"], unknown["replayed_cost_usd"]) == (
        UNHEARD,
        None,
        None,
    )


def test_another_tokenizer_gives_a_range(folder: Path) -> None:
    publish_calls(folder, [Call(0, (1_000_000, 0, 0, 0, 0)), Call(0, (100, 0, 0, 0, 0), OPUS_55)])
    up = by_model(replay(folder, OPUS_55))
    assert up[OPUS_46]["token_factor"] == Decimal("1.3")
    assert (up[OPUS_46]["replayed_low_usd"], up[OPUS_46]["replayed_high_usd"]) == (
        4,
        Decimal("5.2"),
    )
    assert up[OPUS_46]["replayed_cost_usd"] == 4
    assert up[OPUS_55]["replayed_low_usd"] == up[OPUS_55]["replayed_high_usd"]
    down = by_model(replay(folder, OPUS_46))
    assert down[OPUS_55]["replayed_low_usd"] == Decimal("0.000385")  # 77 tokens instead of 100
    assert down[OPUS_55]["replayed_high_usd"] == Decimal("0.0005")


def test_a_longer_cache_reads_what_was_written_again(folder: Path) -> None:
    # given a session with breaks of 4, 30 and 60 minutes, and ever more to keep
    publish_calls(
        folder,
        [
            Call(0, (0, 0, 0, 10_000, 0)),
            Call(4, (0, 0, 10_000, 1_000, 0)),
            Call(34, (0, 0, 0, 12_000, 0)),
            Call(94, (0, 0, 0, 12_500, 0)),
        ],
    )
    # when
    (hour,) = replay(folder, ttl="1h")
    # then 11,000 tokens more are read, and 24,500 written at 10 instead of 35,500 at 6.25
    assert hour["list_cost_usd"] == Decimal("0.226875")
    assert hour["replayed_cost_usd"] == Decimal("0.2555")
    assert [row["difference_usd"] for row in replay(folder, ttl="5m")] == [0]


def test_a_shorter_cache_writes_again_what_was_read(folder: Path) -> None:
    publish_calls(
        folder,
        [
            Call(0, (0, 0, 0, 0, 10_000)),
            Call(4, (0, 0, 10_000, 0, 0)),
            Call(34, (0, 0, 10_500, 0, 0)),  # 500 of it somebody else's
            Call(34, (0, 0, 7_000, 0, 0), session="another"),
        ],
    )
    (row,) = replay(folder, ttl="5m")
    # 10,000 written at 6.25 instead of 10, and 10,000 more written instead of read
    assert row["difference_usd"] == Decimal("-0.0375") + Decimal("0.0575")
    assert [row["difference_usd"] for row in replay(folder, ttl="1h")] == [0]


@settings(max_examples=25, deadline=None)
@given(
    calls=CALLS,
    model=st.sampled_from([None, OPUS_46, OPUS_55, SONNET_55, HAIKU_55]),
    ttl=st.sampled_from([None, *CACHE_TTLS]),
)
def test_a_replay_is_the_sum_of_its_requests(
    folder: Path, calls: list[Call], model: str | None, ttl: str | None
) -> None:
    if not (model or ttl):
        return
    publish_calls(folder, calls)
    rows = {(row["model"], row["status"]): row for row in replay(folder, model, ttl)}
    wanted = expected(calls, model, ttl)
    assert rows.keys() == wanted.keys()
    for key, (requests, actual, same, scaled) in wanted.items():
        row = rows[key]
        assert (row["requests"], row["list_cost_usd"]) == (requests, actual)
        assert row["replayed_cost_usd"] == same
        if same is not None:
            assert row["difference_usd"] == same - actual
            assert (row["replayed_low_usd"], row["replayed_high_usd"]) == (
                min(same, scaled),
                max(same, scaled),
            )


@settings(max_examples=25, deadline=None)
@given(calls=CALLS, ttl=st.sampled_from(CACHE_TTLS))
def test_what_was_so_already_costs_what_it_cost(folder: Path, calls: list[Call], ttl: str) -> None:
    # given requests of one model, whose caches were all kept for that time
    place = {"5m": 4, "1h": 3}[ttl]
    alike = [
        replace(
            call,
            model=SONNET_55,
            tokens=tuple(0 if n == place else part for n, part in enumerate(call.tokens)),
        )
        for call in calls
    ]
    publish_calls(folder, alike)
    actual = decimal(known_sum(call.list_cost for call in alike))
    # then
    for change in ((SONNET_55, None), (None, ttl), (SONNET_55, ttl)):
        rows = by_model(replay(folder, *change))
        assert [row["replayed_cost_usd"] for row in rows.values()] == [actual] * (
            actual is not None
        )
        assert {row["difference_usd"] for row in rows.values()} <= {Decimal(0)}


def test_units_and_callers_add_up_to_all(folder: Path) -> None:
    tokens = (1_000, 100, 0, 0, 0)
    publish_calls(
        folder,
        [Call(n, tokens, caller=n, unit=1 + n % 2, session=None) for n in range(1, 7)],
    )
    (whole,) = replay(folder, SONNET_55)
    units = [row for unit in ("U1", "U2") for row in replay(folder, SONNET_55, unit=unit)]
    people = [row for n in range(1, 7) for row in replay(folder, SONNET_55, oid=oid(n).upper())]
    for parts in (units, people):
        for name in ("requests", "list_cost_usd", "replayed_cost_usd"):
            assert sum(row[name] for row in parts) == whole[name]
    assert replay(folder, SONNET_55, unit="U1", oid=oid(1)) == []


def test_what_cannot_be_replayed_is_refused_with_what_can(folder: Path) -> None:
    publish_calls(folder, [Call(0, (1, 1, 0, 0, 0))])
    for change, whose, expected_text in (
        (Change(), Whose(), "add --model, --cache-ttl or both"),
        (Change(UNHEARD), Whose(), "choose from claude-haiku-5-5, claude-opus-4-6"),
        (Change(OPUS_55), Whose(unit="U9"), "no such unit"),
        (Change(OPUS_55), Whose(oid=oid(99)), "no caller of that object id"),
    ):
        with pytest.raises(ReportError, match=expected_text):
            what_if(folder, operator(), change, month="2026-10", whose=whose)
    with pytest.raises(PublicationError, match="published: 2026-10"):
        what_if(folder, operator(), Change(OPUS_55), month="2026-11")


def test_every_model_with_a_price_has_a_tokenizer() -> None:
    known = read_tokenizers(find_seed("tokenizers.csv", None))
    assert {row[1] for row in read_seeds(None)["prices.csv"]} == known.keys()
    assert {known[model].tokens for model in ("claude-opus-4-6", "claude-haiku-4-5")} == {1}
    assert {known[model].tokens for model in ("claude-opus-4-7", "claude-sonnet-5")} == {
        Decimal("1.3")
    }


def test_the_golden_month_replayed_on_nothing_else_is_its_chargeback(golden: GoldenMonth) -> None:
    rows = what_if(
        golden.settings.publication_dir, operator(), Change(cache_ttl="1h"), month="2026-10"
    ).records()
    charged = chargeback(
        golden.settings.publication_dir, operator(), month="2026-10", by=["model"]
    ).records()
    logged = [row for row in charged if row["label"] not in {"outside_gateway", "pool"}]
    for name in ("requests", "list_cost_usd"):
        assert known_sum(row[name] for row in rows) == known_sum(row[name] for row in logged)


def test_the_command_shows_and_writes_a_replay(golden: GoldenMonth) -> None:
    asked = ("what-if", "--month", "2026-10", "--model", "Claude-Haiku-4-5")
    where = ("--data-dir", str(golden.data_dir))
    shown = tollbook(*asked, *where)
    assert shown.returncode == 0, shown.stderr
    assert "List prices only" in shown.stdout
    assert "Models of 4.7 and later" in shown.stdout
    rows = json.loads(tollbook(*asked, *where, "--format", "json").stdout)
    lines = list(csv.DictReader(io.StringIO(tollbook(*asked, *where, "--format", "csv").stdout)))
    assert [row["list_cost_usd"] or "" for row in rows] == [row["list_cost_usd"] for row in lines]
    wrong = tollbook("what-if", "--month", "2026-10", *where)
    assert (wrong.returncode, "--cache-ttl" in wrong.stderr) == (1, True)
