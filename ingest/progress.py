"""How a long reading tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, how much there is (0: nobody knows)."""


def unseen(_what: str, _done: int, _total: int) -> None:
    """Stand in where nobody watches."""
