"""The steps of the update pipeline under `sam local invoke`: one function a step, named for it.

Buckets and queues are the cases' own: the sample changes would fight with the city's real ones, and a queue's real
listeners would take what the cases want to see.
"""

import json
from typing import Any

from meterflow import fleet, manifest
from meterflow.adapters.source_of_truth import MANIFEST_KEY, shard_key
from meterflow.clock import now, to_text
from tests.integration.invoke_stage import Stage

# In the middle of Alicante, with a leak; it is no meter of the city.
LEAKING = fleet.MeterState(meter_id="WTR-INVOKE", kind="water", zone="STANDARD", lat=38.35, lon=-0.49, risk="CRITICAL")
VERSION = 1795248000000


def lake_with_a_leak(stage: Stage) -> str:
    """A bucket whose source of truth has one meter, and that one leaks."""
    bucket, s3 = stage.own_bucket(), stage.tools.client("s3")
    moment = to_text(now())
    row = fleet.Row(sequence="1", changed_at=moment, state=LEAKING)
    shard = fleet.Shard(shard=LEAKING.shard, version=VERSION, updated_at=moment, meters={LEAKING.meter_id: row})
    known = manifest.enter(manifest.Manifest(), {shard.shard: manifest.entry_of(shard)})
    known = known.model_copy(update={"version": VERSION, "updated_at": moment})
    for key, document in ((shard_key(shard.shard), shard), (MANIFEST_KEY, known)):
        s3.put_object(Bucket=bucket, Key=key, Body=document.model_dump_json(exclude_none=True).encode())
    return bucket


def published(stage: Stage, bucket: str, key: str) -> str:
    """A file of a site."""
    content = stage.object(bucket, key)
    assert content is not None, f"{key} was not published"
    return content.decode()


def handle_stream(stage: Stage) -> None:
    queue = stage.own_queue(fifo=True)
    assert stage.invoke(UPDATE_QUEUE_URL=queue) == {"batchItemFailures": []}
    messages = stage.received(queue)
    changes = [fleet.Change.model_validate_json(message["Body"]) for message in messages]
    keys = [record["dynamodb"]["Keys"]["meter_id"]["S"] for record in stage.event["Records"]]
    assert [change.meter_id for change in changes] == keys
    assert [message["Attributes"]["MessageGroupId"] for message in messages] == [change.shard for change in changes]
    assert changes[0].state is not None
    assert changes[0].state.read_at == "2026-11-20T08:00:00Z"


def update_source(stage: Stage) -> None:
    lake, map_queue, dashboard_queue = stage.own_bucket(), stage.own_queue(), stage.own_queue()
    settings = {"LAKE_BUCKET": lake, "MAP_QUEUE_URL": map_queue, "DASHBOARD_QUEUE_URL": dashboard_queue}
    assert stage.invoke(**settings) == {"batchItemFailures": []}
    known = manifest.Manifest.model_validate_json(published(stage, lake, MANIFEST_KEY))
    for record in stage.event["Records"]:
        change = json.loads(record["body"])
        shard = fleet.Shard.model_validate_json(published(stage, lake, shard_key(change["shard"])))
        assert shard.meters[change["meter_id"]].sequence == change["sequence"]
        assert known.shards[change["shard"]].version == shard.version
    for queue in (map_queue, dashboard_queue):
        (message,) = stage.received(queue)
        assert json.loads(message["Body"])["manifest_version"] == known.version


def pages(stage: Stage) -> tuple[dict[str, Any], str]:
    """The function's result for a city with one leak, and the site that it published to."""
    site = stage.own_bucket()
    result = stage.invoke(LAKE_BUCKET=lake_with_a_leak(stage), SITE_BUCKET=site)
    assert result["outcome"] == "PUBLISHED"
    return result, site


def generate_map(stage: Stage) -> None:
    result, site = pages(stage)
    assert result["shards_written"] == 1
    assert LEAKING.meter_id in published(stage, site, "map.html")
    assert "fleet" in published(stage, site, "data/map-init.js")
    assert json.loads(published(stage, site, "data/index.json"))["version"] == result["version"]
    (point,) = json.loads(published(stage, site, f"data/shards/{LEAKING.shard}.json"))["features"]
    assert point["geometry"]["coordinates"] == [LEAKING.lon, LEAKING.lat]


def generate_dashboard(stage: Stage) -> None:
    _result, site = pages(stage)
    page = published(stage, site, "dashboard.html")
    assert LEAKING.meter_id in page
    assert "CRITICAL" in page.upper()
