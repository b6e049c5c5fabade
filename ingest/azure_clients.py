"""Builds the Azure SDK clients: the one place where a credential and an endpoint meet.

For https the credential is whatever azure-identity finds (managed identity first). For a sandbox on
loopback there is none, and the settings have already refused plain http to anywhere else.
"""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from azure.core import PipelineClient
from azure.core.credentials import AccessToken, AzureNamedKeyCredential, AzureSasCredential
from azure.core.pipeline.policies import (
    HeadersPolicy,
    HttpLoggingPolicy,
    RequestIdPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import DefaultAzureCredential
from azure.monitor.query import LogsQueryClient

from models.endpoint import endpoint_problem, is_loopback
from models.errors import SettingsError
from models.settings import Settings

# SDKs are imported where they are used: each costs half a second, Graph's several.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from azure.mgmt.costmanagement import CostManagementClient
    from azure.monitor.querymetrics import MetricsClient
    from azure.storage.blob import ContainerClient
    from msgraph.graph_service_client import GraphServiceClient

GRAPH_SCOPE = "https://graph.microsoft.com/.default"
_BLOCK_BYTES = 2**18
_GRAPH_TIMEOUT = httpx.Timeout(100, connect=30)


class LoopbackCredential:
    """Stands in for Entra where a sandbox on this machine answers; it knows no secret."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return a token that only a sandbox accepts."""
        return AccessToken("sandbox", int(time.time()) + 3600)


def logs_client(settings: Settings) -> LogsQueryClient:
    """Return the Log Analytics client for the configured endpoint; ingest.patience retries."""
    # Half a gigabyte in pieces of 4 KB, the SDK's default, is mostly function calls.
    options = {"retry_total": 0, "connection_data_block_size": _BLOCK_BYTES}
    if not _is_plain(settings.logs_endpoint, settings):
        return LogsQueryClient(DefaultAzureCredential(), endpoint=settings.logs_endpoint, **options)
    return LogsQueryClient(
        LoopbackCredential(),
        endpoint=settings.logs_endpoint,
        authentication_policy=_sandbox_header(),
        **options,
    )


def metrics_endpoint(settings: Settings, region: str | None) -> str:
    """Return the address that answers for the metrics of a region's resources."""
    return settings.metrics_endpoint.replace("{region}", region or "global")


def metrics_client(settings: Settings, region: str | None) -> "MetricsClient":
    """Return the client for the platform metrics of a region; ingest.patience retries."""
    from azure.monitor.querymetrics import MetricsClient

    endpoint = metrics_endpoint(settings, region)
    if not _is_plain(endpoint, settings):
        return MetricsClient(endpoint, DefaultAzureCredential(), retry_total=0)
    return MetricsClient(
        endpoint, LoopbackCredential(), authentication_policy=_sandbox_header(), retry_total=0
    )


def cost_client(settings: Settings) -> "CostManagementClient":
    """Return the Cost Management client for the configured endpoint; ingest.patience retries."""
    from azure.mgmt.costmanagement import CostManagementClient

    endpoint = settings.management_endpoint.rstrip("/")
    if not _is_plain(endpoint, settings):
        return CostManagementClient(
            DefaultAzureCredential(),
            endpoint,
            credential_scopes=[f"{endpoint}/.default"],
            retry_total=0,
        )
    return CostManagementClient(
        LoopbackCredential(), endpoint, authentication_policy=_sandbox_header(), retry_total=0
    )


def retail_prices_client(settings: Settings) -> PipelineClient[HttpRequest, HttpResponse]:
    """Return a client without a credential, as the Retail Prices API is public."""
    endpoint = settings.retail_prices_endpoint
    _is_plain(endpoint, settings)
    return PipelineClient(
        endpoint, policies=[RequestIdPolicy(), UserAgentPolicy("tollbook"), HttpLoggingPolicy()]
    )


@dataclass(frozen=True)
class GraphConnection:
    """The SDK's client, and the transport below it: the SDK itself never closes one."""

    client: "GraphServiceClient"
    transport: httpx.AsyncHTTPTransport


def graph_connection(settings: Settings) -> GraphConnection:
    """Return a connection to Microsoft Graph; ingest.patience retries.

    The import costs seconds, so it happens here.
    """
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from kiota_http.middleware.options import RetryHandlerOption
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory

    plain = _is_plain(settings.graph_endpoint, settings)
    credential: Any = LoopbackCredential() if plain else DefaultAzureCredential()
    transport = httpx.AsyncHTTPTransport(http2=True)
    http = httpx.AsyncClient(transport=transport, timeout=_GRAPH_TIMEOUT)
    once = {**options, RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False)}
    adapter = GraphRequestAdapter(
        AzureIdentityAuthenticationProvider(credential, scopes=[GRAPH_SCOPE]),
        GraphClientFactory.create_with_default_middleware(client=http, options=once),
    )
    adapter.base_url = settings.graph_endpoint.rstrip("/") + "/v1.0"
    return GraphConnection(GraphServiceClient(request_adapter=adapter), transport)


def container_client(settings: Settings, account_url: str, container: str) -> "ContainerClient":
    """Return the client of one container: with the key or SAS of the settings, else as ourselves.

    A sandbox on loopback wants neither. What fails is repeated by `patience`, not by the SDK.
    """
    from azure.storage.blob import ContainerClient

    credential: Any = None if _is_plain(account_url, settings) else DefaultAzureCredential()
    if settings.storage_key is not None:
        credential = _storage_credential(settings.storage_key.get_secret_value(), account_url)
    return ContainerClient(account_url, container, credential=credential, retry_total=0)


def _storage_credential(key: str, account_url: str) -> AzureSasCredential | AzureNamedKeyCredential:
    if "sig=" in key:
        # It becomes a part of every URL, and this logger shows whole URLs.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        return AzureSasCredential(key.strip().removeprefix("?"))
    parts = urlsplit(account_url)
    account = parts.path.strip("/") or (parts.hostname or "").partition(".")[0]
    return AzureNamedKeyCredential(account, key.strip())


def unreachable_advice(endpoint: str, variable: str) -> str:
    """Say what to do about an endpoint that does not answer."""
    parts = urlsplit(endpoint)
    if is_loopback(parts.hostname or ""):
        return (
            "a sandbox lives as long as the demo that started it; start one there with"
            f" `tollbook sandbox serve --workspace DIR --port {parts.port}`, or set {variable}"
        )
    return f"check {variable} and the network; the next run asks again"


def _sandbox_header() -> HeadersPolicy:
    # The SDK refuses to send a bearer token over http, so the sandbox's header is set by itself.
    return HeadersPolicy(base_headers={"Authorization": "Bearer sandbox"})


def _is_plain(endpoint: str, settings: Settings) -> bool:
    problem = endpoint_problem(endpoint, settings.allow_loopback_http)
    if problem:
        raise SettingsError(problem)
    return urlsplit(endpoint).scheme == "http"
