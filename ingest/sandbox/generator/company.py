"""The simulated company as it stands when the recording starts: people, units, groups.

Every name is an obvious combination of two words; no real person is meant.
"""

from dataclasses import dataclass, replace

import numpy as np

from ingest.sandbox.generator.catalog import OFFICES
from ingest.sandbox.generator.identifiers import guids

UNASSIGNED = "Unassigned"
SCRIPT_TEXT = '<script>alert("tollbook")</script>'
FORMULA_TEXT = '=HYPERLINK("http://203.0.113.9/claim","Open")'


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST_WORDS = _words(
    "Amber Aspen Birch Bramble Cedar Cinder Clover Cobalt Coral Ember Fern Flint Frost "
    "Hazel Indigo Ivory Jasper Juniper Linden Maple Marble Meadow Mossy Ochre Olive Pebble "
    "Quartz Russet Saffron Sorrel Tansy Umber "
)
_LAST_WORDS = _words(
    "Anchor Beacon Bellows Bobbin Buckle Candle Compass Copper Cradle Easel Funnel Gimlet "
    "Hammock Inkwell Kettle Lantern Lattice Loom Mallet Oarlock Paddle Pulley Quill Rudder "
    "Saddle Satchel Spindle Sundial Thimble Trellis Trowel Windmill "
)
_DEPARTMENTS = (
    "Engineering",
    "Sales",
    "Research",
    "Operations",
    "Finance",
    "Support",
    "Legal",
    "Marketing",
)
_MOST_COST_CENTERS = 24
_GROUPS = ("Claude Users", "Claude Power Users", "Agents Guild", "Reporting Circle", "Pilot Wave 2")
_SERVICES = ("ci-build-runner", "ci-review-bot")


@dataclass(frozen=True)
class Person:
    """A user of the directory; `manager` is an index into the company's people."""

    oid: str
    display_name: str
    principal_name: str
    employee_id: str | None
    department: str | None
    cost_center: str | None
    office: int
    user_type: str
    manager: int | None

    @property
    def unit(self) -> str:
        """The unit the person's usage belongs to."""
        return unit_of(self.cost_center, self.department)


@dataclass(frozen=True)
class Service:
    """A service principal that calls Claude."""

    oid: str
    app_id: str
    display_name: str


@dataclass(frozen=True)
class Group:
    """A security group and the people (by index) in it when the recording starts."""

    oid: str
    display_name: str
    members: tuple[int, ...]


@dataclass(frozen=True)
class Company:
    """People, services, groups, and who is due for a change during the recording (by index)."""

    people: tuple[Person, ...]
    services: tuple[Service, ...]
    groups: tuple[Group, ...]
    directly_assigned: tuple[int, ...]
    joiners: tuple[int, ...]
    leavers: tuple[int, ...]
    movers: tuple[int, ...]
    renamed_department: str

    @property
    def oids(self) -> list[str]:
        """Every caller's oid: people first, then services."""
        return [*(person.oid for person in self.people), *(app.oid for app in self.services)]


def unit_of(cost_center: str | None, department: str | None) -> str:
    """Return the cost center, else the department, else Unassigned; blank counts as absent."""
    return (cost_center or "").strip() or (department or "").strip() or UNASSIGNED


