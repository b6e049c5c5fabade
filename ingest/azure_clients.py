"""Builds the Azure SDK clients: the one place where a credential and an endpoint meet.

For https the credential is whatever azure-identity finds (managed identity first). For a sandbox on
loopback there is none, and the settings have already refused plain http to anywhere else.
"""

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import HeadersPolicy
from azure.identity import DefaultAzureCredential
from azure.monitor.query import LogsQueryClient

from models.errors import SettingsError
from models.settings import Settings, endpoint_problem

if TYPE_CHECKING:
    from msgraph.graph_service_client import GraphServiceClient

GRAPH_SCOPE = "https://graph.microsoft.com/.default"


class LoopbackCredential:
    """Stands in for Entra where a sandbox on this machine answers; it knows no secret."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return a token that only a sandbox accepts."""
        return AccessToken("sandbox", int(time.time()) + 3600)


def logs_client(settings: Settings) -> LogsQueryClient:
    """Return the Log Analytics client for the configured endpoint."""
    if not _is_plain(settings.logs_endpoint, settings):
        return LogsQueryClient(DefaultAzureCredential(), endpoint=settings.logs_endpoint)
    # The SDK refuses to send a bearer token over http, so the sandbox's header is set by itself.
    header = HeadersPolicy(base_headers={"Authorization": "Bearer sandbox"})
    return LogsQueryClient(
        LoopbackCredential(), endpoint=settings.logs_endpoint, authentication_policy=header
    )


def graph_client(settings: Settings) -> "GraphServiceClient":
    """Return the Microsoft Graph client; its import costs seconds, so it happens here."""
    from msgraph.graph_service_client import GraphServiceClient  # noqa: PLC0415 (392 MiB of modules)

    plain = _is_plain(settings.graph_endpoint, settings)
    credential: Any = LoopbackCredential() if plain else DefaultAzureCredential()
    client = GraphServiceClient(credential, [GRAPH_SCOPE])
    client.request_adapter.base_url = settings.graph_endpoint.rstrip("/") + "/v1.0"
    return client


def _is_plain(endpoint: str, settings: Settings) -> bool:
    problem = endpoint_problem(endpoint, settings.allow_loopback_http)
    if problem:
        raise SettingsError(problem)
    return urlsplit(endpoint).scheme == "http"
