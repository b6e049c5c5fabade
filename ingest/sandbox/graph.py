"""Microsoft Graph v1.0 over the recorded directory: users, groups, applications, their links.

State is the directory as of the sandbox clock. A page and its next link belong to the moment the
first page was asked for, so a moving clock never tears a listing apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeAlias
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.sandbox.clock import SandboxClock, rfc3339
from ingest.sandbox.graph_delta import Round, delta_ids, delta_item, object_type
from ingest.sandbox.graph_directory import Directory, ObjectKind, Version, utc_text
from ingest.sandbox.graph_request import (
    GraphError,
    Token,
    error_response,
    matches,
    options,
    page_size,
    read_token,
    selected,
)
from ingest.sandbox.graph_schema import GROUP, GROUP_LINKS, USER, USER_DEFAULT, USER_LINKS
from ingest.sandbox.workspace import JsonObject

_Handler: TypeAlias = Callable[[Request], JsonObject]
_Items: TypeAlias = Callable[[int], list[JsonObject]]

_TOKEN_LIFE = timedelta(days=7)
_LIST_OPTIONS = frozenset({"$select", "$top", "$skiptoken", "$filter", "$count"})
_DELTA_OPTIONS = frozenset({"$select", "$top", "$skiptoken", "$deltatoken"})
_SET: dict[ObjectKind, str] = {
    "user": "users",
    "group": "groups",
    "service_principal": "servicePrincipals",
    "application": "applications",
}
_DELTA_KINDS: tuple[ObjectKind, ...] = ("user", "group", "service_principal")
_TYPE: dict[ObjectKind, str] = {
    "user": "user",
    "group": "group",
    "service_principal": "servicePrincipal",
    "application": "application",
}
# The SDKs write the cast without its namespace.
_USER_CASTS = ("microsoft.graph.user", "graph.user")
_BY_APP_ID = "/v1.0/servicePrincipals(appId='{app_id}')"


@dataclass(frozen=True)
class Graph:
    """What the endpoints answer from."""

    directory: Directory
    clock: SandboxClock

    def routes(self) -> list[Route]:
        """All Graph routes, the longer ones first where one could hide another."""
        routes: list[Route] = []
        for kind in _DELTA_KINDS:
            for spelling in ("delta", "delta()"):
                path = f"/v1.0/{_SET[kind]}/{spelling}"
                routes.append(self._route(path, partial(self._delta, kind)))
        for relation in ("members", "transitiveMembers"):
            path = f"/v1.0/groups/{{id}}/{relation}"
            routes.append(self._route(path, partial(self._members, relation)))
            for cast in _USER_CASTS:
                handler = partial(self._members, relation, users_only=True)
                routes.append(self._route(f"{path}/{cast}", handler))
        for cast in _USER_CASTS:
            routes.append(self._route(f"/v1.0/directory/deletedItems/{cast}", self._deleted_users))
        for path in ("/v1.0/servicePrincipals/{id}", _BY_APP_ID):
            routes.append(self._route(f"{path}/appRoleAssignedTo", self._assigned))
        routes.append(self._route(_BY_APP_ID, partial(self._one, "service_principal")))
        routes.append(self._route("/v1.0/users/{id}/manager", self._manager))
        for kind, name in _SET.items():
            routes.append(self._route(f"/v1.0/{name}", partial(self._list, kind)))
            routes.append(self._route(f"/v1.0/{name}/{{id}}", partial(self._one, kind)))
        return routes

    def _route(self, path: str, handler: _Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                if "authorization" not in request.headers:
                    raise GraphError(
                        401,
                        "InvalidAuthenticationToken",
                        "Access token is empty.",
                        {"WWW-Authenticate": "Bearer"},
                    )
                return JSONResponse(handler(request))
            except GraphError as error:
                return error_response(error, self.clock.now())

        return Route(path, endpoint, methods=["GET"])

    def _position(self) -> int:
        return self.directory.position_at(self.clock.now())

    def _list(self, kind: ObjectKind, request: Request) -> JsonObject:
        given = options(request, _LIST_OPTIONS)
        names = selected(given, _known(kind, links=False), _TYPE[kind])
        default = USER_DEFAULT if kind == "user" else None

        def items(position: int) -> list[JsonObject]:
            present = (found.value for found in self._present(kind, position))
            return [_projected(value, names, default) for value in present if matches(given, value)]

        return self._page(request, given, _SET[kind], items)

    def _present(self, kind: ObjectKind, position: int) -> Iterator[Version]:
        return (found for found in self.directory.all(kind, position) if found.present)

    def _page(
        self, request: Request, given: dict[str, str], name: str, items: _Items
    ) -> JsonObject:
        """One page of a listing, pinned to the position of its first page."""
        size = page_size(request, given)
        if "$skiptoken" in given:
            token = read_token(given["$skiptoken"], name)
            self._refuse_other_recording(token)
        else:
            token = self._token(name, self._position())
        everything = items(token.last)
        body: JsonObject = {"@odata.context": f"{_root(request)}/$metadata#{name}"}
        if given.get("$count", "").lower() == "true" and token.offset == 0:
            body["@odata.count"] = len(everything)
        end = token.offset + size
        if end < len(everything):
            query = {key: value for key, value in given.items() if key != "$skiptoken"}
            body["@odata.nextLink"] = _link(
                request, {**query, "$skiptoken": replace(token, offset=end).text()}
            )
        body["value"] = everything[token.offset : end]
        return body

    def _delta(self, kind: ObjectKind, request: Request) -> JsonObject:
        given = options(request, _DELTA_OPTIONS)
        name = f"{_SET[kind]}/delta"
        if "$skiptoken" in given:
            token = read_token(given["$skiptoken"], name)
        else:
            token = self._first_token(kind, name, given, request)
        self._refuse_other_recording(token, request)
        if given.get("$deltatoken") == "latest":
            return self._delta_body(request, token, name, [], None)
        asked = Round(kind, token.select, token.first, token.last)
        ids = delta_ids(self.directory, asked)
        end = token.offset + token.page_size
        value = [delta_item(self.directory, asked, one) for one in ids[token.offset : end]]
        following = replace(token, offset=end) if end < len(ids) else None
        return self._delta_body(request, token, name, value, following)

    def _first_token(
        self, kind: ObjectKind, name: str, given: dict[str, str], request: Request
    ) -> Token:
        """The token of a round's first page: from nothing, or from an earlier delta link."""
        size, position = page_size(request, given), self._position()
        text = given.get("$deltatoken", "")
        if text in ("", "latest"):
            names = selected(given, _known(kind, links=True), _TYPE[kind])
            return replace(self._token(name, position), select=names, page_size=size)
        known = read_token(text, name)
        if self.clock.now() - known.age_started() > _TOKEN_LIFE:
            raise _resync(request, known)
        self._refuse_other_recording(known, request)
        return replace(
            self._token(name, position), first=known.last, select=known.select, page_size=size
        )

    def _delta_body(
        self,
        request: Request,
        token: Token,
        name: str,
        value: list[JsonObject],
        following: Token | None,
    ) -> JsonObject:
        body: JsonObject = {"@odata.context": f"{_root(request)}/$metadata#{name}"}
        if following is not None:
            body["@odata.nextLink"] = _link(request, {"$skiptoken": following.text()})
        else:
            done = replace(token, first=None, offset=0)
            body["@odata.deltaLink"] = _link(request, {"$deltatoken": done.text()})
        body["value"] = value
        return body

    def _token(self, name: str, position: int) -> Token:
        now = rfc3339(self.clock.now())
        return Token(name, self.directory.generation, now, position)

    def _refuse_other_recording(self, token: Token, request: Request | None = None) -> None:
        if token.generation == self.directory.generation:
            return
        if request is not None:
            raise _resync(request, token)
        raise GraphError(400, "BadRequest", "The link is of another recording: start again.")

    def _one(self, kind: ObjectKind, request: Request) -> JsonObject:
        given = options(request, frozenset({"$select"}))
        names = selected(given, _known(kind, links=False), _TYPE[kind])
        value = self._find(kind, request).value
        shown = _projected(value, names, USER_DEFAULT if kind == "user" else None)
        return {"@odata.context": f"{_root(request)}/$metadata#{_SET[kind]}/$entity", **shown}

    def _find(self, kind: ObjectKind, request: Request) -> Version:
        """The present object a path names by id, appId or user principal name."""
        wanted = request.path_params.get("id") or request.path_params["app_id"]
        position = self._position()
        found = self.directory.find(kind, wanted, position) if "id" in request.path_params else None
        other = {"user": "userPrincipalName"}.get(kind)
        if "app_id" in request.path_params:
            other = "appId"
        if found is None and other is not None:
            same = (one for one in self._present(kind, position) if one.value.get(other) == wanted)
            found = next(same, None)
        if found is None or not found.present:
            raise _not_found(wanted)
        return found

    def _manager(self, request: Request) -> JsonObject:
        given = options(request, frozenset({"$select"}))
        names = selected(given, _known("user", links=False), "user")
        position = self._position()
        user = self._find("user", request)
        manager_id = self.directory.manager_id(user.value["id"], position)
        manager = self.directory.find("user", manager_id, position) if manager_id else None
        if manager is None or not manager.present:
            raise _not_found("manager")
        shown = _projected(manager.value, names, USER_DEFAULT)
        context = f"{_root(request)}/$metadata#directoryObjects/$entity"
        return {"@odata.context": context, "@odata.type": "#microsoft.graph.user", **shown}

    def _members(self, relation: str, request: Request, *, users_only: bool = False) -> JsonObject:
        given = options(request, _LIST_OPTIONS)
        names = selected(given, frozenset(), "directoryObject")
        group = self._find("group", request)

        def items(position: int) -> list[JsonObject]:
            directory, group_id = self.directory, group.value["id"]
            if relation == "members":
                ids = directory.member_ids(group_id, position)
            else:
                ids = directory.transitive_member_ids(group_id, position)
            found = (object_type(directory, one, position) for one in ids)
            return [
                {"@odata.type": kind, **_projected(value, names, _default_of(kind))}
                for kind, value in filter(None, found)
                if matches(given, value) and (kind == "#microsoft.graph.user" or not users_only)
            ]

        return self._page(request, given, "users" if users_only else "directoryObjects", items)

    def _assigned(self, request: Request) -> JsonObject:
        given = options(request, _LIST_OPTIONS)
        names = selected(given, frozenset(), "appRoleAssignment")
        principal = self._find("service_principal", request)

        def items(position: int) -> list[JsonObject]:
            links = self.directory.all("app_role_assignment", position)
            present = (link.value for link in links if link.present)
            return [
                _projected(value, names, None)
                for value in present
                if value.get("resourceId") == principal.value["id"] and matches(given, value)
            ]

        return self._page(request, given, "appRoleAssignments", items)

    def _deleted_users(self, request: Request) -> JsonObject:
        given = options(request, _LIST_OPTIONS)
        names = selected(given, _known("user", links=False), "user")

        def items(position: int) -> list[JsonObject]:
            deleted = (
                {**found.value, "deletedDateTime": utc_text(found.at)}
                for found in self.directory.all("user", position)
                if found.state == "delete"
            )
            default = (*USER_DEFAULT, "deletedDateTime")
            return [_projected(value, names, default) for value in deleted if matches(given, value)]

        return self._page(request, given, "directory/deletedItems", items)


