"""A change of a meter reaches the source of truth, the map and the dashboard, and carries no script into them."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from meterflow import fleet, geohash, session
from meterflow.clock import now, to_text
from tests.integration.conftest import Cloud

# Fields outside the seeded city, each in a cell of its own.
FIELD = {"lat": 38.42, "lon": -0.56}
ELSEWHERE = {"lat": 38.48, "lon": -0.62}
SCRIPT = "</script><script>alert(1)</script>"
IMAGE = "<img src=x onerror=1>"
# A page is made some seconds after the change; a busy machine needs more.
PATIENCE = 90


def cell(place: dict[str, float]) -> str:
    return geohash.encode(place["lat"], place["lon"], fleet.SHARD_PRECISION)


def lake(laptop: Cloud, key: str) -> dict[str, Any]:
    """A document of the source of truth, empty where there is none."""
    s3 = laptop.client("s3")
    try:
        body = s3.get_object(Bucket=laptop.outputs["LakeBucketName"], Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    found: dict[str, Any] = json.loads(body)
    return found


def state(laptop: Cloud, place: dict[str, float], meter_id: str) -> dict[str, Any] | None:
    """What the shard of `place` says of the meter; None where it is not, or no longer, there."""
    shard = lake(laptop, f"meters/shards/{cell(place)}.json")
    found: dict[str, Any] | None = shard.get("meters", {}).get(meter_id, {}).get("state")
    return found


@pytest.fixture(scope="module")
def cookie(laptop: Cloud) -> str:
    """An operator's session, as POST /session gives it."""
    answer = laptop.request("POST", "/session", {}, token=laptop.session("operator").id_token)
    assert answer.status_code == 200
    return answer.headers["Set-Cookie"].split(";")[0].removeprefix(f"{session.COOKIE}=")


def page(laptop: Cloud, path: str, cookie: str) -> requests.Response:
    """A page of the site, through its distribution."""
    headers = {"Host": urlsplit(laptop.endpoints["site_url"]).netloc, "Cookie": f"{session.COOKIE}={cookie}"}
    url = laptop.endpoints["aws_endpoint_url"] + path
    answer = requests.get(url, headers=headers, allow_redirects=False, timeout=60)
    assert answer.status_code in (200, 403), (path, answer.status_code)
    return answer


def point(laptop: Cloud, place: dict[str, float], meter_id: str, cookie: str) -> dict[str, Any] | None:
    """The meter as the map draws it; None where it is not on the map."""
    answer = page(laptop, f"/data/shards/{cell(place)}.json", cookie)
    features = answer.json()["features"] if answer.status_code == 200 else []
    return next((one["properties"] for one in features if one["properties"]["meter_id"] == meter_id), None)


def published(laptop: Cloud, version: int, cookie: str) -> bool:
    """Whether index, map and dashboard are made from the manifest of `version` or a newer one."""
    index = page(laptop, "/data/index.json", cookie)
    if index.status_code != 200 or index.json()["version"] < version:
        return False
    s3, bucket = laptop.client("s3"), laptop.outputs["SiteBucketName"]
    versions = [
        int(s3.head_object(Bucket=bucket, Key=key)["Metadata"]["version"])
        for key in ("map.html", "dashboard.html", "data/map-init.js")
    ]
    return min(versions) >= version


