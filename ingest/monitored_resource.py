"""The Azure resources whose metrics are read: what the settings name, with each one's region."""

import re
from dataclasses import dataclass

from models.errors import SettingsError
from models.setting_values import PREFIX
from models.settings import Settings

_ENTRY = re.compile(r"(?:(?P<region>[A-Za-z0-9]+)=)?(?P<resource_id>/subscriptions/[^/=]+/[^=]+)")


@dataclass(frozen=True)
class ResourceKind:
    """A type of resource: the setting that lists its resources, and Azure's name of the type."""

    setting: str
    namespace: str


FOUNDRY = ResourceKind("foundry_resource_ids", "Microsoft.CognitiveServices/accounts")
GATEWAY = ResourceKind("apim_resource_ids", "Microsoft.ApiManagement/service")


@dataclass(frozen=True)
class MonitoredResource:
    """One resource: its id in lower case, and its region in lower case where it is named."""

    kind: ResourceKind
    resource_id: str
    region: str | None

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.resource_id.rstrip("/").rpartition("/")[2]

    @property
    def subscription_id(self) -> str:
        """The subscription that the resource lies in."""
        return self.resource_id.split("/")[2]


def monitored_resources(settings: Settings) -> tuple[MonitoredResource, ...]:
    """Return every resource the settings name, once, Foundry accounts first.

    Raises SettingsError that names the entry that cannot be read, or lacks a region the metrics
    endpoint needs.
    """
    found = {}
    for kind in (FOUNDRY, GATEWAY):
        for entry in getattr(settings, kind.setting):
            resource = _resource(kind, entry)
            if resource.region is None and "{region}" in settings.metrics_endpoint:
                raise SettingsError(
                    f"{PREFIX}{kind.setting.upper()}: {entry!r} names no region: write it as"
                    " region=/subscriptions/..., such as eastus2=/subscriptions/..., or set"
                    f" {PREFIX}METRICS_ENDPOINT to an address without {{region}}"
                )
            found[resource.resource_id] = resource
    return tuple(found.values())


def gateway_regions(settings: Settings) -> tuple[str | None, ...]:
    """Return the regions of the gateways, once each; (None,) when one of them names none."""
    regions = {_resource(GATEWAY, entry).region for entry in settings.apim_resource_ids}
    return (None,) if None in regions else tuple(sorted(region for region in regions if region))


def _resource(kind: ResourceKind, entry: str) -> MonitoredResource:
    found = _ENTRY.fullmatch(entry.strip().rstrip("/"))
    if not found or f"/providers/{kind.namespace}/".lower() not in found["resource_id"].lower():
        raise SettingsError(
            f"{PREFIX}{kind.setting.upper()}: {entry!r} is no {kind.namespace}: write each as"
            f" region=/subscriptions/.../providers/{kind.namespace}/NAME"
        )
    region = found["region"]
    return MonitoredResource(kind, found["resource_id"].lower(), region and region.lower())
