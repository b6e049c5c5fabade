"""Kinds of values that settings have, and what their variables begin with."""

import json
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

PREFIX = "TOLLBOOK_"


def _separated_by_commas(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return tuple(part.strip() for part in value.split(",") if part.strip())


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_separated_by_commas)]
"""Several values in one variable: separated by commas, or a JSON list."""
