"""What docs/gateway writes and logs is what the product's statements read, no more and no less."""

import ast
import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from ingest.source import USAGE_RECORDS
from ingest.usage_records import arrival
from models.request_checks import CHECKS

_ROOT = Path(__file__).parents[1]
_GATEWAY = _ROOT / "docs/gateway"
_README = (_GATEWAY / "README.md").read_text(encoding="utf-8")
_STAGING = sorted((_ROOT / "sql/staging").glob("*.sql"))
_MACROS = (_ROOT / "sql/macros/credentials.sql").read_text(encoding="utf-8")

_CALLER = "x-caller-oid"
_SIDES = {
    "client_side": "frontend.request",
    "backend_side": "backend.request",
    "response_side": "frontend.response",
    "trace_side": "trace",
    "entries": "trace",
}
_SEVERITIES = ("verbose", "information", "error")

# Of every section: what it cannot do without, as paths from the section.
_REQUIRED = {
    "inbound": (
        "base",
        "validate-jwt[@output-token-variable-name='jwt'][@header-name='Authorization']",
        "validate-jwt/openid-config",
        "validate-jwt/audiences/audience",
        "validate-jwt/issuers/issuer",
        "set-variable[@name='caller-oid']",
        "set-variable[@name='client-credentials']",
        "set-query-parameter[@name='subscription-key'][@exists-action='delete']",
        "set-header[@name='x-llm-deployment'][@exists-action='override']",
        "set-header[@name='x-llm-speed'][@exists-action='override']",
        "choose/when/llm-token-limit[@tokens-per-minute][@token-quota][@token-quota-period]",
        "choose/when/llm-token-limit[@remaining-tokens-header-name]",
        "choose/when/llm-emit-token-metric/dimension[@name='oid']",
        "set-backend-service",
        "authentication-managed-identity[@resource='{{foundry-token-audience}}']",
        "set-header[@name='Authorization'][@exists-action='override']",
    ),
    "backend": (
        "choose/when/trace[@source]",
        "choose/when/forward-request[@buffer-response='false']",
    ),
    "outbound": (
        "base",
        "set-header[@name='x-llm-deployment'][@exists-action='override']",
        "set-header[@name='x-llm-speed'][@exists-action='override']",
    ),
    "on-error": ("base",),
}


def _xml(name: str) -> Element:
    return ET.parse(_GATEWAY / name).getroot()  # noqa: S314 (our own file)


def _overrides(parent: Element, name: str = _CALLER) -> list[Element]:
    """The headers of one name that a section or an answer overrides itself."""
    return parent.findall(f"set-header[@name='{name}'][@exists-action='override']")


def _section(policy: Element, name: str) -> Element:
    found = policy.find(name)
    return Element(name) if found is None else found


def _exits(policy: Element) -> list[Element]:
    """Every place from which a request or an answer leaves: three sections, every own answer."""
    sections = [_section(policy, name) for name in ("inbound", "outbound", "on-error")]
    return [*sections, *policy.iter("return-response")]


def _credentials() -> set[str]:
    """The header names that the product takes for credentials."""
    listed = re.search(r"macro is_credential\(name\) as\s+lower\(name\) in \(([^)]*)\)", _MACROS)
    assert listed
    return set(re.findall(r"'([^']+)'", listed[1]))


def _problems(policy: Element) -> list[str]:
    """What a policy lacks, in words."""
    found = [
        f"{section} lacks {path}"
        for section, paths in _REQUIRED.items()
        for path in paths
        if _section(policy, section).find(path) is None
    ]
    found += [
        f"{place.tag} does not override {_CALLER}"
        for place in _exits(policy)
        if not any((header.findtext("value") or "").strip() for header in _overrides(place))
    ]
    for answer in policy.iter("return-response"):
        status = answer.find("set-status")
        is_refusal = status is not None and int(status.get("code", "0")) >= 400
        if is_refusal and not _overrides(answer, "x-denied-by"):
            found.append("a refusal does not say by what")
    inbound = _section(policy, "inbound")
    deleted = {
        header.get("name", "").lower()
        for header in inbound.findall("set-header[@exists-action='delete']")
    }
    found += [f"inbound keeps {name}" for name in _credentials() - {"set-cookie"} - deleted]
    order = [child.tag for child in inbound]
    if "validate-jwt" not in order or order.index("validate-jwt") > order.index("set-header"):
        found.append("headers are touched before the token is checked")
    return found


def test_the_policy_has_what_each_section_needs() -> None:
    assert _problems(_xml("policy.xml")) == []


