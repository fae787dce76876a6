"""Run one function by `sam local invoke` on its sample event, against the running laptop cloud.

Needs Docker: sam runs the function in a container like Lambda's, with the artefact and the layers that were built. Two
things of the template would not work there, so sam gets a small template of this one function, made from the built one:

- names such as `!Ref ReadingsTable` have no value outside a stack; `.local/env.json` has the real ones, and sam takes
  from it only variables that the template declares, `AWS_ENDPOINT_URL` among them, which on AWS nobody declares;
- the container has a network of its own, and the laptop cloud listens on the loopback interface only: see
  `local.forward`.
"""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from local import build, cloud, forward, paths

# What a container takes from a function's properties; the rest (policies, events, logs) is for the cloud.
CONTAINER_PROPERTIES = ("Runtime", "Handler", "Architectures", "CodeUri", "Layers", "Timeout", "MemorySize")
ENDPOINT = "AWS_ENDPOINT_URL"
# Where sam keeps what it would put into the home folder.
SAM_FOLDER = paths.TOOLS.parent / "sam"
# Building the image of the layers comes on top of the function's own limit, and a busy machine is slow at it.
LONGEST_SECONDS = 240


class InvokeFailed(RuntimeError):
    """`sam local invoke` could not run the function, or the function raised."""


def docker_works() -> bool:
    """Whether a Docker engine answers."""
    try:
        forward.bridge_gateway()
    except OSError:
        return False
    return True


def step_folders() -> dict[str, Path]:
    """Every function's folder by `<workflow>/<step>`."""
    return {f"{p.parent.parent.name}/{p.parent.name}": p.parent for p in paths.ROOT.glob("functions/*/*/app.py")}


def find(name: str) -> str:
    """The `<workflow>/<step>` that `name` means. Raises InvokeFailed where it means none or several."""
    known = step_folders()
    matches = [name] if name in known else [key for key in known if key.split("/")[1] == name]
    if len(matches) != 1:
        choice = ", ".join(sorted(matches or known))
        raise InvokeFailed(f"{name!r} is {'several steps' if matches else 'no step'}; choose one of: {choice}")
    return matches[0]


def logical_id(step: str) -> str:
    """The resource's name: `validate_reading` is `ValidateReadingFunction`."""
    return "".join(word.title() for word in step.split("/")[-1].split("_")) + "Function"


def event_file(step: str) -> Path:
    """The sample event of `<workflow>/<step>`."""
    return paths.ROOT / "events" / f"{step}.json"


def container_template(built: Mapping[str, Any], name: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """A template of the function `name` of the template that `sam build` wrote, with its layers and nothing else.

    It declares `variables`, whose values sam takes from the file of environments, and points to the built artefacts.
    Raises InvokeFailed where the built template has no such function.
    """
    if name not in built["Resources"]:
        raise InvokeFailed(f"{name} is not built; build it with: make run")
    layers = {
        key: {**resource, "Properties": _with_artefact(resource["Properties"], "ContentUri")}
        for key, resource in built["Resources"].items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }
    everything = built["Globals"]["Function"] | built["Resources"][name]["Properties"]
    function = {key: everything[key] for key in CONTAINER_PROPERTIES if key in everything}
    function["Environment"] = {"Variables": dict.fromkeys(variables, "")}
    resource = {"Type": "AWS::Serverless::Function", "Properties": _with_artefact(function, "CodeUri")}
    return {
        "AWSTemplateFormatVersion": built["AWSTemplateFormatVersion"],
        "Transform": built["Transform"],
        "Parameters": {"PythonRuntime": built["Parameters"]["PythonRuntime"]},
        "Resources": layers | {name: resource},
    }


def _with_artefact(properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**properties, name: str(build.BUILD / properties[name])}


@contextlib.contextmanager
def container_environment(variables: Mapping[str, str], gateway: str) -> Iterator[dict[str, str]]:
    """`variables` as the container may use them while the context lasts: its endpoints are reachable from inside."""
    with contextlib.ExitStack() as stack:
        changed = {}
        for name, value in variables.items():
            if name.startswith(ENDPOINT):
                address = stack.enter_context(forward.reachable(urlsplit(value).port or 80, gateway))
                changed[name] = urlsplit(value)._replace(netloc=address).geturl()
        yield {**variables, **changed}


def deployed_settings(step: str) -> dict[str, str]:
    """The environment of the function as it is deployed. Raises FileNotFoundError or KeyError where it is not."""
    settings: dict[str, str] = json.loads((paths.home() / "env.json").read_text())[logical_id(step)]
    return settings


def invoke(step: str, event: Path, changes: Mapping[str, str] | None = None) -> Any:
    """The function's result as JSON. Raises InvokeFailed where it raised, gave none, or sam failed.

    `changes` are settings that shall differ from those of the deployed function.
    """
    name = logical_id(step)
    try:
        built = yaml.load((build.BUILD / "template.yaml").read_text(), Loader=yaml.CSafeLoader)
        variables = deployed_settings(step) | dict(changes or {})
    except (FileNotFoundError, KeyError) as error:
        raise InvokeFailed(f"{name} is not deployed here ({error}); start the laptop cloud with: make run") from None
    with (
        container_environment(variables, forward.bridge_gateway()) as environment,
        tempfile.TemporaryDirectory(prefix="invoke-", dir=paths.home()) as folder,
    ):
        template, environments = Path(folder, "template.json"), Path(folder, "env.json")
        template.write_text(json.dumps(container_template(built, name, environment)))
        environments.write_text(json.dumps({name: environment}))
        command = [
            str(paths.SAM), "local", "invoke", name, "--event", str(event),
            "--template-file", str(template), "--env-vars", str(environments),
            "--skip-pull-image", "--layer-cache-basedir", str(SAM_FOLDER / "layers"), "--region", cloud.REGION,
            "--parameter-overrides", f"PythonRuntime={build.RUNTIME}",
        ]  # fmt: skip
        code, out, err = _run(command)
    try:
        result = parse(out)
    except ValueError:
        raise InvokeFailed(f"{step} gave no result: {out[-500:]}{err[-1500:]}") from None
    if code or (isinstance(result, dict) and "errorType" in result):
        raise InvokeFailed(f"{step}: {out[-500:]}{err[-1500:]}")
    return result


def _run(command: list[str]) -> tuple[int, str, str]:
    """Exit status and output of sam. Where it takes too long it is asked to stop: killed, it leaves its container."""
    with subprocess.Popen(
        command,
        cwd=paths.ROOT,
        env=cloud.credentials() | {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(SAM_FOLDER)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sam:
        try:
            out, err = sam.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            sam.send_signal(signal.SIGINT)
            out, err = sam.communicate()
            raise InvokeFailed(f"no result within {LONGEST_SECONDS} s: {out[-500:]}{err[-1500:]}") from None
    return sam.returncode, out, err


def parse(output: str) -> Any:
    """The last JSON line of sam's standard output, which is the function's result. Raises ValueError without one."""
    for line in reversed(output.strip().splitlines()):
        with contextlib.suppress(ValueError):
            return json.loads(line)
    raise ValueError("no line is JSON")


def main() -> None:
    """Entry point of `make invoke STEP=…`."""
    try:
        step = find(sys.argv[1])
        if not docker_works():
            raise InvokeFailed("sam local invoke needs Docker, and no Docker engine answers here")
        if not cloud.is_up():
            raise InvokeFailed("the laptop cloud is not running; start it with: make run")
        result = invoke(step, event_file(step))
    except InvokeFailed as error:
        raise SystemExit(f"invoke: {error}") from None
    print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
