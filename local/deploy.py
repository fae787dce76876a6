"""Deploy the template to the laptop cloud with the ordinary `sam build` and `sam deploy --config-env local`."""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session

from local import build, cloud, paths, sam, samconfig, stack

STACK = "meterflow"
# What a person loses here with a stack that can only be made anew. The old tables and buckets stay in the emulator's
# state, as on AWS, but nothing reads them any more.
LOSS = "readings, photos and messages so far are lost to it, and the city is seeded again"
SOURCES = ("template.yaml", "samconfig.toml", "stacks", "statemachines", "functions", "layers")


class DeployFailed(RuntimeError):
    """`sam deploy` failed."""


@functools.cache
def session() -> boto3.Session:
    """A boto3 session that talks to the laptop cloud when its clients are made by `client`.

    It knows nothing of the person's own profiles, files and AWS_PROFILE: the second item of each is the variable that
    it would be read from. One session for all, because each reads every service's description anew.
    """
    own = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    core = botocore.session.Session(session_vars=own)
    return boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=cloud.REGION, botocore_session=core
    )


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
    """SHA-256 of what is deployed: the sources, the runtime and the parameters, which know the port."""
    digest = hashlib.sha256("\0".join(parameters()).encode())
    for file in source_files():
        digest.update(b"\0" + str(file.relative_to(paths.ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def parameters() -> list[str]:
    """The template's parameters on the laptop cloud, as sam takes them."""
    return [
        *samconfig.parameters("local"),
        f"PythonRuntime={build.RUNTIME}",
        f"LocalPort={cloud.current_ports().emulator}",
    ]


def outputs() -> dict[str, str]:
    """The stack's outputs, or nothing where it is not deployed."""
    return stack.outputs(client("cloudformation"), STACK)


def deploy(say: Callable[[str], None]) -> dict[str, str]:
    """Build and deploy where something has changed, and return the stack's outputs.

    Raises BuildFailed or DeployFailed with sam's own complaint, StackBroken where the stack can not be deployed to.
    """
    record = paths.home() / "deployed.json"
    wanted = fingerprint()
    known = json.loads(record.read_text())["fingerprint"] if record.exists() else ""
    there = outputs()
    if known == wanted and there:
        say("  nothing has changed since the last deployment")
        return there
    say("  sam build")
    environment = cloud.credentials()
    build.build("local", say, environment)
    cloudformation = client("cloudformation")
    stack.mend(cloudformation, stack.SAM_BUCKET_STACK, "what sam uploaded is uploaded again", say)
    stack.mend(cloudformation, STACK, LOSS, say)
    # From here to its end the stack is neither what it was nor what is wanted: an interrupted run starts again here.
    record.unlink(missing_ok=True)
    say("  sam deploy --config-env local")
    arguments = [
        "deploy", "--template-file", str(build.BUILD / "template.yaml"),
        "--config-file", str(paths.ROOT / "samconfig.toml"), "--config-env", "local",
        "--parameter-overrides", *parameters(),
    ]  # fmt: skip
    log = paths.log_file("sam-deploy")
    if sam.run(arguments, environment, log, how_far, say):
        reason = stack.first_failure(cloudformation, STACK) or sam.complaint(log)
        raise DeployFailed(f"sam deploy failed: {reason} (all of it: {log})")
    paths.write_whole(record, json.dumps({"fingerprint": wanted}) + "\n")
    return outputs()


def how_far(output: str) -> str:
    """How far `sam deploy` is, from what it printed: artefacts packed first, then resources made or changed."""
    lines = [line.strip() for line in output.splitlines()]
    finished = sum(line.startswith(("CREATE_COMPLETE", "UPDATE_COMPLETE ")) for line in lines)
    # An upload repeats its line as it goes on; the name in it is the content's hash.
    packed = {line.split("  ")[0] for line in lines if line.startswith(("Uploading to ", "File with same data "))}
    return f"    {finished} resources" if finished else f"    {len(packed)} artefacts packed"