def test_a_meter_and_its_reading_travel_to_map_and_dashboard(laptop: Cloud, cookie: str) -> None:
    before = lake(laptop, "meters/manifest.json")
    meter_id = laptop.new_meter(location=FIELD, zone="pipeline")
    new = laptop.eventually(lambda: state(laptop, FIELD, meter_id), PATIENCE)
    assert "read_at" not in new
    drawn = laptop.eventually(lambda: point(laptop, FIELD, meter_id, cookie), PATIENCE)
    assert drawn["status"] == "no_reading"

    taken_at = to_text((now() - timedelta(minutes=5)).replace(microsecond=0))
    assert laptop.settled(laptop.submit(meter_id, "00042.000", taken_at=taken_at))["status"] == "ACCEPTED"
    laptop.eventually(lambda: (state(laptop, FIELD, meter_id) or {}).get("read_at") == taken_at, PATIENCE)
    manifest = lake(laptop, "meters/manifest.json")
    assert manifest["version"] > before.get("version", 0)
    entry = manifest["shards"][cell(FIELD)]
    shard = lake(laptop, f"meters/shards/{cell(FIELD)}.json")
    assert entry["version"] <= shard["version"]

    laptop.eventually(lambda: published(laptop, manifest["version"], cookie), PATIENCE)
    drawn = point(laptop, FIELD, meter_id, cookie)
    assert drawn is not None
    assert (drawn["status"], drawn["read_at"], drawn["kind"]) == ("ok", taken_at, "water")
    dashboard = page(laptop, "/dashboard.html", cookie)
    assert dashboard.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "pipeline" in dashboard.text
    total = sum(sum(group["by_status"].values()) for one in manifest["shards"].values() for group in one["groups"])
    assert total > 300
    map_page = page(laptop, "/map.html", cookie)
    assert "/data/map-init.js" in map_page.text
    assert "leaflet" in map_page.text
    # Nobody's door and nobody's name are on the pages.
    meter = laptop.table("Meters").get_item(Key={"meter_id": meter_id})["Item"]
    assert meter["owner"] not in json.dumps(shard) + map_page.text + dashboard.text


def test_a_meter_that_moves_leaves_its_old_cell(laptop: Cloud) -> None:
    meter_id = laptop.new_meter(location=FIELD)
    laptop.eventually(lambda: state(laptop, FIELD, meter_id), PATIENCE)
    place = {"lat": str(ELSEWHERE["lat"]), "lon": str(ELSEWHERE["lon"])}
    laptop.table("Meters").update_item(
        Key={"meter_id": meter_id},
        UpdateExpression="SET #location = :place",
        ExpressionAttributeNames={"#location": "location"},
        ExpressionAttributeValues={":place": place},
    )
    laptop.eventually(lambda: state(laptop, ELSEWHERE, meter_id), PATIENCE)
    laptop.eventually(lambda: state(laptop, FIELD, meter_id) is None, PATIENCE)


def test_twenty_at_once_in_one_cell_lose_none(laptop: Cloud) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _n: laptop.new_meter(location=FIELD), range(20)))

    def all_there() -> Any:
        shard = lake(laptop, f"meters/shards/{cell(FIELD)}.json")
        return set(ids) <= {meter_id for meter_id, row in shard["meters"].items() if row.get("state")} and shard

    shard = laptop.eventually(all_there, PATIENCE)

    def counted() -> bool:
        entry = lake(laptop, "meters/manifest.json")["shards"][cell(FIELD)]
        count = sum(sum(group["by_status"].values()) for group in entry["groups"])
        return bool(entry["version"] >= shard["version"] and count >= len(ids))

    laptop.eventually(counted, PATIENCE)


def test_hostile_text_in_a_meter_stays_text_wherever_it_is_served(laptop: Cloud, cookie: str) -> None:
    location = FIELD | {"address": SCRIPT}
    meter_id = laptop.new_meter(location=location, serial_number="AL-1", zone="hostile")
    # What the API might refuse, the table can hold all the same: an import, an older version.
    laptop.table("Meters").update_item(
        Key={"meter_id": meter_id},
        UpdateExpression="SET serial_number = :serial, #zone = :zone, risk_level = :risk",
        ExpressionAttributeNames={"#zone": "zone"},
        ExpressionAttributeValues={":serial": IMAGE, ":zone": SCRIPT, ":risk": "CRITICAL"},
    )
    laptop.eventually(lambda: (state(laptop, FIELD, meter_id) or {}).get("zone") == SCRIPT, PATIENCE)
    version = lake(laptop, "meters/manifest.json")["version"]
    laptop.eventually(lambda: published(laptop, version, cookie), PATIENCE)

    for path in ("/map.html", "/dashboard.html", "/data/map-init.js"):
        text = page(laptop, path, cookie).text
        assert "<script>alert" not in text, path
        assert "onerror" not in text, path
    # Listed, because it is critical, and escaped.
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page(laptop, "/dashboard.html", cookie).text
    for path in ("/data/index.json", f"/data/shards/{cell(FIELD)}.json"):
        answer = page(laptop, path, cookie)
        # Data, which no browser takes for a page; the map's script writes it as text.
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "onerror" not in answer.text
    # Where nobody waits for it any more.
    laptop.table("Meters").delete_item(Key={"meter_id": meter_id})
    laptop.eventually(lambda: state(laptop, FIELD, meter_id) is None, PATIENCE)


