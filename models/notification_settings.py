"""Settings about who is told what happens: the channels, whose addresses are secrets."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

# A comma may stand inside an address, so that only one before the next address divides.
_BETWEEN = re.compile(r"[,\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")


def _addresses(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part for part in _BETWEEN.split(value.strip(" ,\n\t")) if part)


Addresses = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_addresses)]
"""Several addresses with passwords or tokens in one variable, separated by commas or blanks."""


class NotificationSettings(BaseSettings):
    """Where messages go."""

    notify_urls: Addresses = Field(
        default=(), description="channels that alerts are sent to, as Apprise URLs; secret"
    )
