"""The code in Lambda keeps decision 0005, and each check has been seen to refuse bad code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.template import code
from tests.template.cloudformation import project
from tests.template.names import template_functions

HANDLERS = code.handlers()
DOMAIN = [path for path in code.domain_files() if path.name not in code.OUTSIDE]


# Run in a process of its own, without environment: imports every handler and says which could not be.
IMPORTS = """
import importlib.util, json, socket, sys

def refuse(*_, **__):
    raise OSError("opened a socket while it was imported")

socket.socket.connect = refuse
arguments = json.loads(sys.argv[1])
sys.path.insert(0, arguments["layer"])
failed = {}
for number, path in enumerate(arguments["handlers"]):
    spec = importlib.util.spec_from_file_location(f"app_{number}", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, path.rsplit("/", 1)[0])
    try:
        spec.loader.exec_module(module)
        assert callable(module.handler)
    except BaseException as error:
        failed[path] = f"{type(error).__name__}: {error}"
    sys.path.pop(0)
print(json.dumps(failed))
"""


def _id(path: Path) -> str:
    return str(path.relative_to(code.ROOT))


def test_there_are_functions() -> None:
    assert HANDLERS, "functions/ holds no app.py"
    assert DOMAIN, "the domain package is empty"


@pytest.mark.parametrize("path", HANDLERS, ids=_id)
def test_handler(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    own = code.required(path.with_name("requirements.txt"))
    imports = code.check_handler_imports(source, own, code.beside(path))
    assert code.check_length(source) + imports + code.check_wrapped(source) == []


@pytest.mark.parametrize("path", HANDLERS, ids=_id)
def test_artefact_brings_all_that_its_imports_reach(path: Path) -> None:
    reached = {*code.own_files(path), *(file for own in code.own_files(path) for file in code.reached_from(own))}
    modules = {module for file in reached for module in code.imported(file.read_text(encoding="utf-8"))}
    modules = {module for module in modules if module.split(".")[0] not in code.beside(path)}
    brought = code.required(path.with_name("requirements.txt")) | code.required(code.LAYER_REQUIREMENTS)
    assert code.check_shipped(modules, brought) == []


@pytest.mark.parametrize("path", DOMAIN, ids=_id)
def test_domain_knows_nothing_of_the_outside(path: Path) -> None:
    assert code.check_domain(path.read_text(encoding="utf-8")) == []


def test_modules_beside_a_handler_have_names_of_their_own() -> None:
    """Tests and the command load several functions into one process: `import pixels` must mean one module."""
    names = [name for path in HANDLERS for name in code.beside(path)]
    assert sorted(names) == sorted(set(names))
    assert not [name for name in names if name in sys.stdlib_module_names]


def test_nothing_is_called_over_plain_http() -> None:
    found = {
        _id(path): problems
        for path in code.deployed_files()
        if (problems := code.check_plain_connections(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_modules_are_named_for_a_concept() -> None:
    assert [problem for path in code.deployed_files() for problem in code.check_name(path.name)] == []


def test_consumers_of_batches_report_what_failed() -> None:
    root = project()
    folders = dict(template_functions(root.source))
    consumers = {
        str(root.logical_id(mapping["FunctionName"]))
        for mapping in root.of_type("AWS::Lambda::EventSourceMapping").values()
    }
    assert consumers, "the template maps no stream and no queue"
    found = {
        name: code.check_batch_handler((code.ROOT / folders[name] / "app.py").read_text(encoding="utf-8"))
        for name in consumers
    }
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_the_source_of_truth_is_written_conditionally() -> None:
    path = code.DOMAIN / "adapters" / "source_of_truth.py"
    source = path.read_text(encoding="utf-8")
    assert "put_object" in source, "the source of truth is written somewhere else now: follow it"
    assert code.check_conditional_puts(source) == []


def test_one_group_for_each_shard_and_every_queue_of_changes_is_fifo() -> None:
    queues = {p["QueueName"]: p for p in map(_named, project().of_type("AWS::SQS::Queue").values()) if p["QueueName"]}
    fifo = [name for name, properties in queues.items() if properties.get("FifoQueue")]
    assert any(name.endswith("df-queue.fifo") for name in fifo), f"df-queue.fifo is not there: {sorted(queues)}"
    sender = (code.DOMAIN / "adapters" / "queues.py").read_text(encoding="utf-8")
    assert "MessageGroupId" in sender
    assert "MessageDeduplicationId" in sender


def _named(properties: dict[str, object]) -> dict[str, object]:
    return {**properties, "QueueName": project().text(properties.get("QueueName", ""))}


def test_handlers_import_without_region_environment_and_network(tmp_path: Path) -> None:
    """One child process imports them all: no client, no setting and no socket may be needed for that."""
    script = tmp_path / "imports.py"
    script.write_text(IMPORTS)
    arguments = json.dumps({"layer": str(code.LAYER), "handlers": [str(path) for path in HANDLERS]})
    answer = subprocess.run(
        [sys.executable, "-I", str(script), arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {}


@pytest.mark.parametrize(
    ("check", "source", "word"),
    [
        (code.check_length, "x = 1\n" * 121, "121 lines"),
        (lambda source: code.check_handler_imports(source, set()), "import boto3", "adapter"),
        (lambda source: code.check_handler_imports(source, set()), "from botocore.config import Config", "adapter"),
        (lambda source: code.check_handler_imports(source, set()), "from PIL import Image", "PIL"),
        (lambda source: code.check_handler_imports(source, {"jinja2"}), "import folium", "folium"),
        (code.check_wrapped, "def handler(event, context): ...", "@step"),
        (code.check_wrapped, "handler = Handler()", "route"),
        (code.check_wrapped, "def main(): ...", "no handler"),
        (code.check_domain, "import boto3", "boto3"),
        (code.check_domain, "from meterflow.adapters import meters", "adapter"),
        (code.check_domain, "import os\nx = os.environ['A']", "environment"),
        (code.check_domain, "from datetime import datetime\nx = datetime.now()", "clock"),
        (code.check_plain_connections, "get('http://provider.example')", "without TLS"),
        (code.check_plain_connections, "get('http://www.w3.org/2000/svg.js')", "without TLS"),
        (code.check_plain_connections, "client('s3', use_ssl=False)", "turns use_ssl off"),
        (code.check_plain_connections, "get(url, verify=False)", "turns verify off"),
        (code.check_batch_handler, "def f():\n    return {'statusCode': 500}", "status code"),
        (code.check_batch_handler, "from meterflow.http import respond", "status code"),
        (code.check_batch_handler, "try:\n    f()\nexcept Exception:\n    log()", "swallows"),
        (code.check_batch_handler, "try:\n    f()\nexcept:\n    log()", "swallows"),
        (code.check_conditional_puts, "client('s3').put_object(Key='a')", "IfMatch"),
        (code.check_conditional_puts, "client('s3').put_object(**arguments)", "IfMatch"),
    ],
)
def test_bad_code_is_refused(check: Callable[[str], list[str]], source: str, word: str) -> None:
    assert any(word in problem for problem in check(source)), check(source)


def test_good_code_passes() -> None:
    handler = (
        "from meterflow.observability import step\nfrom PIL import Image\n@step\ndef handler(event, context): ...\n"
    )
    assert code.check_handler_imports(handler, {"pillow"}) + code.check_wrapped(handler) == []
    assert code.check_wrapped("handler = route(handle)") == []
    assert code.check_batch_handler("try:\n    f()\nexcept ValueError:\n    failed.append(1)\n") == []
    assert code.check_conditional_puts("put = client('s3').put_object(Key='a', IfMatch=etag)") == []
    assert code.check_name("reading.py") == []
    assert code.check_name("utils.py") != []


def test_imports_are_followed_through_the_domain_package(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text("from meterflow.adapters import claims\n")
    reached = {path.name for path in code.reached_from(app)}
    assert {"claims.py", "aws.py", "errors.py"} <= reached
    modules = {module for path in code.reached_from(app) for module in code.imported(path.read_text(encoding="utf-8"))}
    assert "boto3" in modules
    assert code.check_shipped(modules | {"numpy"}, set()) == ["needs numpy, which nothing in its artefact brings"]
    assert "markupsafe" in code.required(_write(tmp_path / "requirements.txt", "jinja2==3.1.6  # pages\n"))


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
