"""A small tenant's ten days, row by row: the hard cases of pairing, named so that tests can tell.

Each name stands for one row of one source as it arrives. Rows of one request share a number.
"""

import json
from dataclasses import dataclass
from typing import Any

from core_rows import (
    ACCOUNT,
    DEPLOYMENTS,
    NAMES,
    PRICES,
    Row,
    correlation,
    deployment,
    discount,
    gateway,
    llm,
    oid,
    person,
    price,
    subscription,
)

FRONT = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/front"
ONE = f"{ACCOUNT}/one"
_UNNAMED: Row = {"backend_request_headers": {}, "response_headers": {}}


@dataclass(frozen=True)
class Arriving:
    """One row of a source, or one point or record, in the form the source lands it."""

    source: str
    row: Row


def by(number: int) -> Row:
    """Headers that name a caller."""
    return {"backend_request_headers": {"x-caller-oid": oid(number)}}


def at(day: int, time: str) -> str:
    """A moment of October 2026."""
    return f"2026-10-{day:02}T{time}Z"


def trace(number: int, moment: str | None, request: int, **metadata: str) -> Row:
    """A row of AppTraces about a request."""
    return _event(f"trace-{number}", moment, request_id=correlation(request), **metadata)


def metric(number: int, moment: str, caller: int) -> Row:
    """A row of AppMetrics that shows a caller."""
    told = {"metric": "Total Tokens", "value_sum": 10, "item_count": 1}
    return _event(f"metric-{number}", moment, oid=oid(caller)) | told


def _event(item: str, moment: str | None, **properties: str) -> Row:
    return {
        "ingested_at": moment or at(6, "01:00:00"),
        "item_id": item,
        "resource_id": None,
        "time_generated": moment,
        "properties": json.dumps(properties),
    }


def record(request: int, moment: str) -> Row:
    """A usage record."""
    return {"correlation_id": correlation(request), "time": moment, "usage": {"input_tokens": 7}}


def point(name: str, moment: str, value: int) -> Row:
    """A point of a platform metric: of the gateway, or of the Foundry account."""
    resource = FRONT if name == "Requests" else ONE
    return {"resource_id": resource, "metric": name, "time": moment, "total": value}


def _plain() -> dict[str, Arriving]:
    """Two requests a day, one of a caller that changes and one of another model."""
    found = {}
    models = ("claude-plain", "claude-band", "claude-turn", "plain-by-another-name", "claude-new")
    for day in range(1, 11):
        for half, hour in enumerate(("09", "15")):
            number, model = 10 * day + half, models[(2 * day + half) % 5]
            where = {"resource_id": FRONT, **by(1 + (day + half) % 3)}
            found[f"day {day}, {hour} h: gateway row"] = Arriving(
                "gateway_log", gateway(number, at(day, f"{hour}:00:00"), **where)
            )
            found[f"day {day}, {hour} h: LLM row"] = Arriving(
                "llm_log",
                llm(number, at(day, f"{hour}:00:01"), model_name=model, prompt_tokens=90_000 + day),
            )
    return found


def _hard() -> dict[str, tuple[str, Row]]:
    late = {"ingested_at": at(9, "12:00:00")}
    return {
        "over midnight: gateway row": (
            "gateway_log",
            gateway(200, at(5, "23:59:59.9"), **_UNNAMED),
        ),
        "over midnight: LLM row": ("llm_log", llm(200, at(6, "00:00:04"))),
        "over midnight: piece before it": (
            "llm_log",
            llm(200, at(5, "23:59:59.95"), prompt_tokens=0, completion_tokens=0, sequence_number=1),
        ),
        "over midnight: trace": (
            "app_traces",
            trace(200, at(6, "00:00:00"), 200, oid=oid(2), deployment="plain"),
        ),
        "over midnight: usage record": ("usage_records", record(200, at(6, "00:00:06"))),
        "two responses: gateway row": ("gateway_log", gateway(201, at(5, "23:59:58"))),
        "two responses: first": ("llm_log", llm(201, at(5, "23:59:59"), request_id="msg_a")),
        "two responses: second": ("llm_log", llm(201, at(6, "00:00:30"), request_id="msg_b")),
        "no gateway row: LLM row": ("llm_log", llm(202, at(4, "11:00:00"))),
        "no gateway row: its gateway row": ("gateway_log", gateway(202, at(3, "23:59:59.9"))),
        "repeated: refused attempt": (
            "gateway_log",
            gateway(203, at(7, "23:59:58"), item_id="first-203", backend_response_code=503),
        ),
        "repeated: attempt that reached": ("gateway_log", gateway(203, at(8, "00:00:03"))),
        "repeated: LLM row": ("llm_log", llm(203, at(8, "00:00:05"))),
        "at once: refused attempt": (
            "gateway_log",
            gateway(204, at(8, "08:00:00"), item_id="first-204", backend_response_code=503, **late),
        ),
        "at once: attempt that reached": ("gateway_log", gateway(204, at(8, "08:00:00"))),
        "no time: gateway row": (
            "gateway_log",
            gateway(205, None, ingested_at=at(6, "00:00:10"), **_UNNAMED),
        ),
        "no time: LLM row": ("llm_log", llm(205, at(5, "23:59:50"))),
        "no time: trace": ("app_traces", trace(205, at(5, "23:59:49"), 205, oid=oid(3))),
        "no LLM time: gateway row": ("gateway_log", gateway(206, at(8, "23:59:59.9"))),
        "no LLM time: LLM row": ("llm_log", llm(206, None, ingested_at=at(9, "00:05:00"))),
        "no id: gateway row": (
            "gateway_log",
            gateway(207, at(2, "10:00:00"), correlation_id=None),
        ),
        "no id: LLM row": ("llm_log", llm(207, at(2, "10:00:01"), correlation_id="")),
        "refused: gateway row": (
            "gateway_log",
            gateway(208, at(3, "10:00:00"), response_code=429, backend_response_code=None),
        ),
        "by subscription: gateway row": (
            "gateway_log",
            gateway(209, at(5, "10:00:00"), apim_subscription_id="sub-1", **_UNNAMED),
        ),
        "by subscription: LLM row": ("llm_log", llm(209, at(5, "10:00:02"))),
        "twice: gateway row": ("gateway_log", gateway(210, at(4, "23:00:00"))),
        "twice: again days later": ("gateway_log", gateway(210, at(4, "23:00:00"), **late)),
        "twice: LLM row": ("llm_log", llm(210, at(4, "23:00:01"))),
        "twice: LLM row again": ("llm_log", llm(210, at(4, "23:00:01"), **late)),
        "a day's usage record": ("usage_records", record(50, at(5, "09:00:03"))),
    }


