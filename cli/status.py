"""`meterflow status`: what runs here, and where."""

import argparse
import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import cloud, deploy, endpoints, processes


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("status", help="what runs here, and where")
    command.add_argument("--json", action="store_true", help="print JSON and nothing else")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the state; exit 1 where the laptop cloud does not run completely, with its stack."""
    parts = {part: processes.running(part) for part in cloud.PARTS}
    up = all(parts.values())
    deployed = up and _deployed()
    where = endpoints.read() if deployed and endpoints.file().exists() else {}
    if arguments.json:
        print(json.dumps({"running": up, "parts": parts, "deployed": deployed, "endpoints": _public(where)}))
        return 0 if deployed else 1
    for part, runs in parts.items():
        print(f"{part:<12} {'running' if runs else 'stopped'}")
    print(f"{'stack':<12} {'deployed' if deployed else 'not deployed'}")
    for key in ("site_url", "map_url", "dashboard_url", "inbox_url", "api_url"):
        if key in where:
            print(f"{key.removesuffix('_url'):<12} {where[key]}")
    return 0 if deployed else 1


def _deployed() -> bool:
    """Whether the stack is there. An emulator that is still starting, or hangs, has none to show."""
    try:
        return bool(deploy.outputs())
    except (BotoCoreError, ClientError):
        return False


def _public(where: dict[str, Any]) -> dict[str, Any]:
    """The endpoints without the people and their passwords."""
    return {key: value for key, value in where.items() if key != "users"}
