"""Channels that messages go to, by Apprise. Their addresses are secrets and stay out of texts."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import apprise

from models.endpoint import endpoint_problem
from models.errors import SettingsError
from models.setting_values import PREFIX
from models.settings import Settings

_SETTING = f"{PREFIX}NOTIFY_URLS"


@dataclass(frozen=True)
class Channel:
    """One channel: its place in the setting, its kind, what records call it, and its sender.

    `digest` is made of the address without its secrets, so channels may share one.
    """

    number: int
    kind: str
    digest: str
    sender: Any


def channels_of(settings: Settings) -> list[Channel]:
    """Return the channels of the settings. Raises SettingsError that says which one is wrong."""
    # What these log names addresses, whose paths may be secrets too.
    logging.getLogger("apprise").disabled = True
    logging.getLogger("urllib3").setLevel(logging.INFO)
    return [
        _channel(number, url.get_secret_value(), settings)
        for number, url in enumerate(settings.notify_urls, start=1)
    ]


def send(channel: Channel, title: str, text: str) -> bool:
    """Send a message; tell whether the channel took it."""
    messenger = apprise.Apprise()
    messenger.add(channel.sender)
    return bool(messenger.notify(title=title, body=text, body_format=apprise.NotifyFormat.TEXT))


def _channel(number: int, url: str, settings: Settings) -> Channel:
    sender: Any = apprise.Apprise.instantiate(url)
    if sender is None:
        raise SettingsError(
            f"channel {number} of {_SETTING} is no address that Apprise knows: correct it, as"
            " mailtos://user:password@mail.example?from=a@mail.example&to=b@mail.example"
        )
    kind = urlsplit(url).scheme.lower()
    is_encrypted = sender.secure or kind in _as_names(sender.secure_protocol)
    host = getattr(sender, "smtp_host", None) or sender.host or "?"
    if not is_encrypted and endpoint_problem(f"http://{host}", settings.allow_loopback_http):
        raise SettingsError(
            f"channel {number} of {_SETTING} ({kind}) is not encrypted: use its encrypted form, as"
            f" mailtos:// or jsons://; to this machine alone, {PREFIX}ALLOW_LOOPBACK_HTTP=true"
            " permits it"
        )
    digest = sha256(sender.url(privacy=True).encode()).hexdigest()
    return Channel(number, kind, digest, sender)


def _as_names(protocols: str | Sequence[str] | None) -> Sequence[str]:
    return (protocols,) if isinstance(protocols, str) else protocols or ()