def _points() -> dict[str, Arriving]:
    points = {
        "gateway count": point("Requests", at(5, "09:00:00"), 3),
        "gateway count, corrected": point("Requests", at(5, "09:00:00"), 4),
        "gateway count before midnight": point("Requests", at(5, "23:59:00"), 2),
        "gateway count after midnight": point("Requests", at(6, "00:00:00"), 2),
        "Foundry count": point("ModelRequests", at(4, "15:00:00"), 5),
        "Foundry count, corrected": point("ModelRequests", at(4, "15:00:00"), 1),
    }
    return {name: Arriving("platform_metrics", row) for name, row in points.items()}


ROWS: dict[str, Arriving] = (
    _plain() | {name: Arriving(*row) for name, row in _hard().items()} | _points()
)


def dated_price(known_from: str) -> tuple[Row, ...]:
    """The list in which the plain model was dearer since 4 October, which we know since a day."""
    others = tuple(line for line in PRICES if line["model"] != "claude-plain")
    fast = PRICES[1]
    return (
        *others,
        fast,
        PRICES[0] | {"recorded_to": known_from},
        price("claude-plain", "2", "10", valid_to="2026-10-04", recorded_from=known_from),
        price("claude-plain", "3", "15", valid_from="2026-10-04", recorded_from=known_from),
    )


_CANCELLED = (
    *(line for line in PRICES if line["model"] != "claude-turn"),
    *(line | {"recorded_to": "2026-10-02"} for line in PRICES if line["model"] == "claude-turn"),
    price("claude-turn", "2", "10", recorded_from="2026-10-02"),
)
_PLAIN, *_OTHERS = DEPLOYMENTS

SEEDS: dict[str, dict[str, tuple[Row, ...]]] = {
    "prices.csv": {
        "as listed": PRICES,
        "past price corrected": dated_price("2026-10-02"),
        "increase cancelled": _CANCELLED,
        "new model": (*PRICES, price("claude-new", "7", "70")),
    },
    "models.csv": {
        "as listed": NAMES,
        "alias corrected": ({"model_name": "plain-by-another-name", "model": "claude-band"},),
    },
    "deployments.csv": {
        "as listed": DEPLOYMENTS,
        "in the data zone": (_PLAIN | {"sku": "DataZoneStandard"}, *_OTHERS),
        "a second one": (*DEPLOYMENTS, deployment("plain-two", "two", "claude-plain")),
        "until the fifth": (_PLAIN | {"valid_to": "2026-10-05"}, *_OTHERS),
    },
    "subscriptions.csv": {
        "another": (subscription("sub-9", oid(9)),),
        "of caller 3": (subscription("sub-1", oid(3)),),
        "of caller 4": (subscription("sub-1", oid(4)),),
        "from the sixth": (subscription("sub-1", oid(3), valid_from="2026-10-06"),),
    },
    "discounts.csv": {
        "another": (discount("claude-band", "0.1"),),
        "on plain": (discount("claude-plain", "0.25"),),
        "from the fifth": (discount("claude-plain", "0.5", valid_from="2026-10-05"),),
        "replaced": (
            discount("claude-plain", "0.25"),
            discount("claude-plain", "0.3", recorded_from="2026-10-01"),
        ),
    },
}
"""Every edition of every seed; the first of each is in force at the beginning."""

PEOPLE: dict[str, tuple[Row, ...]] = {
    "1 and 2 are seen": (person(1), person(2)),
    "1 moves": (person(1, employeeOrgData={"costCenter": "CC-2"}),),
    "1 moves back": (person(1),),
    "2 loses the cost center": (person(2, employeeOrgData=None),),
    "2 is deleted": ({"id": oid(2), "@removed": {"reason": "deleted"}},),
    "3 is seen": (person(3, department="Sales", employeeOrgData=None),),
    "full round without 2": (person(1), person(3)),
}
FULL_ROUNDS = frozenset({"full round without 2"})


def _answer(rows: list[Row]) -> dict[str, Any]:
    """The metrics API's answer that holds these points."""
    return {
        "values": [
            {
                "resourceid": row["resource_id"],
                "namespace": "n",
                "value": [
                    {
                        "name": {"value": row["metric"]},
                        "errorCode": "Success",
                        "timeseries": [
                            {
                                "metadatavalues": [],
                                "data": [{"timeStamp": row["time"], "total": str(row["total"])}],
                            }
                        ],
                    }
                ],
            }
            for row in rows
        ]
    }


def metric_answer(rows: list[Row]) -> str:
    """Return the text of an answer with these points."""
    return json.dumps(_answer(rows))


def record_lines(rows: list[Row]) -> str:
    """Return the lines that usage records travel in."""
    lines = [{"seen_at": row["time"], "object": row} for row in rows]
    return "".join(json.dumps(line) + "\n" for line in lines)
