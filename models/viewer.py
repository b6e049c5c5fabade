"""Who is looking. Every read of published figures takes a Viewer; there is no read without one."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Viewer:
    """What somebody may see: everything, whole units, or only their own requests."""

    name: str
    sees_everything: bool = False
    sees_names: bool = False
    units: frozenset[str] = field(default_factory=frozenset)
    oid: str | None = None


def operator() -> Viewer:
    """Return the viewer of somebody who can read the files anyway: the local command line."""
    return Viewer(name="operator", sees_everything=True, sees_names=True)
