"""Asks each source of the settings whether it is there and whether we may read it."""

from collections.abc import Iterator
from functools import partial

from ingest.monitored_resource import gateway_regions, monitored_resources
from ingest.patience import NoAnswerError, hasty
from ingest.refusal import NoCredentialError
from ingest.source_question import SourceQuestion, grant
from models.clock import Clock
from models.errors import SettingsError, SourceError
from models.finding import DoctorFinding, fail
from models.settings import Settings

# Each source's SDK costs up to half a second of imports; a tenant pays for those it has.
# ruff: noqa: PLC0415

_CONTAINER_SETTINGS = {
    "log_exports": ("exports", "exported logs"),
    "cost_exports": ("exports", "cost exports"),
    "usage_records": ("usage", "usage records"),
}


def source_findings(settings: Settings, clock: Clock) -> Iterator[DoctorFinding]:
    """Yield what each source of the settings answers to one small question.

    What the settings do not name is not asked.
    """
    settings = hasty(settings)
    if settings.workspace_ids:
        from ingest.log_findings import log_findings

        yield from log_findings(settings, clock)
    yield from _metrics(settings, clock)
    if settings.billing_scope:
        yield _costs(settings, clock)
    yield from _files(settings)
    if settings.tenant_id:
        yield from _directory(settings)
    if settings.apim_resource_ids:
        yield from _prices(settings)


def _metrics(settings: Settings, clock: Clock) -> Iterator[DoctorFinding]:
    try:
        resources = monitored_resources(settings)
    except SettingsError as error:
        text, _, advice = str(error).rpartition(": ")
        yield fail("metrics", "settings", text, advice)
        return
    for resource in resources:
        from ingest import platform_metrics

        question = SourceQuestion(
            "metrics",
            f"metrics of {resource.name}",
            f"POST /subscriptions/{resource.subscription_id}/metrics:getBatch",
            grant(f"the role Monitoring Reader on the resource {resource.resource_id}"),
        )
        yield question.put(partial(platform_metrics.probe, settings, clock, resource))


def _costs(settings: Settings, clock: Clock) -> DoctorFinding:
    from ingest import cost_management

    scope = f"/{(settings.billing_scope or '').strip('/')}"
    question = SourceQuestion(
        "costs",
        f"costs of {scope}",
        f"POST {scope}/providers/Microsoft.CostManagement/query",
        grant(f"the role Cost Management Reader on the billing scope {scope}"),
    )
    return question.put(partial(cost_management.probe, settings, clock))


def _files(settings: Settings) -> Iterator[DoctorFinding]:
    for name, (area, title) in _CONTAINER_SETTINGS.items():
        for place in getattr(settings, name):
            question = SourceQuestion(
                area,
                f"{title} in {place}",
                "listing the blobs of the container",
                grant(
                    f"the role Storage Blob Data Reader on the container {place},"
                    " or correct TOLLBOOK_STORAGE_KEY"
                ),
            )
            yield question.put(partial(_open, settings, place))


def _open(settings: Settings, name: str) -> None:
    from ingest.places import open_place

    with open_place(settings, name) as place:
        place.probe()


def _directory(settings: Settings) -> Iterator[DoctorFinding]:
    from ingest.graph_directory import COLLECTIONS, GROUPS, GraphDirectory

    # Without either no group is read, unless an ownership rule names one.
    has_groups = settings.group_ids or settings.claude_app_id
    with GraphDirectory(settings) as directory:
        for collection in (*COLLECTIONS, *((GROUPS,) if has_groups else ())):
            question = SourceQuestion(
                "directory",
                f"{collection.name} of the directory",
                f"GET /{collection.name}/delta",
                grant(
                    f"the application permission {collection.permission} with admin consent,"
                    f" in tenant {settings.tenant_id}"
                ),
            )
            try:
                directory.probe(collection)
            except (NoAnswerError, NoCredentialError) as error:
                # Whoever does not answer one question does not answer the next.
                yield question.failure(error)
                return
            except SourceError as error:
                yield question.failure(error)
            else:
                yield question.permitted()


def _prices(settings: Settings) -> Iterator[DoctorFinding]:
    from ingest import retail_prices

    try:
        region, *_ = gateway_regions(settings)
    except SettingsError:
        return  # Said already, where metrics were asked for.
    question = SourceQuestion(
        "prices",
        "retail prices",
        "GET /api/retail/prices",
        "no role is needed, it is public: look at what stands between this machine and it",
    )
    yield question.put(partial(retail_prices.probe, settings, region))
