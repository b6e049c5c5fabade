"""Charts: rows of a report to Plotly figures. The only place where money becomes a float."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any

import plotly.graph_objects as go

from dashboard.figures import day_text, money_text, short_text

# The first is the theme's own colour; grey, apart in lightness too, is what has no owner or price.
_ORDINARY_COLOR = "#0072B2"
_LABEL_COLOR = "#8C919A"
_STEP_COLOR = "#56B4E9"
_SHARE_COLORS = ((0, "#DCE9F3"), (1, "#005A8C"))
_BAR_HEIGHT = 24


def bars_by_part(named: Sequence[tuple[str, Mapping[str, Any]]]) -> go.Figure | None:
    """Draw horizontal bars in the order given; `named` pairs a name with its report row.

    None when no row has a cost to draw.
    """
    bars = [
        (name, row["list_cost_usd"], bool(row["label"]))
        for name, row in named
        if row["list_cost_usd"] is not None
    ]
    if not bars:
        return None
    positions = list(range(len(bars)))
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=[float(cost) for _, cost, _ in bars],
            y=positions,
            text=[money_text(cost) for _, cost, _ in bars],
            hovertext=[f"{_inert(name)}: {money_text(cost)}" for name, cost, _ in bars],
            hoverinfo="text",
            marker_color=[_LABEL_COLOR if labelled else _ORDINARY_COLOR for _, _, labelled in bars],
        )
    )
    figure.update_traces(textposition="outside", cliponaxis=False, constraintext="none")
    # Positions, not names, place the bars: two units may have the same shortened name.
    figure.update_yaxes(
        tickmode="array",
        tickvals=positions,
        ticktext=[_inert(short_text(name, 28)) for name, _, _ in bars],
        autorange="reversed",
        showgrid=False,
        ticklabelstandoff=6,
    )
    figure.update_xaxes(visible=False, range=[0, 1.25 * max(float(cost) for _, cost, _ in bars)])
    return _calm(figure, 24 + _BAR_HEIGHT * max(len(bars), 2))


def bars_by_day(rows: Sequence[Mapping[str, Any]], first: date, last: date) -> go.Figure | None:
    """Draw one bar per day, labelled rows stacked on top. None when no row has a cost to draw."""
    if not any(row["list_cost_usd"] for row in rows):
        return None
    figure = go.Figure()
    for title, labelled, color in (
        ("with a caller, usage and a price", False, _ORDINARY_COLOR),
        ("under a label", True, _LABEL_COLOR),
    ):
        chosen = [
            row
            for row in rows
            if bool(row["label"]) is labelled and row["list_cost_usd"] is not None
        ]
        if chosen:
            figure.add_bar(
                name=title,
                x=[row["day"].isoformat() for row in chosen],
                y=[float(row["list_cost_usd"]) for row in chosen],
                hovertext=[
                    f"{day_text(row['day'])}: {money_text(row['list_cost_usd'])}" for row in chosen
                ],
                hoverinfo="text",
                marker_color=color,
            )
    figure.update_layout(barmode="stack", bargap=0.25, showlegend=len(figure.data) > 1)
    figure.update_xaxes(
        type="date",
        range=[f"{first}T00:00:00", f"{last}T00:00:00"],
        autorangeoptions_include=[first.isoformat(), last.isoformat()],
        autorange=True,
        tickformat="%-d %b",
        showgrid=False,
        nticks=8,
    )
    figure.update_yaxes(tickprefix="$", nticks=5, rangemode="tozero", separatethousands=True)
    return _calm(figure, 216)


def weekly_people(rows: Sequence[Mapping[str, Any]]) -> go.Figure | None:
    """Draw a bar of who was active per week, below a line of who was entitled. None for nobody."""
    most = max((max(row["active"], row["entitled"] or 0) for row in rows), default=0)
    if not most:
        return None
    weeks = [f"{row['week']:%-d %b}" for row in rows]
    hover = {"hovertext": [_week_text(row) for row in rows], "hoverinfo": "text"}
    figure = go.Figure()
    if any(row["entitled"] is not None for row in rows):
        figure.add_scatter(
            name="entitled",
            x=weeks,
            y=[row["entitled"] for row in rows],
            mode="lines",
            line={"shape": "hvh", "color": _LABEL_COLOR, "width": 2},
            **hover,
        )
    figure.add_bar(
        name="active",
        x=weeks,
        y=[row["active"] for row in rows],
        text=[f"{row['active']:,}" for row in rows],
        textposition="outside",
        cliponaxis=False,
        constraintext="none",
        marker_color=_ORDINARY_COLOR,
        **hover,
    )
    figure.update_layout(bargap=0.4, showlegend=len(figure.data) > 1)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(nticks=5, range=[0, 1.2 * most], separatethousands=True)
    return _calm(figure, 216)


def _week_text(row: Mapping[str, Any]) -> str:
    of = "" if row["entitled"] is None else f" of {row['entitled']:,} entitled"
    return f"Week of {row['week']}: {row['active']:,} active{of}"


def retention(rows: Sequence[Mapping[str, Any]]) -> go.Figure | None:
    """Draw, by month of first use, which share came back each month. None for a single month."""
    months = sorted({row["month"] for row in rows})
    cohorts = {row["cohort"]: row["people"] for row in rows}
    if len(months) < 2:
        return None
    told = {(row["cohort"], row["month"]): row for row in rows}
    cells = [[told.get((cohort, month)) for month in months] for cohort in cohorts]
    figure = go.Figure(
        go.Heatmap(
            x=[_month_name(month) for month in months],
            y=[f"{_month_name(cohort)} · {people:,}" for cohort, people in cohorts.items()],
            z=[
                [None if cell is None else float(cell["retained_share"]) for cell in line]
                for line in cells
            ],
            text=[
                ["" if cell is None else f"{cell['retained_share']:.0%}" for cell in line]
                for line in cells
            ],
            hovertext=[[_cohort_text(cell) for cell in line] for line in cells],
            texttemplate="%{text}",
            hoverinfo="text",
            hoverongaps=False,
            zmin=0,
            zmax=1,
            colorscale=_SHARE_COLORS,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_xaxes(type="category", showgrid=False, side="top")
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed", ticklabelstandoff=6)
    return _calm(figure, 48 + 2 * _BAR_HEIGHT * len(cohorts))


def _month_name(month: str) -> str:
    return f"{date.fromisoformat(f'{month}-01'):%b %Y}"


def _cohort_text(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    return (
        f"{row['retained']:,} of {row['people']:,} who began in {_month_name(row['cohort'])}"
        f" used Claude in {_month_name(row['month'])}"
    )


def waterfall(steps: Sequence[tuple[str, Decimal, bool]]) -> go.Figure | None:
    """Draw a walk downwards: (name, USD, whether it is a total so far). None without an amount."""
    if not any(amount for _, amount, _ in steps):
        return None
    positions = list(range(len(steps)))
    amounts = [money_text(amount) for _, amount, _ in steps]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=positions,
            x=[float(amount) for _, amount, _ in steps],
            measure=["total" if is_total else "relative" for *_, is_total in steps],
            text=amounts,
            textposition="outside",
            cliponaxis=False,
            constraintext="none",
            hovertext=[
                f"{_inert(name)}: {amount}"
                for (name, *_), amount in zip(steps, amounts, strict=True)
            ],
            hoverinfo="text",
            connector={"line": {"width": 1, "color": _LABEL_COLOR}},
            increasing={"marker": {"color": _STEP_COLOR}},
            decreasing={"marker": {"color": _LABEL_COLOR}},
            totals={"marker": {"color": _ORDINARY_COLOR}},
        )
    )
    figure.update_yaxes(
        tickmode="array",
        tickvals=positions,
        ticktext=[_inert(short_text(name, 28)) for name, *_ in steps],
        autorange="reversed",
        showgrid=False,
        ticklabelstandoff=6,
    )
    figure.update_xaxes(visible=False, range=_room(steps))
    return _calm(figure, 24 + _BAR_HEIGHT * max(len(steps), 2))


def _room(steps: Sequence[tuple[str, Decimal, bool]]) -> list[float]:
    """Return the span of the walk, with room for the amounts beside its bars."""
    reached, ends = Decimal(0), [Decimal(0)]
    for _, amount, is_total in steps:
        reached = amount if is_total else reached + amount
        ends.append(reached)
    low, high = float(min(ends)), float(max(ends))
    return [low - (0.2 * (high - low) if low else 0), high + 0.25 * (high - low)]


def _calm(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        legend={"orientation": "h", "y": 1.16, "x": 0, "traceorder": "normal"},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(fixedrange=True, automargin=True)
    figure.update_yaxes(fixedrange=True, automargin=True)
    return figure


def _inert(text: str) -> str:
    """Plotly reads some tags and entities in labels; escaped text is only text."""
    return escape(short_text(text), quote=False)
