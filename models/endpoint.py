"""Addresses of services: https everywhere, plain http to this machine only and where permitted."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from models.setting_values import PREFIX


def endpoint_problem(url: str, allow_loopback_http: bool) -> str | None:
    """Say what is wrong with an endpoint: the one place that decides about plain http."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return None
    if parts.scheme != "http" or not parts.hostname:
        return f"{url!r} is not an https address"
    if not is_loopback(parts.hostname):
        return f"{url!r} is plain http to another machine; use https"
    if not allow_loopback_http:
        return f"{url!r} is plain http; for a local sandbox set {PREFIX}ALLOW_LOOPBACK_HTTP=true"
    return None


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
