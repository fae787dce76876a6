"""openapi.yaml as tests use it: its routes, and what is wrong with an answer or a body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "openapi.yaml"
PROBLEM = "application/problem+json"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_URI = "urn:openapi"


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    # JSON Schema's `$` is the end alone; Python's also lets a line break pass.
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"does not match {pattern}")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})
_FORMATS = FormatChecker(["date-time", "uuid"])
assert {"date-time", "uuid"} <= set(FormatChecker.checkers), "a format would go unchecked"


@dataclass(frozen=True)
class Contract:
    """The document, read."""

    document: dict[str, Any]

    def operations(self) -> dict[str, tuple[str, str, dict[str, Any]]]:
        """Every operation by its id: method, path and what the document says of it."""
        return {
            spec["operationId"]: (method.upper(), path, spec)
            for path, item in self.document["paths"].items()
            for method, spec in item.items()
            if method in METHODS
        }

    def resolve(self, node: Any) -> Any:
        """`node`, or what its $ref names."""
        while isinstance(node, dict) and "$ref" in node and str(node["$ref"]).startswith("#/"):
            found: Any = self.document
            for part in node["$ref"][2:].split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def schema(self, name: str) -> dict[str, Any]:
        """The schema `name` of the document."""
        found: dict[str, Any] = self.document["components"]["schemas"][name]
        return found

    def faults(self, schema: Mapping[str, Any], instance: Any) -> list[str]:
        """Why `instance` does not fit `schema`, whose references are the document's."""
        resource = DRAFT202012.create_resource(self.document)
        registry: Registry[Any] = Registry().with_resource(_URI, resource)
        absolute = json.loads(json.dumps(schema).replace('"#/components/', f'"{_URI}#/components/'))
        validator = _Validator(absolute, registry=registry, format_checker=_FORMATS)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(instance)]

    def shape_faults(self, name: str, instance: Any) -> list[str]:
        """Why `instance` is no `name`."""
        return self.faults({"$ref": f"#/components/schemas/{name}"}, instance)

    def body_faults(self, operation_id: str, body: Any) -> list[str]:
        """Why `body` is no request body of the operation."""
        content = self.resolve(self.operations()[operation_id][2]["requestBody"])["content"]
        return self.faults(content["application/json"]["schema"], body)

    def answer_faults(self, operation_id: str, status: int, headers: Mapping[str, str], body: Any) -> list[str]:
        """Why an answer is none that the operation may give: status, type, headers, body."""
        response = self.resolve(self.operations()[operation_id][2]["responses"].get(str(status)))
        if response is None:
            return [f"{operation_id} may not answer {status}: {body}"]
        given = {name.lower(): value for name, value in headers.items()}
        found = []
        for name, header in response.get("headers", {}).items():
            spec = self.resolve(header)
            if name.lower() not in given:
                found += [f"no header {name}"] if spec.get("required") else []
            else:
                found += [f"{name} {fault}" for fault in self._header_faults(spec, given[name.lower()])]
        kind = given.get("content-type", "").split(";")[0]
        if kind not in response["content"]:
            return [*found, f"{kind} is none of {', '.join(response['content'])}"]
        found += self.faults(response["content"][kind]["schema"], body)
        if kind == PROBLEM and body.get("status") != status:
            found.append("the problem names another status")
        return found

    def _header_faults(self, spec: Mapping[str, Any], text: str) -> list[str]:
        number = spec["schema"].get("type") == "integer" and text.isdigit()
        return self.faults(spec["schema"], int(text) if number else text)


@cache
def contract() -> Contract:
    """The committed openapi.yaml."""
    return Contract(yaml.safe_load(FILE.read_text(encoding="utf-8")))