def _known(kind: ObjectKind, *, links: bool) -> frozenset[str]:
    if kind == "user":
        return USER | USER_LINKS if links else USER
    if kind == "group":
        return GROUP | GROUP_LINKS if links else GROUP
    return frozenset()


def _default_of(type_name: str) -> tuple[str, ...] | None:
    return USER_DEFAULT if type_name == "#microsoft.graph.user" else None


def _projected(
    value: JsonObject, names: list[str] | None, default: tuple[str, ...] | None
) -> JsonObject:
    """The asked properties, null where the object has none; all of them for None and None."""
    wanted = names if names is not None else default
    return value if wanted is None else {name: value.get(name) for name in wanted}


def _root(request: Request) -> str:
    return f"{request.base_url}v1.0"


def _link(request: Request, query: dict[str, str]) -> str:
    """This request's own address with another query; `$` stays readable, as Graph writes it."""
    return f"{str(request.url).partition('?')[0]}?{urlencode(query, safe='$,', quote_via=quote)}"


def _resync(request: Request, token: Token) -> GraphError:
    query = {"$select": ",".join(token.select)} if token.select else {}
    return GraphError(
        410,
        "syncStateNotFound",
        "The sync state has expired: start a full synchronization from the Location header.",
        {"Location": _link(request, {**query, "$deltatoken": ""})},
    )


def _not_found(wanted: str) -> GraphError:
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{wanted[:120]}' does not exist or one of its queried reference-property "
        "objects are not present.",
    )
