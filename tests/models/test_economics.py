"""Unit economics against fractions: every figure added up again, request by request."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from conftest import GoldenMonth
from core_rows import oid
from economics_rows import (
    BOT,
    CLIENTS,
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
    rounded,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from written_publication import publish_empty

from jobs.economics_table import show_economics
from models.chargeback import chargeback
from models.economics import GENERATIONS_NOTE, KEYS, economics, mixes_tokenizers
from models.errors import PublicationError, ReportError, SeedError
from models.publication import publish, require_manifest, write_parquet
from models.retention import REQUESTS
from models.viewer import Viewer, operator
from models.warehouse import in_memory

Row = dict[str, Any]
LIFE_5M, LIFE_1H = 5, 60

COUNTS = st.one_of(st.none(), st.integers(0, 9), st.integers(0, 120_000))
CALLS = st.lists(
    st.tuples(
        st.sampled_from([0, 0.5, 4.9, 5, 30, 59.9, 60, 61, 3000]),
        st.builds(
            Call,
            minute=st.just(0),
            tokens=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
            model=st.sampled_from([OPUS_46, OPUS_55, SONNET_55, HAIKU_55, UNHEARD]),
            session=st.sampled_from(["a", "a", "b", None]),
            caller=st.sampled_from([1, 2, BOT]),
            unit=st.sampled_from([1, 2]),
            client=st.sampled_from([1, 2]),
            discount=st.sampled_from(["0", "0.125", "0.0333"]),
        ),
    ),
    min_size=1,
    max_size=14,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_empty(tmp_path_factory.mktemp("economics"))


def report(folder: Path, *by: str, viewer: Viewer | None = None, **asked: Any) -> list[Row]:
    month = asked.pop("month", "2026-10")
    return economics(folder, viewer or operator(), month=month, by=by, **asked).records()


def in_order(drawn: Sequence[tuple[float, Call]]) -> list[Call]:
    """Calls with the gaps before them turned into times."""
    minute = 0.0
    calls = []
    for gap, call in drawn:
        minute += gap
        calls.append(replace(call, minute=minute))
    return calls


def expired_cost(call: Call, before: Call | None) -> Fraction | None:
    """What it cost to write again what the session had cached; None where that is not known."""
    if call.session is None or call.rate is None:
        return None
    if before is None or call.minute - before.minute < LIFE_5M:
        return Fraction(0)
    *_, had_read, had_5m, had_1h = before.tokens
    *_, write_5m, write_1h = call.tokens
    if had_read is None or had_5m is None or had_1h is None or write_5m is None:
        return None
    cached, again_1h = had_read + had_5m + had_1h, 0
    if call.minute - before.minute >= LIFE_1H:
        if write_1h is None:
            return None
        again_1h = min(write_1h, cached)
    again_5m = min(write_5m, cached - again_1h)
    _, _, read_usd, write_5m_usd, write_1h_usd = call.rate.usd()
    return again_5m * (write_5m_usd - read_usd) + again_1h * (write_1h_usd - read_usd)


def saved(call: Call) -> Fraction | None:
    """What the cached classes would have cost as uncached input, less what they cost."""
    uncached, output, *cached = call.tokens
    if call.rate is None or all(part is None for part in cached):
        return None
    at_input_rate = (sum(part or 0 for part in (uncached, *cached)), output, 0, 0, 0)
    return cost(at_input_rate, call.rate) - cost(call.tokens, call.rate)


def per(amount: Fraction | None, heads: int, places: int = 9) -> Decimal | None:
    return rounded(amount / heads, places) if amount is not None and heads else None


def expected(calls: Sequence[Call], befores: Sequence[Call | None]) -> Row:
    """The figures of one row; `befores` are the calls before its calls in their sessions."""
    people = [call for call in calls if call.caller not in {BOT, None}]
    told = [call for call in calls if call.session]
    whole = [call for call in calls if call.status == "complete"]
    sessions = len({(call.caller, call.session) for call in told})
    listed = known_sum(call.list_cost for call in calls)
    cache_saved = known_sum(map(saved, calls))
    prompts = sum(call.prompt for call in whole)
    return {
        "active_users": len({call.caller for call in people}),
        "requests": len(calls),
        "sessions": sessions or None,
        "session_requests": len(told),
        "list_cost_usd": decimal(listed),
        "contracted_cost_usd": decimal(known_sum(call.contracted_cost for call in calls)),
        "cost_per_active_user_usd": per(
            known_sum(call.contracted_cost for call in people),
            len({call.caller for call in people}),
        ),
        "cost_per_request_usd": per(
            known_sum(call.contracted_cost for call in calls),
            sum(call.list_cost is not None for call in calls),
        ),
        "cost_per_session_usd": per(known_sum(call.contracted_cost for call in told), sessions),
        **{
            f"{name}_per_million_usd": per_million(calls, place)
            for place, name in enumerate(
                ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
            )
        },
        "tokens_per_request": per(
            Fraction(prompts + sum(call.tokens[1] or 0 for call in whole)), len(whole), 1
        ),
        "uncached_list_cost_usd": None
        if cache_saved is None
        else decimal((listed or 0) + cache_saved),
        "cache_saved_usd": decimal(cache_saved),
        "expired_cache_cost_usd": decimal(known_sum(map(expired_cost, calls, befores))),
    }


def per_million(calls: Sequence[Call], place: int) -> Decimal | None:
    """What was paid for a million tokens of one class."""
    paid, tokens = Fraction(0), 0
    for call in calls:
        if call.rate and call.tokens[place]:
            tokens += call.tokens[place] or 0
            rate = call.rate.usd()[place]
            paid += (call.tokens[place] or 0) * rate * (1 - Fraction(call.discount))
    return per(paid * 1_000_000, tokens)


def grouped(calls: Iterable[Call], key: Callable[[Call], tuple[Any, ...]]) -> dict[Any, list[Call]]:
    groups: dict[Any, list[Call]] = defaultdict(list)
    for call in calls:
        groups[(*key(call), call.label)].append(call)
    return groups


def test_a_session_of_four_requests_is_told_in_full(folder: Path) -> None:
    # given a session of Opus 4.6 whose cache expires once, and a request outside of it
    publish_calls(
        folder,
        [
            Call(0, (100, 200, 0, 10_000, 0)),
            Call(4, (100, 200, 10_000, 500, 0)),
            Call(9, (100, 200, 0, 11_000, 0)),  # just expired: 10,500 of these were there before
            Call(10, (0, 0, 11_000, 0, 0), caller=2, session="t"),
        ],
    )
    # when
    (row,) = report(folder, "unit")
    # then, by hand, at 5, 25, 0.50 and 6.25 USD per million
    input_usd, output_usd, read_usd, write_usd = (
        Decimal(text) for text in ("0.0015", "0.015", "0.0105", "0.134375")
    )
    assert row["unit"] == "U1"
    assert row["active_users"] == row["sessions"] == 2
    assert row["list_cost_usd"] == input_usd + output_usd + read_usd + write_usd
    assert row["cost_per_request_usd"] == row["list_cost_usd"] / 4
    assert row["cost_per_session_usd"] == row["cost_per_active_user_usd"]
    assert row["cache_write_5m_per_million_usd"] == Decimal("6.25")
    assert row["cache_write_1h_per_million_usd"] is None
    assert row["tokens_per_request"] == Decimal("10850.0")
    assert row["cache_read_share"] == Decimal("0.490654")  # 21,000 of 42,800
    assert row["cache_saved_usd"] == Decimal("0.067625")  # 42,500 x 0.000005 - read - write
    assert row["expired_cache_cost_usd"] == Decimal("0.060375")  # 10,500 x (6.25 - 0.50)


@pytest.mark.parametrize("by", [("unit",), ("model",), ("unit", "model"), ("client",), ("total",)])
@settings(max_examples=15, deadline=None)
@given(drawn=CALLS)
def test_every_figure_is_that_of_its_requests(
    folder: Path, by: tuple[str, ...], drawn: list[tuple[float, Call]]
) -> None:
    calls = in_order(drawn)
    publish_calls(folder, calls)
    names = {
        "unit": lambda call: f"U{call.unit}",
        "model": lambda call: call.model,
        "client": lambda call: CLIENTS[call.client - 1],
    }
    keys = [key for key in by if key in names]
    groups = grouped(calls, lambda call: tuple(names[key](call) for key in keys))
    befores = before_each(calls)
    rows = {tuple(row[key] for key in (*keys, "label")): row for row in report(folder, *by)}
    assert rows.keys() == groups.keys()
    for key, group in groups.items():
        wanted = expected(group, [befores[id(call)] for call in group])
        assert {name: rows[key][name] for name in wanted} == wanted


@settings(max_examples=15, deadline=None)
@given(drawn=CALLS)
def test_what_was_saved_and_what_was_paid_are_what_it_had_cost_uncached(
    folder: Path, drawn: list[tuple[float, Call]]
) -> None:
    calls = [call for call in in_order(drawn) if call.status == "complete"]
    if not calls:
        return
    publish_calls(folder, calls)
    uncached = sum(
        (cost((call.prompt, call.tokens[1], 0, 0, 0), call.rate) for call in calls if call.rate),
        Fraction(0),
    )
    (row,) = report(folder, "total")
    assert row["uncached_list_cost_usd"] == decimal(uncached)
    assert row["cache_saved_usd"] + row["list_cost_usd"] == decimal(uncached)


def test_the_month_before_stands_beside_or_is_unknown(folder: Path) -> None:
    tokens = (1_000_000, 0, 0, 0, 0)
    october = [Call(1, tokens), Call(2, tokens, caller=2), Call(3, tokens, unit=2)]
    september = [Call(-2000, tokens, model=OPUS_55)]
    # given September, when October is asked for
    publish_calls(folder, [*september, *october])
    first, second = report(folder, "unit")
    # then
    assert (first["list_cost_usd"], first["previous_list_cost_usd"]) == (10, 4)
    assert (first["list_cost_change_usd"], first["cost_per_request_change_usd"]) == (6, 1)
    assert first["cost_per_active_user_change_usd"] == 1
    assert second["unit"] == "U2"
    assert second["previous_list_cost_usd"] is second["list_cost_change_usd"] is None
    # and without it
    publish_calls(folder, october)
    first, _ = report(folder, "unit")
    assert (first["list_cost_usd"], first["previous_list_cost_usd"]) == (10, None)
    assert (first["previous_days"], first["list_cost_change_usd"]) == (0, None)
    with pytest.raises(PublicationError, match="published: 2026-10"):
        report(folder, "unit", month="2026-09")


def test_labels_are_rows_of_their_own(folder: Path) -> None:
    tokens = (1_000, 100, 10, 10, 0)
    publish_calls(
        folder,
        [
            Call(1, tokens),
            Call(2, tokens, caller=None, unit=None),
            Call(3, tokens, model=UNHEARD),
            Call(4, tokens, caller=BOT, session=None),
        ],
    )
    rows = {row["label"]: row for row in report(folder, "total")}
    assert {label: row["requests"] for label, row in rows.items()} == {
        "": 2,
        "unattributed": 1,
        "unpriced": 1,
    }
    # An application's requests cost, but nobody uses them.
    assert (rows[""]["active_users"], rows[""]["session_requests"]) == (1, 1)
    assert rows[""]["cost_per_active_user_usd"] == rows[""]["list_cost_usd"] / 2
    unpriced = rows["unpriced"]
    assert (unpriced["list_cost_usd"], unpriced["cost_per_request_usd"]) == (None, None)
    assert (unpriced["cache_saved_usd"], unpriced["cost_status"]) == (None, "unpriced")
    assert rows["unattributed"]["cost_per_active_user_usd"] is None


def test_what_single_requests_tell_is_unknown_once_they_are_deleted(folder: Path) -> None:
    # given a day of which daily totals alone are kept
    publish_calls(folder, [Call(1, (1_000, 100, 10, 10, 0))])
    forget_requests(folder)
    # when
    (row,) = report(folder, "unit")
    # then totals stay, and the rest is not told of a part
    assert (row["requests"], row["active_users"]) == (1, 1)
    assert row["cost_per_request_usd"] == row["list_cost_usd"] == Decimal("0.0075675")
    assert row["cache_read_share"] is not None
    for name in ("sessions", "input_per_million_usd", "cache_saved_usd", "expired_cache_cost_usd"):
        assert row[name] is None, name


def forget_requests(folder: Path) -> None:
    """Publish the same state with nothing left of single requests, as the retention rule does."""
    state = require_manifest(folder)
    ((day, files),) = state.days.items()
    emptied = dict(files)
    with in_memory() as connection:
        for table in ("ledger", "requests"):
            rows = f"(from '{folder / files[table]}' limit 0)"
            emptied[table] = write_parquet(connection, rows, folder, f"{table}/none.parquet")
    kept = replace(
        state,
        sequence=state.sequence + 1,
        days={day: emptied},
        purged={day: (REQUESTS,)},
    )
    publish(folder, kept)


@pytest.mark.parametrize("by", ["unit", "model", "total"])
@pytest.mark.parametrize("models", [(OPUS_46, OPUS_55), (SONNET_55, OPUS_55)])
def test_the_table_says_when_generations_of_tokenizers_meet(
    folder: Path, capsys: pytest.CaptureFixture[str], by: str, models: tuple[str, ...]
) -> None:
    publish_calls(
        folder,
        [Call(n, (1_000, 100, 0, 0, 0), model=model, unit=n) for n, model in enumerate(models, 1)],
    )
    answer = economics(folder, operator(), month="2026-10", by=[by])
    show_economics(answer, [by], "economics")
    said = GENERATIONS_NOTE in " ".join(capsys.readouterr().out.split())
    assert said == mixes_tokenizers(answer) == (OPUS_46 in models)


def test_a_row_has_the_generation_of_all_its_models(folder: Path) -> None:
    tokens = (1_000, 100, 0, 0, 0)
    publish_calls(folder, [Call(1, tokens), Call(2, tokens, model=OPUS_55)])
    by_model = {row["model"]: row for row in report(folder, "model")}
    assert by_model[OPUS_46]["tokenizer_generation"] == 1
    assert by_model[OPUS_55]["tokenizer_generation"] == 2
    (both,) = report(folder, "total")
    assert (both["tokenizer_generation"], both["mixes_tokenizers"]) == (None, True)


def test_a_tenants_tokenizers_replace_the_products(folder: Path, tmp_path: Path) -> None:
    publish_calls(folder, [Call(1, (1, 1, 0, 0, 0), model=UNHEARD)])
    head = "model,tokenizer_generation,tokens_for_same_text,source\n"
    file = tmp_path / "tokenizers.csv"
    file.write_text(f"{head}{UNHEARD},3,1.5,t\n", encoding="utf-8")
    (row,) = report(folder, "model", seeds_dir=tmp_path)
    assert row["tokenizer_generation"] == 3
    file.write_text(f"{head}a,1,1,t\na,1,1,t\nb,1,2,t\nc,one,1,t\nd,1,0,t\n", encoding="utf-8")
    with pytest.raises(SeedError) as raised:
        report(folder, "model", seeds_dir=tmp_path)
    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == [
        f"tokenizers.csv line {number}" for number in (3, 4, 5, 6)
    ]


def test_who_sees_no_small_units_sees_none_here(folder: Path) -> None:
    tokens = (1_000, 100, 0, 0, 0)
    publish_calls(
        folder,
        [Call(n, tokens, caller=n, unit=1 if n < 4 else 2, session=f"{n}") for n in range(1, 6)],
    )
    nameless = Viewer("works council", sees_everything=True, smallest_group=3)
    rows = report(folder, "unit", viewer=nameless)
    assert [(row["unit"], row["requests"], row["sessions"]) for row in rows] == [
        ("Small units", 5, 5)
    ]
    lead = Viewer("lead", sees_names=True, units=frozenset({"U2"}))
    assert [row["unit"] for row in report(folder, "unit", viewer=lead)] == ["U2"]
    alone = Viewer("somebody", oid=oid(1))
    assert [row["requests"] for row in report(folder, "total", viewer=alone)] == [1]


def test_what_is_not_offered_is_refused_with_what_is(folder: Path) -> None:
    for by in (["user"], ["unit", "client"], [], ["total", "unit"]):
        with pytest.raises(ReportError, match="choose from unit; model; unit,model; client; total"):
            report(folder, *by)


def test_the_golden_month_agrees_with_its_chargeback(golden: GoldenMonth) -> None:
    folder = golden.settings.publication_dir
    (whole,) = {tuple(summed(report(folder, *by.split(",")))) for by in KEYS}
    assert whole[0] > 1_000
    for by in ("unit", "model", "unit,model", "client"):
        keys = [*by.split(","), "label"]
        charged = {
            tuple(row[key] for key in keys): row
            for row in chargeback(folder, operator(), month="2026-10", by=by.split(",")).records()
            if row["label"] not in {"residual", "correction"}
        }
        rows = {tuple(row[key] for key in keys): row for row in report(folder, *by.split(","))}
        # Shared costs stand in rows of no usage, and put a zero where the usage has no price.
        assert rows.keys() == {key for key, row in charged.items() if row["requests"]}
        for key, row in rows.items():
            for name in ("requests", "list_cost_usd", "contracted_cost_usd"):
                assert (row[name] or 0) == (charged[key][name] or 0), (key, name)
            assert row["measured_share"] == charged[key]["measured_share"], key


def summed(rows: list[Row]) -> Iterator[Any]:
    for name in ("requests", "session_requests", "list_cost_usd", "contracted_cost_usd",
                 "cache_saved_usd", "expired_cache_cost_usd"):  # fmt: skip
        yield known_sum(row[name] for row in rows)