@pytest.mark.parametrize("change", ["removed", "skipped", "emptied"])
def test_every_exit_must_override_the_callers_id(change: str) -> None:
    policy = _xml("policy.xml")
    exits = len(_exits(policy))
    assert exits == 3 + 5, "three sections, five answers of the policy's own"
    for number in range(exits):
        mutated = copy.deepcopy(policy)
        place = _exits(mutated)[number]
        (header,) = _overrides(place)
        if change == "removed":
            place.remove(header)
        elif change == "skipped":
            header.set("exists-action", "skip")
        else:
            header.remove(header[0])
        assert _problems(mutated) == [f"{place.tag} does not override {_CALLER}"]


def test_an_answer_of_the_policys_own_without_the_callers_id_is_found() -> None:
    policy = _xml("policy.xml")
    ET.SubElement(_section(policy, "outbound"), "return-response")
    assert _problems(policy) == [f"return-response does not override {_CALLER}"]


@pytest.mark.parametrize(
    ("section", "path"), [(section, path) for section in _REQUIRED for path in _REQUIRED[section]]
)
def test_a_policy_without_a_required_element_is_found(section: str, path: str) -> None:
    policy = _xml("policy.xml")
    parents = {child: parent for parent in policy.iter() for child in parent}
    for element in _section(policy, section).findall(path):
        parents[element].remove(element)
    assert f"{section} lacks {path}" in _problems(policy)


@pytest.mark.parametrize("name", sorted(_credentials() - {"set-cookie"}))
def test_a_policy_that_keeps_a_clients_credential_is_found(name: str) -> None:
    policy = _xml("policy.xml")
    inbound = _section(policy, "inbound")
    for header in inbound.findall("set-header[@exists-action='delete']"):
        if header.get("name", "").lower() == name:
            inbound.remove(header)
    assert _problems(policy) == [f"inbound keeps {name}"]


def test_the_trace_is_computed_from_the_leaving_request_and_nothing_comes_after_it() -> None:
    (held,) = _section(_xml("policy.xml"), "backend")
    (when,) = held
    steps = [child.tag for child in when]
    assert steps[-2:] == ["trace", "forward-request"]
    computed = {child.get("name"): child.get("value", "") for child in when.iter("set-variable")}
    told = {field.get("name"): field.get("value", "") for field in when.iter("metadata")}
    for field in ("user_authorization_forwarded", "credential_kind"):
        (variable,) = re.findall(r'Variables\["([^"]+)"\]', told[field])
        assert "context.Request.Headers" in computed[variable], field
    assert told["request_id"] == "@(context.RequestId.ToString())"


def test_the_deployment_and_the_speed_come_from_the_body_and_the_body_survives() -> None:
    policy = _xml("policy.xml")
    (asked,) = policy.findall("inbound/set-variable[@name='asked']")
    expression = asked.get("value", "")
    assert "context.Request.Body.As<JObject>(preserveContent: true)" in expression
    assert set(re.findall(r'body\["(\w+)"\]', expression)) == {"model", "speed"}
    reading = [e for e in policy.iter() if "Request.Body" in "".join([*e.attrib.values()])]
    assert reading == [asked]


def test_metrics_have_no_more_dimensions_than_are_kept() -> None:
    (emitted,) = _xml("policy.xml").iter("llm-emit-token-metric")
    assert 1 <= len(emitted) <= 5


def test_a_usage_record_is_made_of_the_usage_object_alone() -> None:
    fragment = _xml("usage-record.xml")
    assert fragment.tag == "fragment"
    (made,) = fragment.iter("set-variable")
    expression = made.get("value", "")
    assert expression.count("context.Response.Body") == 1
    assert re.findall(r'preserveContent: true\)\["(\w+)"\]', expression) == ["usage"]
    names = re.findall(r'new JProperty\("(\w+)"', expression)
    assert names == ["correlation_id", "time", "usage"]
    (sent,) = fragment.iter("log-to-eventhub")
    assert sent.text == f'@((string)context.Variables["{made.get("name")}"])'
    (shown,) = re.findall(r"^(\{.*\})$", _README, flags=re.MULTILINE)
    record = json.loads(shown)
    assert list(record) == names
    landed = arrival("", record)
    assert landed.source == USAGE_RECORDS
    assert landed.values["usage"] == record["usage"], "the product takes all that is shown"


def test_a_foundry_key_replaces_the_identity_and_is_a_named_value() -> None:
    (header,) = _xml("foundry-key.xml")
    assert (header.tag, header.get("exists-action")) == ("set-header", "override")
    assert header.get("name") in _credentials()
    assert header.findtext("value") == "{{foundry-api-key}}"