def build_company(rng: np.random.Generator, users: int) -> Company:
    """Return a company of `users` people (joiners and guests included) and two services."""
    people = _staff(rng, users)
    leads = {person.manager for person in people}
    free = [index for index in range(users) if index not in leads]
    free.reverse()

    def take(count: int) -> tuple[int, ...]:
        taken = tuple(free[:count])
        del free[:count]
        return taken

    guests = take(max(1, users // 50))
    blanks = take(1)
    movers, joiners, leavers = (
        take(max(1, users // 25)),
        take(max(1, users // 40)),
        take(max(1, users // 40)),
    )
    hostile_department, nowhere = take(1), take(2 if users > 20 else 1)
    without_center = take(max(1, round(users * 0.05)))
    padded = take(1)
    for index in guests:
        people[index] = _guest(people[index], index)
    for index in blanks:
        people[index] = replace(people[index], cost_center="   ")
    for index in hostile_department:
        people[index] = replace(people[index], cost_center=None, department=FORMULA_TEXT)
    for index in nowhere:
        people[index] = replace(people[index], cost_center=None, department=None)
    for index in without_center:
        people[index] = replace(people[index], cost_center=None)
    for index in padded:
        person = people[index]
        people[index] = replace(
            person, cost_center=f" {person.cost_center} ", display_name=f"{SCRIPT_TEXT} Quill"
        )
    staff_of_unit = people[(without_center or blanks or (0,))[0]]
    groups = _groups(rng, users, joiners)
    return Company(
        people=tuple(people),
        services=_services(rng),
        groups=groups,
        directly_assigned=tuple(
            index for index in range(users) if index not in {*groups[0].members, *joiners}
        ),
        joiners=joiners,
        leavers=leavers,
        movers=movers,
        renamed_department=staff_of_unit.department or _DEPARTMENTS[0],
    )


def _staff(rng: np.random.Generator, users: int) -> list[Person]:
    """Return everyone as ordinary staff: a chief, heads of department, leads of cost centers."""
    centers = min(_MOST_COST_CENTERS, max(2, users // 6))
    departments = min(len(_DEPARTMENTS), max(2, users // 12))
    oids = guids(rng, users)
    names = rng.permutation(len(_FIRST_WORDS) * len(_LAST_WORDS))
    offices = rng.choice(len(OFFICES), size=users, p=[0.3, 0.2, 0.15, 0.15, 0.12, 0.08])
    # A US office in every company, because its Opus traffic goes to the US data zone.
    offices[0], offices[1] = 0, 1
    people = []
    for index in range(users):
        center = index % centers
        if index == 0:
            manager = None
        elif index < departments:
            manager = 0
        elif index < centers:
            manager = center % departments
        else:
            manager = center
        name, repeats = _name(int(names[index % len(names)])), index // len(names)
        display_name = f"{name} {repeats + 1}" if repeats else name
        people.append(
            Person(
                oid=oids[index],
                display_name=display_name,
                principal_name=f"{display_name.lower().replace(' ', '.')}@contoso.example",
                employee_id=f"{10001 + index}",
                department=_DEPARTMENTS[center % departments],
                cost_center=f"CC-{4100 + 10 * center}",
                office=int(offices[index]),
                user_type="Member",
                manager=manager,
            )
        )
    return people


def _name(number: int) -> str:
    return f"{_FIRST_WORDS[number % len(_FIRST_WORDS)]} {_LAST_WORDS[number // len(_FIRST_WORDS)]}"


def _guest(person: Person, index: int) -> Person:
    local = f"visitor{index}_fabrikam.example#EXT#"
    return replace(
        person,
        display_name=f"Visitor {index} (Fabrikam)",
        principal_name=f"{local}@contoso.example",
        employee_id=None,
        department=None,
        cost_center=None,
        user_type="Guest",
        manager=None,
    )


def _services(rng: np.random.Generator) -> tuple[Service, ...]:
    ids = guids(rng, 2 * len(_SERVICES))
    return tuple(
        Service(oid=ids[2 * place], app_id=ids[2 * place + 1], display_name=name)
        for place, name in enumerate(_SERVICES)
    )


def _groups(rng: np.random.Generator, users: int, joiners: tuple[int, ...]) -> tuple[Group, ...]:
    """Return the groups; the first holds nearly everyone and carries the app role."""
    oids = guids(rng, len(_GROUPS))
    present = np.setdiff1d(np.arange(users), np.array(joiners, dtype=np.int64))
    shares = (0.9, 0.15, 0.25, 0.2, 0.1)
    groups = []
    for oid, name, share in zip(oids, _GROUPS, shares, strict=True):
        size = min(len(present), max(2, round(len(present) * share)))
        members = np.sort(rng.choice(present, size=size, replace=False))
        groups.append(Group(oid=oid, display_name=name, members=tuple(members.tolist())))
    return tuple(groups)
