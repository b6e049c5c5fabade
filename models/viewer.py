"""Who is looking. Every read of published figures takes a Viewer; there is no read without one."""

from dataclasses import dataclass, field

from models.settings import SMALLEST_GROUP, Settings


@dataclass(frozen=True)
class Viewer:
    """What somebody may see: everything, whole units, or only their own requests.

    Without `sees_names` people have pseudonyms, and units, groups and teams of fewer than
    `smallest_group` people with usage are shown together as one.
    """

    name: str
    sees_everything: bool = False
    sees_names: bool = False
    units: frozenset[str] = field(default_factory=frozenset)
    oid: str | None = None
    smallest_group: int = SMALLEST_GROUP

    @property
    def merges_small_parts(self) -> bool:
        """Tell whether a part of few people would tell this viewer who they are."""
        sees_others = self.sees_everything or bool(self.units)
        return sees_others and not self.sees_names and self.smallest_group > 1


def operator(settings: Settings | None = None) -> Viewer:
    """Return the viewer of somebody who can read the files anyway: the local command line.

    The settings may hide names from it; what shows no names to anybody needs none.
    """
    return Viewer(
        name="operator",
        sees_everything=True,
        sees_names=settings is None or settings.names_visible,
        smallest_group=settings.smallest_group if settings else SMALLEST_GROUP,
    )
