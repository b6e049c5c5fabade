"""The prompt cache again, slowly: prompts as lists of segments, compared one by one.

An oracle for `attribution.cache`, which finds the same by sorting and searching.
"""

from dataclasses import dataclass, field

from attribution.habits import FIVE_MINUTES, ONE_HOUR
from attribution.people import HEAD_ONLY, NOTHING
from attribution.sessions import MAIN
from attribution.traffic import World

LIVES = {"5m": 300_000_000, "1h": 3_600_000_000}
SHORTEST = 1_024

Segments = tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Mark:
    """A place in a prompt marked for caching: what is before it, and for how long it is kept."""

    deployment: int
    segments: Segments
    length: int
    life: str


@dataclass
class Entry:
    """A marked place in the cache, and by whom it was used: start and end of each request."""

    mark: Mark
    uses: list[tuple[int, int]] = field(default_factory=list)

    def is_warm(self, now: int) -> bool:
        """Whether a request answered by `now` used it less than its life ago."""
        life = LIVES[self.mark.life]
        return any(end <= now and now - start < life for start, end in self.uses)


def segments_of(world: World, turn: int) -> Segments:
    """Return the names of the segments of a turn's prompt; equal names are equal texts."""
    thread = int(world.contents.thread[turn])
    caller = int(world.contents.caller[turn])
    kind = int(world.threads.kind[thread])
    owner = "all" if world.mixture.is_prefix_shared else caller
    system = ("system", int(world.people.accounts.client[caller]), kind, owner)
    session = int(world.threads.session[thread])
    work = int(world.sessions.project[session]) if kind == MAIN else "none"
    opening = turn
    while (
        opening > int(world.threads.first[thread])
        and world.prompts.conversation[opening - 1] == world.prompts.conversation[turn]
    ):
        opening -= 1
    turns = tuple(("turn", number) for number in range(opening, turn + 1))
    return (system, ("project", caller, work), *turns)


def marks_of(world: World, turn: int) -> list[Mark]:
    """Return the places a turn's prompt marks, the longest last."""
    caller = int(world.contents.caller[turn])
    caching, ttl = (
        int(of[caller]) for of in (world.people.accounts.caching, world.people.accounts.ttl)
    )
    if caching == NOTHING:
        return []
    deployment, segments = int(world.contents.deployment[turn]), segments_of(world, turn)
    head = "5m" if ttl == FIVE_MINUTES else "1h"
    rest = "1h" if ttl == ONE_HOUR else "5m"
    prompts = world.prompts
    marks = [
        Mark(deployment, segments[:1], int(prompts.system_tokens[turn]), head),
        Mark(deployment, segments[:2], int(prompts.head_tokens[turn]), head),
    ]
    if caching != HEAD_ONLY:
        marks.append(Mark(deployment, segments, int(prompts.marked_tokens[turn]), rest))
    return [mark for mark in marks if mark.length >= SHORTEST]


def replay(world: World, turns: list[int]) -> dict[int, tuple[int, int, int, int]]:
    """Return of each turn what it read, wrote for 5 minutes and for 1 hour, and did not cache."""
    entries: dict[Mark, Entry] = {}
    tokens = {}
    for turn in sorted(turns, key=lambda each: (int(world.timetable.start[each]), each)):
        start, end = int(world.timetable.start[turn]), int(world.timetable.end[turn])
        marks = marks_of(world, turn)
        longest = marks[-1].length if marks else 0
        prompt = marks[-1].segments if marks else ()
        found = [
            entry
            for entry in entries.values()
            if marks
            and entry.mark.deployment == marks[-1].deployment
            and entry.mark.length <= longest
            and entry.mark.segments == prompt[: len(entry.mark.segments)]
            and entry.mark.life in {mark.life for mark in marks}
            and entry.is_warm(start)
        ]
        read = max((entry.mark.length for entry in found), default=0)
        for entry in found:
            entry.uses.append((start, end))
        for mark in marks:
            entries.setdefault(mark, Entry(mark)).uses.append((start, end))
        tokens[turn] = _split(world, turn, read, marks)
    return tokens


def _split(world: World, turn: int, read: int, marks: list[Mark]) -> tuple[int, int, int, int]:
    """A stretch between two marks is written for as long as the mark at its end asks."""
    written = {"5m": 0, "1h": 0}
    done = read
    for mark in marks:
        written[mark.life] += max(mark.length - done, 0)
        done = max(done, mark.length)
    return read, written["5m"], written["1h"], int(world.prompts.tokens[turn]) - done
