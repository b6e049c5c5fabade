"""The simulated tenant's fixed furniture: window, gateway, deployments, offices, clients.

All names are in reserved documentation ranges (contoso.example, RFC 5737 addresses).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STARTS_AT = datetime(2026, 10, 1, tzinfo=UTC)
# Claude Haiku 5.5 is sold, and Claude Sonnet 5.5's cache reads get cheaper, from this moment on.
HAIKU_5_5_FROM = datetime(2026, 10, 7, tzinfo=UTC)
# The last day's late rows and corrections are visible by then.
NOW_AFTER_END = timedelta(days=2)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

GATEWAY_HOST = "gw.contoso.example"
TENANT_ID = "5f0c2f6e-2d0b-4b65-9d55-0c1a7d3e8a01"
LOG_WORKSPACE_ID = "8a4b1b52-7f6a-4cf3-8f3e-6f7b0a9d2c02"
CLAUDE_APP_ID = "3c9e7a10-51c4-4d5f-8e0b-9b1d6a2f4e03"
SUBSCRIPTION_ID = "1d7f5e3a-6b2c-4a98-b0d1-2e4f6a8c0b04"
BILLING_SCOPE = "/providers/Microsoft.Billing/billingAccounts/1234567"
RESOURCE_GROUP = "claude"
RESOURCE_GROUP_ID = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
GATEWAY_NAME = "contoso-gateway"
APIM_RESOURCE_ID = f"{RESOURCE_GROUP_ID}/providers/Microsoft.ApiManagement/service/{GATEWAY_NAME}"
GATEWAY_REGION = "Sweden Central"
APP_INSIGHTS_RESOURCE_ID = (
    f"{RESOURCE_GROUP_ID}/providers/microsoft.insights/components/contoso-gateway-insights"
)


@dataclass(frozen=True)
class Deployment:
    """One Claude deployment; `account` names the Foundry resource and so the backend's host.

    One that is not `listed` answers requests, but workspace.toml does not know it.
    """

    name: str
    account: str
    model: str
    version: str
    hosting: str
    sku: str
    listed: bool = True

    @property
    def foundry_resource_id(self) -> str:
        """The Foundry account's Azure resource id."""
        return f"{RESOURCE_GROUP_ID}/providers/Microsoft.CognitiveServices/accounts/{self.account}"

    @property
    def backend_url(self) -> str:
        """Where the gateway forwards to, without a query."""
        return f"https://{self.account}.services.ai.azure.com/anthropic/v1/messages"

    @property
    def region(self) -> str:
        """Where the Foundry account is."""
        return "East US 2" if self.account == _US else "Sweden Central"


_GLOBAL = "contoso-ai-swe"
_US = "contoso-ai-use2"
DEPLOYMENTS = (
    Deployment("claude-sonnet-5-5", _GLOBAL, "claude-sonnet-5-5", "2", "azure", "GlobalStandard"),
    Deployment("claude-haiku-5-5", _GLOBAL, "claude-haiku-5-5", "2", "azure", "GlobalStandard"),
    Deployment("claude-haiku-4-5", _GLOBAL, "claude-haiku-4-5", "2", "azure", "GlobalStandard"),
    Deployment("claude-opus-5-5", _GLOBAL, "claude-opus-5-5", "1", "anthropic", "GlobalStandard"),
    Deployment("claude-opus-5", _GLOBAL, "claude-opus-5", "1", "anthropic", "GlobalStandard"),
    Deployment("opus-5-us", _US, "claude-opus-5", "2", "azure", "DataZoneStandard"),
    Deployment(
        "claude-preview", _GLOBAL, "claude-experimental-9", "1", "anthropic", "GlobalStandard"
    ),
    Deployment(
        "sonnet-trial", _GLOBAL, "claude-sonnet-5-5", "2", "azure", "GlobalStandard", listed=False
    ),
)
SONNET_5_5, HAIKU_5_5, HAIKU_4_5, OPUS_5_5, OPUS_5, OPUS_5_US, PREVIEW, SONNET_TRIAL = range(
    len(DEPLOYMENTS)
)
# One model, two spellings in the log.
DATED_MODEL_NAMES = {"claude-haiku-4-5": "claude-haiku-4-5-20251001"}


@dataclass(frozen=True)
class Office:
    """A place of work; hours are local, the offset to UTC is kept fixed over the recording."""

    name: str
    utc_offset_hours: float
    in_us: bool
    network: str
    """The first three octets of its addresses."""
    first_address: int


OFFICES = (
    Office("Stuttgart", 2.0, in_us=False, network="192.0.2", first_address=10),
    Office("Seattle", -7.0, in_us=True, network="198.51.100", first_address=10),
    Office("Bengaluru", 5.5, in_us=False, network="203.0.113", first_address=10),
    Office("Dublin", 1.0, in_us=False, network="192.0.2", first_address=80),
    Office("Austin", -5.0, in_us=True, network="198.51.100", first_address=80),
    Office("Osaka", 9.0, in_us=False, network="203.0.113", first_address=80),
)

CODE, DESKTOP, SDK, CI = range(4)
CLIENT_NAMES = ("code", "desktop", "sdk", "ci")


def user_agent(client: int, build: int) -> str:
    """Return the User-Agent of a client; `build` counts its releases up from 0."""
    desktop = (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Claude/1.{7196 + 40 * build}.0 Chrome/142.0.7444.59 Electron/39.1.1 Safari/537.36"
    )
    return (
        f"claude-cli/2.1.{241 + 2 * build} (external, cli)",
        desktop,
        f"Anthropic/Python 0.{109 + build}.0",
        f"claude-cli/2.1.{241 + 2 * build} (external, sdk-cli)",
    )[client]


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970 UTC."""
    return round(moment.timestamp() * 1000)


def utc_text(moment_ms: int) -> str:
    """Return RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def workspace_values(starts_at: datetime, now: datetime) -> dict[str, object]:
    """Return the plain keys of workspace.toml."""
    return {
        "tenant_id": TENANT_ID,
        "workspace_ids": [LOG_WORKSPACE_ID],
        "apim_resource_ids": [APIM_RESOURCE_ID],
        "foundry_resource_ids": sorted({d.foundry_resource_id for d in DEPLOYMENTS}),
        "claude_app_id": CLAUDE_APP_ID,
        "billing_scope": BILLING_SCOPE,
        "billing_currency": "USD",
        "starts_at": utc_text(milliseconds(starts_at)),
        "now": utc_text(milliseconds(now)),
    }


def deployment_tables(deployments: tuple[Deployment, ...]) -> list[dict[str, str]]:
    """Return the [[deployments]] tables of workspace.toml, of the listed deployments."""
    return [
        {
            "name": deployment.name,
            "foundry_resource_id": deployment.foundry_resource_id,
            "model": deployment.model,
            "version": deployment.version,
            "hosting": deployment.hosting,
            "sku": deployment.sku,
        }
        for deployment in deployments
        if deployment.listed
    ]
