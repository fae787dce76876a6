"""What a person, a test or `sam local invoke` must know to reach the running laptop cloud."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local import cloud, deploy, paths, ports


def file() -> Path:
    """Where the endpoints are written."""
    return paths.home() / "endpoints.json"


def read() -> dict[str, Any]:
    """The endpoints of the running cloud. Raises FileNotFoundError where none was started here."""
    known: dict[str, Any] = json.loads(file().read_text())
    return known


def known_users() -> dict[str, dict[str, str]]:
    """The users that an earlier run wrote, or nobody."""
    users: dict[str, dict[str, str]] = read()["users"] if file().exists() else {}
    return users


def api_url(outputs: dict[str, str]) -> str:
    """The API where any client reaches it: by path, because not every resolver knows `*.localhost`."""
    api_id = urlsplit(outputs["ApiUrl"]).netloc.split(".")[0]
    stage = urlsplit(outputs["ApiUrl"]).path.strip("/")
    return f"{cloud.endpoint_url()}/restapis/{api_id}/{stage}/_user_request_"


def site_url(outputs: dict[str, str]) -> str:
    """The site's address on the emulator; browsers resolve `*.localhost`, others send it as the Host header."""
    label = urlsplit(outputs["SiteUrl"]).netloc.split(".")[0]
    return f"http://{label}.cloudfront.localhost:{cloud.current_ports().emulator}"


def write(outputs: dict[str, str], users: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Write `endpoints.json` and `env.json`, and return the first."""
    site = site_url(outputs)
    endpoints = {
        "aws_endpoint_url": cloud.endpoint_url(),
        "region": cloud.REGION,
        "stack_name": deploy.STACK,
        "api_url": api_url(outputs),
        "site_url": site,
        "map_url": f"{site}/map.html",
        "dashboard_url": f"{site}/dashboard.html",
        "inbox_url": f"http://{ports.HOST}:{cloud.current_ports().inbox}",
        "users": users,
        "outputs": outputs,
    }
    _private(paths.home() / "env.json", function_environments())
    _private(file(), endpoints)
    return endpoints


def _private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only the owner can read: it holds the demonstration's passwords."""
    paths.write_whole(path, json.dumps(content, indent=2) + "\n", mode=0o600)


def function_environments() -> dict[str, dict[str, str]]:
    """The environment of each function by logical id, as `sam local invoke -n` takes it.

    It is read from the functions that run, so it is what they have, and the emulator's address is added.
    """
    reach = {
        "AWS_ENDPOINT_URL": cloud.endpoint_url(),
        "AWS_ENDPOINT_URL_REKOGNITION": f"http://{ports.HOST}:{cloud.current_ports().rekognition}",
        "AWS_DEFAULT_REGION": cloud.REGION,
        "AWS_REGION": cloud.REGION,
    }
    # Listed, not asked for one by one: a second `make run` is mostly this.
    listed = deploy.client("lambda").get_paginator("list_functions").paginate()
    variables = {
        function["FunctionName"]: function.get("Environment", {}).get("Variables", {})
        for page in listed
        for function in page["Functions"]
    }
    pages = deploy.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=deploy.STACK)
    return {
        item["LogicalResourceId"]: variables[item["PhysicalResourceId"]] | reach
        for page in pages
        for item in page["StackResourceSummaries"]
        if item["ResourceType"] == "AWS::Lambda::Function"
    }
