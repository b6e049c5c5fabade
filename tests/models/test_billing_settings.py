"""Settings about the bill: patterns that work, amounts that are exact."""

from decimal import Decimal

import pytest

from models.errors import SettingsError
from models.settings import read_settings


def test_the_defaults_are_those_of_the_facts() -> None:
    settings = read_settings()
    assert settings.bill_settles_after_hours == 72
    assert (settings.residual_limit_usd, settings.residual_limit_share) == (10, Decimal("0.01"))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ccu_meter", "(ccu", "is no regular expression"),
        ("claude_publisher", "[", "is no regular expression"),
        ("residual_limit_share", "1.5", "less than or equal to 1"),
        ("residual_limit_usd", "-1", "greater than or equal to 0"),
        ("bill_settles_after_hours", "-1", "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, says: str
) -> None:
    monkeypatch.setenv(f"TOLLBOOK_{name.upper()}", text)
    with pytest.raises(SettingsError, match=f"TOLLBOOK_{name.upper()}: .*{says}"):
        read_settings()


def test_amounts_keep_their_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_RESIDUAL_LIMIT_USD", "12.345678")
    assert read_settings().residual_limit_usd == Decimal("12.345678")
