"""Microsoft Graph v1.0 over the recorded directory: users, groups, applications, their links.

State is the directory as of the sandbox clock. A page and its next link belong to the moment the
first page was asked for, so a moving clock never tears a listing apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.sandbox.graph_delta import object_type
from ingest.sandbox.graph_directory import Directory, ObjectKind, Version, utc_text
from ingest.sandbox.graph_request import (
    GraphError,
    Token,
    error_response,
    link,
    matches,
    not_found,
    options,
    page_size,
    read_token,
    require_bearer,
    root,
    selected,
)
from ingest.sandbox.graph_rounds import delta_rounds
from ingest.sandbox.graph_schema import DELTA_KINDS, SETS, TYPES, USER_DEFAULT, known_names
from ingest.sandbox.workspace import JsonObject
from models.clock import Clock, rfc3339

_Handler: TypeAlias = Callable[[Request], JsonObject]
_Items: TypeAlias = Callable[[int], list[JsonObject]]
_Listing: TypeAlias = tuple[str, str | None, str | None, int]

_LISTINGS_KEPT = 8

_LIST_OPTIONS = frozenset({"$select", "$top", "$skiptoken", "$filter", "$count"})
# The SDKs write the cast without its namespace.
_USER_CASTS = ("microsoft.graph.user", "graph.user")
_BY_APP_ID = "(appId='{app_id}')"
_PRINCIPAL_BY_APP_ID = f"/v1.0/servicePrincipals{_BY_APP_ID}"


@dataclass(frozen=True)
class Graph:
    """What the endpoints answer from; the last listings are kept for their further pages."""

    directory: Directory
    clock: Clock
    listings: dict[_Listing, list[JsonObject]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """All Graph routes, the longer ones first where one could hide another."""
        rounds = delta_rounds(self.directory, self.clock)
        routes = [
            self._route(f"/v1.0/{SETS[kind]}/{spelling}", partial(rounds.answer, kind))
            for kind in DELTA_KINDS
            for spelling in ("delta", "delta()")
        ]
        for relation in ("members", "transitiveMembers"):
            path = f"/v1.0/groups/{{id}}/{relation}"
            routes.append(self._route(path, partial(self._members, relation)))
            for cast in _USER_CASTS:
                handler = partial(self._members, relation, users_only=True)
                routes.append(self._route(f"{path}/{cast}", handler))
        routes += [
            *(
                self._route(f"/v1.0/directory/deletedItems/{cast}", self._deleted_users)
                for cast in _USER_CASTS
            ),
            self._route("/v1.0/servicePrincipals/{id}/appRoleAssignedTo", self._assigned),
            self._route(f"{_PRINCIPAL_BY_APP_ID}/appRoleAssignedTo", self._assigned),
            self._route(_PRINCIPAL_BY_APP_ID, partial(self._one, "service_principal")),
            self._route(f"/v1.0/applications{_BY_APP_ID}", partial(self._one, "application")),
            self._route("/v1.0/users/{id}/manager", self._manager),
        ]
        for kind, name in SETS.items():
            routes.append(self._route(f"/v1.0/{name}", partial(self._list, kind)))
            routes.append(self._route(f"/v1.0/{name}/{{id}}", partial(self._one, kind)))
        return routes

    def _route(self, path: str, handler: _Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                require_bearer(request)
                return JSONResponse(handler(request))
            except GraphError as error:
                return error_response(error, self.clock.now())

        return Route(path, endpoint, methods=["GET"])

    def _position(self) -> int:
        return self.directory.position_at(self.clock.now())

    def _list(self, kind: ObjectKind, request: Request) -> JsonObject:
        given = options(request, _LIST_OPTIONS)
        names = selected(given, known_names(kind, links=False), TYPES[kind])
        default = USER_DEFAULT if kind == "user" else None

        def items(position: int) -> list[JsonObject]:
            present = (found.value for found in self._present(kind, position))
            return [_projected(value, names, default) for value in present if matches(given, value)]

        return self._page(request, given, SETS[kind], items)

    def _present(self, kind: ObjectKind, position: int) -> Iterator[Version]:
        return (found for found in self.directory.all(kind, position) if found.present)

    def _page(
        self, request: Request, given: dict[str, str], name: str, items: _Items
    ) -> JsonObject:
        """One page of a listing, pinned to the position of its first page."""
        size = page_size(request, given)
        if "$skiptoken" in given:
            token = read_token(given["$skiptoken"], name)
            if token.generation != self.directory.generation:
                raise GraphError(
                    400, "BadRequest", "The link is of another recording: start again."
                )
        else:
            now = self.clock.now()
            position = self.directory.position_at(now)
            token = Token(name, self.directory.generation, rfc3339(now), position)
        everything = self._listing(request, given, token.last, items)
        body: JsonObject = {"@odata.context": f"{root(request)}/$metadata#{name}"}
        if given.get("$count", "").lower() == "true" and token.offset == 0:
            body["@odata.count"] = len(everything)
        end = token.offset + size
        if end < len(everything):
            query = {key: value for key, value in given.items() if key != "$skiptoken"}
            body["@odata.nextLink"] = link(
                request, {**query, "$skiptoken": replace(token, offset=end).text()}
            )
        body["value"] = everything[token.offset : end]
        return body

    def _listing(
        self, request: Request, given: dict[str, str], position: int, items: _Items
    ) -> list[JsonObject]:
        """A whole listing, made once for all of its pages."""
        key = (request.url.path, given.get("$select"), given.get("$filter"), position)
        if key not in self.listings:
            while len(self.listings) >= _LISTINGS_KEPT:
                self.listings.pop(next(iter(self.listings)))
            self.listings[key] = items(position)
        return self.listings[key]

    def _one(self, kind: ObjectKind, request: Request) -> JsonObject:
        given = options(request, frozenset({"$select"}))
        names = selected(given, known_names(kind, links=False), TYPES[kind])
        value = self._find(kind, request).value
        shown = _projected(value, names, USER_DEFAULT if kind == "user" else None)
        return {"@odata.context": f"{root(request)}/$metadata#{SETS[kind]}/$entity", **shown}

    def _find(self, kind: ObjectKind, request: Request) -> Version:
        """The present object a path names by id, appId or user principal name."""
        wanted = request.path_params.get("id") or request.path_params["app_id"]
        position = self._position()
        found = self.directory.find(kind, wanted, position) if "id" in request.path_params else None
        other = {"user": "userPrincipalName"}.get(kind)
        if "app_id" in request.path_params:
            other = "appId"
        if found is None and other is not None:
            present = self._present(kind, position)
            same = (one for one in present if str(one.value.get(other)).lower() == wanted.lower())
            found = next(same, None)
        if found is None or not found.present:
            raise not_found(wanted)
        return found

    def _manager(self, request: Request) -> JsonObject:
        given = options(request, frozenset({"$select"}))
        names = selected(given, known_names("user", links=False), "user")
        position = self._position()
        user = self._find("user", request)
        manager_id = self.directory.manager_id(user.value["id"], position)
        manager = self.directory.find("user", manager_id, position) if manager_id else None
        if manager is None or not manager.present:
            raise not_found("manager")
        shown = _projected(manager.value, names, USER_DEFAULT)
        context = f"{root(request)}/$metadata#directoryObjects/$entity"
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
            owner_id = principal.value["id"].lower()
            return [
                _projected(value, names, None)
                for value in present
                if str(value.get("resourceId")).lower() == owner_id and matches(given, value)
            ]

        return self._page(request, given, "appRoleAssignments", items)

    def _deleted_users(self, request: Request) -> JsonObject:
        given = options(request, _LIST_OPTIONS)
        names = selected(given, known_names("user", links=False), "user")

        def items(position: int) -> list[JsonObject]:
            deleted = (
                {**found.value, "deletedDateTime": utc_text(found.at)}
                for found in self.directory.all("user", position)
                if found.state == "delete"
            )
            default = (*USER_DEFAULT, "deletedDateTime")
            return [_projected(value, names, default) for value in deleted if matches(given, value)]

        return self._page(request, given, "directory/deletedItems", items)


def _default_of(type_name: str) -> tuple[str, ...] | None:
    return USER_DEFAULT if type_name == "#microsoft.graph.user" else None


def _projected(
    value: JsonObject, names: list[str] | None, default: tuple[str, ...] | None
) -> JsonObject:
    """The asked properties, null where the object has none; all of them for None and None."""
    wanted = names if names is not None else default
    return value if wanted is None else {name: value.get(name) for name in wanted}
