"""`meterflow up` and `meterflow down`: the laptop cloud, from nothing to a reading that is answered."""

import argparse
import time
from typing import Any

from cli import demonstration
from local import cloud, deploy, endpoints, sender, site, users
from local.city import seed


def add_to(commands: Any) -> None:
    """Add both to the command line."""
    up = commands.add_parser("up", help="start the laptop cloud, deploy, seed, submit a demonstration reading")
    up.add_argument("--no-demonstration", action="store_true", help="do not submit a reading")
    up.set_defaults(run=run_up)
    down = commands.add_parser("down", help="stop what `up` started here; the data stay")
    down.set_defaults(run=run_down)


def run_up(arguments: argparse.Namespace) -> int:
    """Bring everything up, printing each stage."""
    started = time.monotonic()
    say = _say
    with cloud.only_one(say):
        say("starting the laptop cloud")
        cloud.up(say)
        say("deploying the stack")
        outputs = deploy.deploy(say)
    say("people, city and site")
    people = users.ensure(outputs["UserPoolId"], endpoints.known_users())
    sender.verify()
    seed.seed(deploy.resource("dynamodb"), tables(outputs), say=lambda line: say(f"  {line}"))
    where = endpoints.write(outputs, people)
    site.publish(deploy.client("s3"), outputs, where["region"], where["aws_endpoint_url"])
    if site.rebuild_pages_once(deploy.client("sqs"), outputs, deploy.fingerprint()):
        say("  map and dashboard are made anew")
    if not arguments.no_demonstration:
        say("a reading with a photo")
        demonstration.run(where, say)
    say(f"\nready after {time.monotonic() - started:.0f} s")
    for name in ("site_url", "map_url", "dashboard_url", "inbox_url", "api_url"):
        say(f"  {name.removesuffix('_url'):<10} {where[name]}")
    say(f"  log in with the users of {endpoints.file()}; stop with: make stop")
    return 0


def run_down(_arguments: argparse.Namespace) -> int:
    """Stop what runs here."""
    cloud.down(_say)
    return 0


def tables(outputs: dict[str, str]) -> dict[str, str]:
    """Table names by what they hold: `{"Meters": "meterflow-…"}`."""
    suffix = "TableName"
    return {key.removesuffix(suffix): value for key, value in outputs.items() if key.endswith(suffix)}


def _say(line: str) -> None:
    print(line, flush=True)
