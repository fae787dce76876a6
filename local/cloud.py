"""Start and stop the laptop cloud: the AWS emulator, the Rekognition stand-in and the inbox page."""

import contextlib
import fcntl
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from local import emulator, paths, ports, processes

Say = Callable[[str], None]

REGION = "eu-central-1"
# Started in this order and stopped in the other.
PARTS = ("rekognition", "emulator", "inbox")
START_SECONDS = 90


class CloudFailed(RuntimeError):
    """A part of the laptop cloud did not come up."""


def _ports_file() -> Path:
    return paths.home() / "ports.json"


def current_ports() -> ports.Ports:
    """The ports that the running cloud took, or those that a new one would take."""
    if _ports_file().exists():
        return ports.Ports(**json.loads(_ports_file().read_text()))
    return ports.chosen()


def endpoint_url() -> str:
    """Where the emulator answers."""
    return f"http://{ports.HOST}:{current_ports().emulator}"


def credentials(url: str | None = None) -> dict[str, str]:
    """The environment with which boto3 and sam talk to the laptop cloud, and to nothing else."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return clean | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": url or endpoint_url(),
        # Whoever has accounts keeps them in these files: nothing of theirs belongs here.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # botocore would put bucket names into host names that only some resolvers know.
        "AWS_S3_ADDRESSING_STYLE": "path",
    }


@contextlib.contextmanager
def only_one(say: Say) -> Iterator[None]:
    """Let one command at a time start, build and deploy in this clone: they share `.aws-sam`. The others wait."""
    paths.TOOLS.parent.mkdir(parents=True, exist_ok=True)
    with (paths.TOOLS.parent / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting: another command starts or deploys a laptop cloud of this clone")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def up(say: Say) -> None:
    """Start every part that does not run yet and wait until each answers.

    Raises PortBusy where a stranger has one of the ports, CloudFailed with the log's place where a part dies; then
    what was started here is ended again.
    """
    chosen = current_ports() if any(map(processes.running, PARTS)) else ports.chosen()
    places = {
        "rekognition": (chosen.rekognition, "the text reader", "/health"),
        "emulator": (chosen.emulator, "the AWS emulator", "/_ministack/health"),
        "inbox": (chosen.inbox, "the inbox page", "/messages.json"),
    }
    missing = [part for part in PARTS if not processes.running(part)]
    for part in missing:
        # What a part that died left behind (the emulator's workers) must not live beside its successor.
        processes.stop(part)
        ports.require_free(places[part][0], places[part][1])
    paths.write_whole(_ports_file(), json.dumps(chosen.__dict__) + "\n")
    emulator_url = f"http://{ports.HOST}:{chosen.emulator}"
    options = {
        "rekognition": ["--port", str(chosen.rekognition), "--s3-endpoint-url", emulator_url],
        "emulator": [],
        "inbox": ["--port", str(chosen.inbox), "--endpoint", emulator_url],
    }
    started = time.monotonic()
    try:
        for part in missing:
            env = emulator.environment(chosen) if part == "emulator" else credentials(emulator_url)
            processes.start(part, [sys.executable, "-m", f"local.{part}", *options[part]], env)
        for part in PARTS:
            port, what, health = places[part]
            _wait_for(part, f"http://{ports.HOST}:{port}{health}")
            age = f"({time.monotonic() - started:.1f} s)" if part in missing else "(was running)"
            say(f"  {what:<18} http://{ports.HOST}:{port}  {age}")
    except BaseException:
        for part in reversed(missing):
            processes.stop(part)
        raise


def _wait_for(part: str, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not processes.running(part):
            words = paths.log_file(part).read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise CloudFailed(f"{part} ended while starting: {words[-1].strip()} (its log: {paths.log_file(part)})")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CloudFailed(f"{part} did not answer within {START_SECONDS} s (its log: {paths.log_file(part)})")


def down(say: Say) -> None:
    """End what `up` started in this clone, and nothing else. The data stay for the next `up`."""
    for part in reversed(PARTS):
        if processes.stop(part):
            say(f"  stopped {part}")
    _ports_file().unlink(missing_ok=True)


def is_up() -> bool:
    """Whether every part runs."""
    return all(processes.running(part) for part in PARTS)
