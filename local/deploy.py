"""Deploy the template to the laptop cloud with the ordinary `sam build` and `sam deploy --config-env local`."""

import hashlib
import json
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3

from local import build, cloud, paths

STACK = "meterflow"
SOURCES = ("template.yaml", "samconfig.toml", "stacks", "statemachines", "functions", "layers")


class DeployFailed(RuntimeError):
    """`sam deploy` failed."""


def session() -> boto3.Session:
    """A boto3 session that talks to the laptop cloud when its clients are made by `client`."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=cloud.REGION)


def client(service: str) -> Any:
    """A boto3 client of the laptop cloud."""
    return session().client(service, endpoint_url=cloud.endpoint_url())


def resource(service: str) -> Any:
    """A boto3 resource of the laptop cloud."""
    return session().resource(service, endpoint_url=cloud.endpoint_url())


def source_files() -> Iterator[Path]:
    """Every file that decides what is deployed."""
    for name in SOURCES:
        path = paths.ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (f for f in files if f.is_file() and "__pycache__" not in f.parts)


def fingerprint() -> str:
    """SHA-256 of what is deployed: the sources and the runtime."""
    digest = hashlib.sha256(build.RUNTIME.encode())
    for file in source_files():
        digest.update(str(file.relative_to(paths.ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def parameters() -> list[str]:
    """The template's parameters on the laptop cloud, as sam takes them."""
    config = tomllib.loads((paths.ROOT / "samconfig.toml").read_text())
    overrides: list[str] = config["local"]["deploy"]["parameters"]["parameter_overrides"]
    return [*overrides, f"PythonRuntime={build.RUNTIME}", f"LocalPort={cloud.current_ports().emulator}"]


def outputs() -> dict[str, str]:
    """The stack's outputs, or nothing where it is not deployed."""
    cloudformation = client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        return {}
    if not stack["StackStatus"].endswith("_COMPLETE") or "ROLLBACK" in stack["StackStatus"]:
        return {}
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


def deploy(say: Callable[[str], None]) -> dict[str, str]:
    """Build and deploy where something has changed, and return the stack's outputs.

    Raises BuildFailed or DeployFailed with sam's own words.
    """
    record = paths.home() / "deployed.json"
    wanted = fingerprint()
    known = json.loads(record.read_text())["fingerprint"] if record.exists() else ""
    there = outputs()
    if known == wanted and there:
        say("  nothing has changed since the last deployment")
        return there
    say("  sam build")
    build.build("local")
    say("  sam deploy --config-env local")
    command = [
        str(paths.SAM), "deploy", "--template-file", str(build.BUILD / "template.yaml"),
        "--config-file", str(paths.ROOT / "samconfig.toml"), "--config-env", "local",
        "--parameter-overrides", *parameters(),
    ]  # fmt: skip
    env = cloud.credentials() | {"SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=paths.ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DeployFailed(f"sam deploy failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    record.write_text(json.dumps({"fingerprint": wanted}) + "\n")
    return outputs()
