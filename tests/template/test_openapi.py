"""openapi.yaml is valid, has the routes of template.yaml and no other, and is whole: errors, examples, closed answers.

Each check takes the document and says what is wrong; below each is shown a spoilt document in which it must find it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.template.cloudformation import project
from tests.unit.api_contract.contract import METHODS, PROBLEM, Contract, contract

# The one body that refuses fields it does not know: a report is taken once, so a misspelt field would be lost.
CLOSED_BODIES = {"Completion"}
GATEWAY_STATUSES = {"UNAUTHORIZED": "401", "THROTTLED": "429", "DEFAULT_5XX": "500", "INTEGRATION_TIMEOUT": "504"}

Document = dict[str, Any]
Check = Callable[[Document], list[str]]


def deployed() -> dict[tuple[str, str], str]:
    """The routes of template.yaml: (method, path) and the folder of the function that answers."""
    return {
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"]): PurePosixPath(
            resource["Properties"]["CodeUri"]
        ).name
        for resource in project().source["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    }


def api() -> dict[str, Any]:
    """The properties of the API of template.yaml."""
    (found,) = (
        resource["Properties"]
        for resource in project().source["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Api"
    )
    return found  # type: ignore[no-any-return]


def valid(document: Document) -> list[str]:
    return [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]


def routes(document: Document) -> list[str]:
    described = {(method, path): name for name, (method, path, _) in Contract(document).operations().items()}
    return sorted(
        f"{method} {path} is {found}"
        for pair in (described.items() - deployed().items(), deployed().items() - described.items())
        for (method, path), found in pair
    )


def parameters(document: Document) -> list[str]:
    found = []
    for method, path, item, spec in _operations(document):
        given = [Contract(document).resolve(one) for one in (*item.get("parameters", []), *spec.get("parameters", []))]
        in_path = {one["name"] for one in given if one["in"] == "path" and one["required"]}
        if in_path != set(re.findall(r"\{(\w+)\}", path)):
            found.append(f"{method} {path}: path parameters {in_path}")
        found += [f"{method} {path}: {one['name']} is undescribed" for one in given if "schema" not in one]
    return found


def login(document: Document) -> list[str]:
    schemes = document["components"]["securitySchemes"]
    found = [] if document.get("security") == [{name: []} for name in schemes] else ["not everything needs a token"]
    found += [f"{path} opens the door" for _, path, _, spec in _operations(document) if "security" in spec]
    return found + [f"{name} is no bearer token" for name, one in schemes.items() if one.get("scheme") != "bearer"]


def errors(document: Document) -> list[str]:
    """Every failure is a problem document, and each route names what API Gateway answers by itself."""
    found = []
    for method, path, _, spec in _operations(document):
        missing = set(GATEWAY_STATUSES.values()) - set(spec["responses"])
        found += [f"{method} {path} lacks {', '.join(sorted(missing))}"] if missing else []
        for status, response in spec["responses"].items():
            content = Contract(document).resolve(response)["content"]
            schemas = [(kind, media["schema"]) for kind, media in content.items()]
            good = [(PROBLEM, {"$ref": "#/components/schemas/Problem"})]
            if (schemas == good) != (int(status) >= 400):
                found.append(f"{method} {path} {status} is {', '.join(content)}")
    return found


def closed(document: Document) -> list[str]:
    """No answer may have a field that is not named here; every body may."""
    the = Contract(document)
    found = []
    for method, path, _, spec in _operations(document):
        for status, response in spec["responses"].items():
            for media in the.resolve(response)["content"].values():
                for name, schema in _objects(the, media["schema"]):
                    if schema.get("additionalProperties", True) is True:
                        found.append(f"{method} {path} {status}: {name} is open")
        for media in spec.get("requestBody", {}).get("content", {}).values():
            for name, schema in _objects(the, media["schema"]):
                if (schema.get("additionalProperties", True) is False) != (name in CLOSED_BODIES):
                    found.append(f"{method} {path}: {name}")
    return found


def examples(document: Document) -> list[str]:
    """Everything has an example, and each example fits."""
    the = Contract(document)
    found = []
    for method, path, item, spec in _operations(document):
        where = f"{method} {path}"
        contents = [spec.get("requestBody", {}).get("content", {})]
        contents += [the.resolve(response)["content"] for response in spec["responses"].values()]
        for media in (media for content in contents for media in content.values()):
            if not media.get("examples"):
                found.append(f"{where}: {media['schema']} has no example")
            for name, example in media.get("examples", {}).items():
                value = the.resolve(example)["value"]
                found += [f"{where} {name}: {fault}" for fault in the.faults(media["schema"], value)]
        for status, response in spec["responses"].items():
            for media in the.resolve(response)["content"].values():
                values = [the.resolve(example)["value"] for example in media.get("examples", {}).values()]
                wrong = [value for value in values if int(status) >= 400 and value.get("status") != int(status)]
                found += [f"{where} {status}: {value}" for value in wrong]
        for one in map(the.resolve, (*item.get("parameters", []), *spec.get("parameters", []))):
            if "example" in one:
                found += [f"{where} {one['name']}: {fault}" for fault in the.faults(one["schema"], one["example"])]
    return found


def used(document: Document) -> list[str]:
    """Nothing is described that no route has."""
    text = str(document)
    return [
        f"{kind} {name}"
        for kind in ("schemas", "responses", "parameters", "examples", "headers")
        for name in document["components"][kind]
        if f"#/components/{kind}/{name}'" not in text
    ]


CHECKS: list[Check] = [valid, routes, parameters, login, errors, closed, examples, used]


@pytest.mark.parametrize("check", CHECKS)
def test_the_document(check: Check) -> None:
    assert check(contract().document) == []


def test_the_gateway_answers_with_problems_too() -> None:
    responses = api()["GatewayResponses"]
    assert {name: str(responses[name]["StatusCode"]) for name in GATEWAY_STATUSES} == GATEWAY_STATUSES
    for name, response in responses.items():
        assert response["ResponseParameters"]["Headers"]["Content-Type"] == f"'{PROBLEM}'", name
        # What the gateway fills in is a quoted text.
        body = response["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"No"')
        problem = contract().faults({"$ref": "#/components/schemas/Problem"}, json.loads(body))
        assert problem == [], name
        assert f'"status":{response["StatusCode"]}' in body


def test_every_route_asks_for_the_token() -> None:
    assert api()["Auth"]["DefaultAuthorizer"] in api()["Auth"]["Authorizers"]
    for resource in project().source["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if isinstance(event, dict) and event.get("Type") == "Api":
                assert "Auth" not in event["Properties"]


def _reuse(document: Document, path: str, method: str) -> Document:
    return document["paths"][path][method]  # type: ignore[no-any-return]


SPOILT: list[tuple[Check, Callable[[Document], Any]]] = [
    (valid, lambda d: d.pop("info")),
    (valid, lambda d: d["components"]["schemas"]["Meter"].update(type="thing")),
    (routes, lambda d: d["paths"].pop("/uploads")),
    (routes, lambda d: d["paths"].update({"/nothing": {"get": _reuse(d, "/meters", "get")}})),
    (routes, lambda d: d["paths"]["/meters"].update(put=d["paths"]["/meters"].pop("post"))),
    (routes, lambda d: _reuse(d, "/jobs", "get").update(operationId="show_jobs")),
    (parameters, lambda d: d["paths"]["/meters/{meter_id}"].pop("parameters")),
    (parameters, lambda d: d["paths"]["/meters"].update(parameters=[{"$ref": "#/components/parameters/JobId"}])),
    (login, lambda d: d.pop("security")),
    (login, lambda d: _reuse(d, "/session", "post").update(security=[])),
    (login, lambda d: d["components"]["securitySchemes"]["IdToken"].update(scheme="basic")),
    (errors, lambda d: _reuse(d, "/jobs", "get")["responses"].pop("429")),
    (errors, lambda d: d["components"]["responses"]["NotFound"].update(content={"application/json": {"schema": {}}})),
    (closed, lambda d: d["components"]["schemas"]["Offer"].pop("additionalProperties")),
    (closed, lambda d: d["components"]["schemas"]["Problem"].update(additionalProperties=True)),
    (closed, lambda d: d["components"]["schemas"]["NewLocation"].update(additionalProperties=False)),
    (closed, lambda d: d["components"]["schemas"]["Completion"].pop("additionalProperties")),
    (examples, lambda d: d["components"]["examples"]["ReadMeter"]["value"].update(owner="ana")),
    (examples, lambda d: d["components"]["examples"]["NewReading"]["value"].update(value=123.456)),
    (examples, lambda d: d["components"]["parameters"]["JobId"].update(example="job")),
    (examples, lambda d: d["components"]["responses"]["Fault"]["content"][PROBLEM].pop("examples")),
    (
        examples,
        lambda d: _reuse(d, "/jobs", "get")["responses"].update({"500": {"$ref": "#/components/responses/Busy"}}),
    ),
    (used, lambda d: d["components"]["schemas"].update(Alarm={"type": "string"})),
]


@pytest.mark.parametrize(("check", "spoil"), SPOILT)
def test_a_spoilt_document_is_seen(check: Check, spoil: Callable[[Document], Any]) -> None:
    document = copy.deepcopy(contract().document)
    spoil(document)
    assert check(document)


def test_every_check_is_shown_a_spoilt_document() -> None:
    assert {check for check, _ in SPOILT} == set(CHECKS)


def _operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, spec in item.items():
            if method in METHODS:
                yield method.upper(), path, item, spec


def _objects(the: Contract, schema: Any, name: str = "", seen: frozenset[str] = frozenset()) -> Iterator[Any]:
    """Every schema with properties of its own inside `schema`, with the name of the nearest component."""
    if isinstance(schema, dict) and "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name in seen:
            return
        seen, schema = seen | {name}, the.resolve(schema)
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield name, schema
        for key, part in schema.items():
            if key not in ("if", "then", "else"):
                yield from _objects(the, part, name, seen)
    elif isinstance(schema, list):
        for part in schema:
            yield from _objects(the, part, name, seen)