def _rows(heading: str, first: str) -> Iterator[list[str]]:
    """The cells of the README's table below `heading` whose first column is headed `first`."""
    section = _README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    table = re.search(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", section, flags=re.MULTILINE)
    assert table, heading
    for line in table[1].splitlines():
        yield [cell.strip() for cell in line.strip("|").split("|")]


def _word(cell: str) -> str:
    (word,) = re.findall(r"`([^`]+)`", cell)
    return str(word)


def test_every_named_value_is_documented_and_every_documented_one_is_used() -> None:
    used = {
        name
        for file in _GATEWAY.glob("*.xml")
        for name in re.findall(r"\{\{([^{}]*)\}\}", file.read_text(encoding="utf-8"))
    }
    documented = [_word(row[0]) for row in _rows("Named values", "name")]
    assert len(documented) == len(set(documented))
    assert used == set(documented)
    assert all(all(cell for cell in row) for row in _rows("Named values", "name"))


def _read() -> dict[tuple[str, str], set[str]]:
    """(side, name in lower case) -> the statements that read it."""
    found: dict[tuple[str, str], set[str]] = {}
    for file in _STAGING:
        code = re.sub(r"--[^\n]*", "", file.read_text(encoding="utf-8"))
        for side, name in re.findall(r"\bentry\((\w+), '([^']+)'\)", code):
            found.setdefault((_SIDES[side], name), set()).add(f"sql/staging/{file.name}")
    return found


def _documented() -> dict[tuple[str, str], str]:
    """(side, name in lower case) -> the cell that says what reads it."""
    rows = list(_rows("What tollbook reads", "side"))
    headers = {(row[0], _word(row[1]).lower()): row[3] for row in rows}
    fields = list(_rows("What tollbook reads", "field"))
    traced = {("trace", _word(row[0])): row[2] for row in fields}
    assert len(headers) + len(traced) == len(rows) + len(fields)
    return headers | traced


def _logged() -> set[tuple[str, str]]:
    """(side, name in lower case) that the API's diagnostics list."""
    properties = _diagnostics("azuremonitor")["properties"]
    return {
        (f"{end}.{direction}", name.lower())
        for end in ("frontend", "backend")
        for direction in ("request", "response")
        for name in properties[end][direction]["headers"]
    }


def _written() -> set[tuple[str, str]]:
    """(side, name in lower case) that the policy writes, credentials and content types aside."""
    policy = _xml("policy.xml")
    inbound, *answering = _exits(policy)
    found = {
        ("backend.request", header.get("name", ""))
        for header in inbound.findall("set-header[@exists-action='override']")
    }
    found |= {
        ("frontend.response", header.get("name", ""))
        for place in answering
        for header in place.iter("set-header")
    }
    found |= {("trace", field.get("name", "")) for field in policy.iter("metadata")}
    lowered = {(side, name.lower()) for side, name in found}
    return {row for row in lowered if row[1] not in _credentials() | {"content-type"}}


def _template() -> dict[str, Any]:
    template = json.loads((_GATEWAY / "diagnostics.json").read_text(encoding="utf-8"))
    assert isinstance(template, dict)
    return template


def _diagnostics(name: str) -> Any:
    (found,) = [
        resource
        for resource in _template()["resources"]
        if resource["type"].endswith("/apis/diagnostics") and f"/{name}'" in resource["name"]
    ]
    return found


def test_what_the_product_reads_is_what_the_readme_says() -> None:
    read, documented = _read(), _documented()
    assert len(read) >= 18
    assert read.keys() == documented.keys()
    for key, cell in documented.items():
        named = dict(re.findall(r"`(sql/[^`]+)`: `(\w+)`", cell))
        assert named.keys() == read[key], key
        for file, column in named.items():
            assert {column, f"{column}_text"} & _columns(file, key), (file, column)


def _columns(file: str, key: tuple[str, str]) -> set[str]:
    """The columns of a statement that hold what it reads under `key`."""
    sides = "|".join(alias for alias, side in _SIDES.items() if side == key[0])
    text = (_ROOT / file).read_text(encoding="utf-8")
    read = rf"entry\((?:{sides}), '{re.escape(key[1])}'\)(?:(?!entry\().)*?\bas (\w+)"
    return set(re.findall(read, text, flags=re.DOTALL))


def test_what_the_product_reads_is_what_the_policy_writes() -> None:
    read = {key for key in _read() if key[0] != "frontend.request"}
    assert _written() == read


def test_what_the_product_reads_is_what_the_diagnostics_log() -> None:
    assert _logged() == {key for key in _read() if key[0] != "trace"}


def test_what_the_policy_writes_to_one_side_is_watched_on_the_clients() -> None:
    logged = _logged()
    watched = {name for side, name in logged if side == "backend.request"}
    assert watched <= {name for side, name in logged if side == "frontend.request"}


def test_no_credential_is_logged() -> None:
    assert not {name for _, name in _logged()} & _credentials()
    listed = re.findall(r'"headers": \[([^\]]*)\]', json.dumps(_template()))
    assert len(listed) == 8
    names = {name.lower() for text in listed for name in re.findall(r'"([^"]+)"', text)}
    assert not names & _credentials()
    assert not [name for name in names if re.search("auth|key|cookie|token|secret", name)]


def test_the_logs_go_to_tables_of_their_own() -> None:
    (setting,) = [
        resource
        for resource in _template()["resources"]
        if resource["type"] == "Microsoft.Insights/diagnosticSettings"
    ]
    properties = setting["properties"]
    assert properties["logAnalyticsDestinationType"] == "Dedicated"
    enabled = {log["category"] for log in properties["logs"] if log["enabled"]}
    assert enabled == {"GatewayLogs", "GatewayLlmLogs"}


def test_every_request_is_logged_with_its_trace_and_without_bodies() -> None:
    (trace,) = _xml("policy.xml").iter("trace")
    for name in ("azuremonitor", "applicationinsights"):
        properties = _diagnostics(name)["properties"]
        severity = _SEVERITIES.index(trace.get("severity", ""))
        assert severity >= _SEVERITIES.index(properties["verbosity"])
        bodies = [properties[end][way]["body"] for end, way in _ways()]
        assert bodies == [{"bytes": 0}] * 4
    properties = _diagnostics("azuremonitor")["properties"]
    assert properties["sampling"] == {"samplingType": "fixed", "percentage": 100}
    assert properties["largeLanguageModel"] == {"logs": "enabled"}, "no messages"


def _ways() -> list[tuple[str, str]]:
    return [(end, way) for end in ("frontend", "backend") for way in ("request", "response")]


def test_application_insights_is_left_alone_unless_it_is_asked_for() -> None:
    assert "applicationInsightsLogger" in _diagnostics("applicationinsights")["condition"]
    parameter = _template()["parameters"]["applicationInsightsLogger"]
    assert parameter["defaultValue"] == ""
    for end, way in _ways():
        assert _diagnostics("applicationinsights")["properties"][end][way]["headers"] == []


def test_every_parameter_of_the_template_is_used_and_declared() -> None:
    template = _template()
    used = set(re.findall(r"parameters\('(\w+)'\)", json.dumps(template["resources"])))
    assert used == set(template["parameters"])


_NAMES = re.compile(r"`(\w+)`")


def _documented_checks() -> set[str]:
    """The checks that checks.md tells of: first cells of tables, and those told in a sentence."""
    text = (_GATEWAY / "checks.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    told = _NAMES.findall(text[text.index("## tollbook's own permissions") :])
    names = [_NAMES.findall(cell) for cell in cells if _NAMES.sub("", cell).strip(" ,") == ""]
    return {name for cell in names for name in cell} | {
        name for name in told if name in {"permission", "source", "settings", "seeds"}
    }


def _checks_of_the_product() -> set[str]:
    """The second argument of every finding that is made, and the checks of single requests."""
    found = {check.name for check in CHECKS} | {"proof_credential", "proof_caller"}
    for folder in ("ingest", "jobs", "models"):
        for path in (_ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Name(id="ok" | "warn" | "fail"),
                        args=[_, ast.Constant(value=str(name)), *_],
                    ):
                        found.add(name)
    return found


def test_every_check_is_documented_and_every_documented_check_exists() -> None:
    assert _documented_checks() == _checks_of_the_product()


def test_what_is_observed_of_requests_is_a_check_with_words() -> None:
    statement = (_ROOT / "sql/ledger/observed.sql").read_text(encoding="utf-8")
    failed = statement[statement.index("failed as (") : statement.index("failing as (")]
    columns = set(re.findall(r"\bas (\w+),\n", failed)) | set(
        re.findall(r"\n        (\w+),", failed)
    )
    keys = {"usage_day", "usage_time", "correlation_id"}
    assert columns - keys == {check.name for check in CHECKS}


def test_the_proofs_words_are_those_that_the_policy_can_write() -> None:
    policy = _xml("policy.xml")
    for field in ("user-authorization-forwarded", "credential-kind"):
        (computed,) = policy.findall(f"backend/choose/when/set-variable[@name='{field}']")
        words = set(re.findall(r'(?:return|[?:]) "(\w+)"', computed.get("value", "")))
        (row,) = [
            row
            for row in _rows("What tollbook reads", "field")
            if _word(row[0]) == field.replace("-", "_")
        ]
        assert words == set(re.findall(r"`(\w+)`", row[1])), field
