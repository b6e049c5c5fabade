"""The tenants the benchmark asks for: a name, a size, and what is special about each."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    """What is asked of a tenant; everything else about it is drawn at random.

    Shares are between 0 and 1. `None` leaves a share or a choice to chance.
    """

    name: str
    users: int
    days: int = 31
    session_headers: bool = True
    activity: Literal["skewed", "dominant", "idle"] = "skewed"
    ttl: Literal["drawn", "one hour", "mixed"] = "drawn"
    prefix: Literal["drawn", "caller", "tenant"] = "drawn"
    many_images: bool = False
    many_languages: bool = False
    not_caching_share: float | None = None
    outside_share: float = 0.03
    unmetered_share: float = 0.005
    late_metrics: bool = False
    missing_size_share: float = 0.0
    from_trace: bool = False


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("base-20", 20),
        Recipe("base-200", 200),
        Recipe("base-2000", 2_000),
        Recipe("no-session-header-200", 200, session_headers=False),
        Recipe("images-200", 200, many_images=True),
        Recipe("languages-200", 200, many_languages=True),
        Recipe("one-hour-200", 200, ttl="one hour"),
        Recipe("mixed-ttl-200", 200, ttl="mixed"),
        Recipe("non-caching-200", 200, not_caching_share=0.5),
        Recipe("dominant-200", 200, activity="dominant"),
        Recipe("idle-200", 200, activity="idle"),
        Recipe("late-metrics", 200, late_metrics=True),
        Recipe("outside-0pct", 200, outside_share=0.0),
        Recipe("outside-20pct", 200, outside_share=0.2),
        Recipe("no-size-200", 200, missing_size_share=0.1),
        Recipe("shared-prefix-200", 200, prefix="tenant"),
        Recipe("own-prefix-200", 200, prefix="caller"),
        Recipe("trace", 200, from_trace=True),
        Recipe("trace-1000", 1_000, from_trace=True),
    )
}
