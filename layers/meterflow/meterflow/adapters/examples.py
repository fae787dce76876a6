"""Judged live rows in the lake: `examples/<kind>/<day told>/<example_id>.json`, each written once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from meterflow import settings
from meterflow.adapters import model_store
from meterflow.adapters.aws import aws_calls, client
from meterflow.training_data import Example, example_key, examples_prefix

# Reading one object takes about 10 ms, mostly waiting.
READERS = 16


def put(example: Example) -> None:
    """Keep an example. The same again is fine; raises BrokenInvariant where another has its name and day."""
    model_store.put_once(example_key(example), example.to_bytes())


def told_since(kind: str, since: str, until: str, most: int) -> list[Example]:
    """The examples told at `since` or later and at `until` or earlier (RFC 3339), at most `most`, the newest days
    first. Raises TransientError on an outage."""
    keys = [key for key in _keys(kind, since[:10]) if key.split("/")[2] <= until[:10]]
    newest = sorted(keys, reverse=True)[:most]
    with ThreadPoolExecutor(READERS) as readers:
        contents = [content for content in readers.map(model_store.get, newest) if content]
    found = [Example.model_validate_json(content) for content in contents]
    return [one for one in found if since <= one.told_at <= until]


def _keys(kind: str, first_day: str) -> Iterator[str]:
    prefix = examples_prefix(kind)
    with aws_calls():
        pages = client("s3").get_paginator("list_objects_v2")
        # The bound lies before the first key of the day.
        for page in pages.paginate(
            Bucket=settings.setting("LAKE_BUCKET"), Prefix=prefix, StartAfter=prefix + first_day
        ):
            yield from (str(item["Key"]) for item in page.get("Contents", []))