def functions(laptop: Cloud) -> dict[str, str]:
    """The deployed functions' names by logical id."""
    pages = (
        laptop.client("cloudformation")
        .get_paginator("list_stack_resources")
        .paginate(StackName=laptop.endpoints["stack_name"])
    )
    return {
        item["LogicalResourceId"]: item["PhysicalResourceId"]
        for one in pages
        for item in one["StackResourceSummaries"]
        if item["ResourceType"] == "AWS::Lambda::Function"
    }


def change(place: dict[str, float], meter_id: str, sequence: int = 1) -> dict[str, Any]:
    """A change of a meter, as the queue carries it."""
    found = fleet.MeterState(meter_id=meter_id, kind="water", zone="z", **place)
    return {
        "meter_id": meter_id,
        "shard": cell(place),
        "sequence": str(sequence),
        "changed_at": to_text(now()),
        "state": found.model_dump(mode="json"),
    }


def test_a_broken_message_holds_up_its_own_cell_only(laptop: Cloud) -> None:
    ids = {name: f"T-{name}-{uuid.uuid4().hex[:8].upper()}" for name in ("before", "after", "other")}
    good = {name: json.dumps(change(ELSEWHERE if name == "other" else FIELD, one)) for name, one in ids.items()}
    bodies = [
        ("1", cell(FIELD), good["before"]),
        ("2", cell(FIELD), '{"poison": true}'),
        ("3", cell(FIELD), good["after"]),
        ("4", cell(ELSEWHERE), good["other"]),
        ("5", "unplaced", good["other"]),
    ]
    records = [{"messageId": n, "body": body, "attributes": {"MessageGroupId": group}} for n, group, body in bodies]
    answer = laptop.client("lambda").invoke(
        FunctionName=functions(laptop)["UpdateSourceFunction"], Payload=json.dumps({"Records": records})
    )
    assert "FunctionError" not in answer
    failed = json.loads(answer["Payload"].read())["batchItemFailures"]
    assert [one["itemIdentifier"] for one in failed] == ["2", "3", "5"]
    assert state(laptop, FIELD, ids["before"])
    assert state(laptop, FIELD, ids["after"]) is None
    assert state(laptop, ELSEWHERE, ids["other"])


@pytest.fixture
def quick_retries(laptop: Cloud) -> Iterator[str]:
    """The update queue, giving a failed message back after seconds instead of minutes."""
    sqs = laptop.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{laptop.endpoints['stack_name']}-df-queue.fifo")["QueueUrl"]
    usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "4"})
    yield url
    sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)


def test_a_poisoned_message_ends_in_the_dead_letter_queue_and_the_rest_goes_on(
    laptop: Cloud, quick_retries: str
) -> None:
    sqs = laptop.client("sqs")
    poison = json.dumps({"poison": uuid.uuid4().hex})
    sqs.send_message(
        QueueUrl=quick_retries, MessageBody=poison, MessageGroupId="poisoned", MessageDeduplicationId=poison
    )
    meter_id = laptop.new_meter(location=ELSEWHERE)
    laptop.eventually(lambda: state(laptop, ELSEWHERE, meter_id), PATIENCE)
    dead = sqs.get_queue_url(QueueName=f"{laptop.endpoints['stack_name']}-df-queue-dead.fifo")["QueueUrl"]

    def arrived() -> Any:
        found = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        return [message for message in found if message["Body"] == poison]

    (message,) = laptop.eventually(arrived, PATIENCE)
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
