"""The sandbox as the real Graph SDK sees it."""

import asyncio
import time

import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from recorded_directory import APP, ASSIGNED_GROUP

# The SDK warns about its own classes when it first loads them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]


class Credential:
    """What the SDK asks a token of; the sandbox takes any."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken("any", int(time.time()) + 3600)


@pytest.fixture(autouse=True)
def _before_any_change(at):
    """Every test starts at the same moment."""


def with_sdk(graph_server, work):
    """Run `work(client)` with the real SDK against the sandbox."""

    async def run():
        client = GraphServiceClient(Credential(), ["https://graph.microsoft.com/.default"])
        client.request_adapter.base_url = graph_server.graph
        try:
            return await work(client)
        finally:
            # The SDK itself offers no way to close its connections.
            await client.request_adapter._http_client._transport.transport.aclose()

    return asyncio.run(run())


def test_the_sdk_pages_through_all_users(graph_server):
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder

    parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        select=["id", "department", "employeeOrgData"], top=4
    )

    async def read(client):
        page = await client.users.get(RequestConfiguration(query_parameters=parameters))
        found = list(page.value)
        while page.odata_next_link:
            page = await client.users.with_url(page.odata_next_link).get()
            found += page.value
        return found

    found = with_sdk(graph_server, read)
    assert [one.id for one in found] == [f"user-{number}" for number in range(6)]
    assert found[0].employee_org_data.cost_center == "CC-1"
    assert (found[0].department, found[5].department) == ("Tools", None)
    assert found[0].display_name is None


def test_the_sdk_follows_a_delta(graph_server, at):
    from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder

    parameters = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        select=["id", "department"]
    )

    async def first(client):
        configuration = RequestConfiguration(query_parameters=parameters)
        configuration.headers.add("Prefer", "odata.maxpagesize=4")
        page = await client.users.delta.get(configuration)
        found = list(page.value)
        while page.odata_next_link:
            page = await client.users.delta.with_url(page.odata_next_link).get()
            found += page.value
        return [one.id for one in found], page.odata_delta_link

    async def following(client):
        return await client.users.delta.with_url(link).get()

    found, link = with_sdk(graph_server, first)
    assert found == [f"user-{number}" for number in range(6)]
    at("2026-10-07T12:00:00Z")
    page = with_sdk(graph_server, following)
    assert [(one.id, one.department) for one in page.value] == [
        ("user-1", "Sales"),
        ("user-6", "Tools"),
        ("user-3", None),
    ]
    assert page.value[2].additional_data["@removed"] == {"reason": "changed"}


def test_the_sdk_reads_groups_managers_roles_and_deleted_users(graph_server, at):
    async def read(client):
        members = await client.groups.by_group_id("all").members.get()
        people = await client.groups.by_group_id("all").transitive_members.graph_user.get()
        manager = await client.users.by_user_id("user-1").manager.get()
        principal = await client.service_principals_with_app_id(APP).get()
        builder = client.service_principals.by_service_principal_id(principal.id)
        assigned = await builder.app_role_assigned_to.get()
        deleted = await client.directory.deleted_items.graph_user.get()
        return members, people, manager, assigned, deleted

    at("2026-10-07T12:00:00Z")
    members, people, manager, assigned, deleted = with_sdk(graph_server, read)
    assert [one.odata_type for one in members.value] == [
        "#microsoft.graph.user",
        "#microsoft.graph.group",
        "#microsoft.graph.directoryObject",
    ]
    assert sorted(one.id for one in people.value) == ["user-0", "user-1"]
    assert (manager.id, manager.display_name) == ("user-0", "User-0")
    assert [str(one.principal_id) for one in assigned.value] == [ASSIGNED_GROUP]
    assert [(one.id, one.deleted_date_time.day) for one in deleted.value] == [("user-3", 7)]


def test_the_sdk_gets_errors_it_understands(graph_server):
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError

    async def manager(client):
        await client.users.by_user_id("user-0").manager.get()

    with pytest.raises(ODataError) as error:
        with_sdk(graph_server, manager)
    assert error.value.response_status_code == 404
    assert error.value.error.code == "Request_ResourceNotFound"
    assert error.value.error.inner_error.request_id
