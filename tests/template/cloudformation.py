"""Templates as data: read with their short tags, transformed by SAM's own translator, references in one written form.

Everything works offline. `Stack` is one template after the transform; `project()` is the root with its nested stacks.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"

Template = dict[str, Any]
Resource = dict[str, Any]

# Resources whose Ref is their ARN.
REF_IS_ARN = frozenset({"AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine", "AWS::SNS::Topic"})
# Local paths that SAM packages; the translator wants addresses in S3.
PACKAGED = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::Serverless::Api": "DefinitionUri",
}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, written out in the long form."""


def _tag(loader: Any, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)
# Dates stay text: `Version: 2012-10-17` is no date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> Template:
    """The template in `text`, short tags written out. Aliases become copies, so that nothing is shared."""
    template: Template = json.loads(json.dumps(yaml.load(text, Loader=_Loader)))
    return template


def template_files() -> list[Path]:
    """The root template and the nested stacks."""
    return [path for path in [TEMPLATE, *sorted((ROOT / "stacks").glob("*.yaml"))] if path.exists()]


@cache
def _session() -> boto3.Session:
    """A session for the translator, which asks it for the region and nothing else."""
    return boto3.Session(region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")


def transform(source: Template) -> Template:
    """`source` as CloudFormation sees it after the SAM transform. A plain template comes back unchanged."""
    if not str(source.get("Transform", "")).startswith("AWS::Serverless"):
        return source
    packaged = copy.deepcopy(source)
    for resource in packaged["Resources"].values():
        path = PACKAGED.get(resource["Type"])
        if path and isinstance(resource.get("Properties", {}).get(path), str):
            resource["Properties"][path] = "s3://bucket/key"
    parameters = {name: spec.get("Default", "x") for name, spec in packaged.get("Parameters", {}).items()}
    translated: Template = Translator({}, Parser(), boto_session=_session()).translate(packaged, parameters)
    return json.loads(json.dumps(translated))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Stack:
    """One template: as written (`source`), and as CloudFormation sees it."""

    source: Template
    plain: Template
    nested: Mapping[str, Stack] = field(default_factory=dict)

    @property
    def resources(self) -> dict[str, Resource]:
        """Resources after the transform."""
        resources: dict[str, Resource] = self.plain["Resources"]
        return resources

    def of_type(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of these types, by logical id."""
        return {name: r.get("Properties", {}) for name, r in self.resources.items() if r["Type"] in kinds}

    def text(self, value: Any) -> str:
        """`value` as one text, the same for every way of writing it: `${Queue.Arn}`, `arn:aws:…:${Bus}`.

        An attribute of a nested stack stays `${Storage.Outputs.MetersTableArn}`. What cannot be written so (If,
        ImportValue) comes back as its JSON.
        """
        if isinstance(value, (str, int, float, bool)):
            return self._written(str(value))
        if isinstance(value, dict) and len(value) == 1:
            (function, argument), *_ = value.items()
            if function == "Ref":
                return self._reference(argument)
            if function == "Fn::GetAtt":
                parts = argument if isinstance(argument, list) else argument.split(".", 1)
                return self._reference(".".join(map(str, parts)))
            if function == "Fn::Sub":
                template, names = argument if isinstance(argument, list) else (argument, {})
                return self._written(template, names)
            if function == "Fn::Join":
                separator, parts = argument
                if isinstance(parts, list):
                    return str(separator).join(self.text(part) for part in parts)
        return json.dumps(value, sort_keys=True)

    def _written(self, template: str, names: Mapping[str, Any] | None = None) -> str:
        def one(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            return self.text(names[name]) if names and name in names else self._reference(name)

        text = re.sub(r"\$\{(?!!)([^}]+)\}", one, template)
        return text.replace("${AWS::Partition}", "aws")

    def _reference(self, name: str) -> str:
        kind = self.resources.get(name, {}).get("Type") or self.source["Resources"].get(name, {}).get("Type")
        if kind in REF_IS_ARN:
            return f"${{{name}.Arn}}"
        return f"${{{name.replace('.TopicArn', '.Arn')}}}"

    def logical_id(self, value: Any) -> str | None:
        """The resource of this stack that `value` is a reference to, by Ref, ARN or attribute."""
        found = re.fullmatch(r"\$\{(\w+)(?:\.[\w.]+)?\}", self.text(value))
        return found.group(1) if found and found.group(1) in self.resources else None


def stack(source: Template, nested: Mapping[str, Stack] | None = None) -> Stack:
    """The stack that `source` describes."""
    return Stack(source, transform(source), nested or {})


@cache
def project() -> Stack:
    """template.yaml with its nested stacks by logical id."""
    source = parse(TEMPLATE.read_text(encoding="utf-8"))
    nested = {
        name: stack(parse((ROOT / resource["Properties"]["TemplateURL"]).read_text(encoding="utf-8")))
        for name, resource in source["Resources"].items()
        if resource["Type"] == "AWS::CloudFormation::Stack"
    }
    return stack(source, nested)


def everywhere(check: Callable[[Stack], list[str]]) -> list[str]:
    """What `check` finds in the root template and in each nested stack."""
    root = project()
    return [f"{name}: {found}" for name, here in [("template", root), *root.nested.items()] for found in check(here)]


def as_list(value: Any) -> list[Any]:
    """CloudFormation takes one or many in many places."""
    return value if isinstance(value, list) else [] if value is None else [value]


def statements(policy_document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy document, those of both branches of a condition included."""
    return [found for value in as_list(policy_document.get("Statement")) for found in _branches(value)]


def _branches(value: Any) -> list[dict[str, Any]]:
    if set(value) == {"Fn::If"}:
        return [found for branch in value["Fn::If"][1:] for found in _branches(branch)]
    return [] if value == {"Ref": "AWS::NoValue"} else [value]


def role_statements(role: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every statement in a role's inline policies."""
    for policy in role.get("Policies", []):
        yield from statements(policy["PolicyDocument"])


def grants(here: Stack, role: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What a role's own policies allow: (action, resource)."""
    return {
        (str(action), here.text(resource))
        for statement in role_statements(role)
        if statement.get("Effect") == "Allow"
        for action in as_list(statement.get("Action"))
        for resource in as_list(statement.get("Resource"))
    }


def managed_policies(here: Stack, role: Mapping[str, Any]) -> set[str]:
    """The names of the AWS managed policies of a role."""
    return {here.text(arn).rsplit("/", 1)[-1] for arn in role.get("ManagedPolicyArns", [])}


def role_of(here: Stack, properties: Mapping[str, Any], key: str = "Role") -> dict[str, Any]:
    """The properties of the role that a function (`Role`) or a machine or a target (`RoleArn`) names."""
    name = here.logical_id(properties.get(key))
    return here.resources[name].get("Properties", {}) if name else {}
