"""Which photo was used for which reading, found by its content and by its looks, without a scan.

Rows in Claims. `use#<SHA-256>` is the first use of a picture, claimed once. `near#<band>` holds the hashes of the
pictures that share 16 bits of a perceptual hash, of the whole picture or of one of its crops: some twenty rows, read in
one call. A full band takes no more, so that nothing that is known is forgotten and no row grows without bound.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client, table
from meterflow.adapters.validation_results import mark_from_json, mark_to_json, row_in_the_way
from meterflow.clock import to_text
from meterflow.errors import TransientError
from meterflow.fingerprint import Fingerprint, bands
from meterflow.observability import logger
from meterflow.photo_reuse import Use

# As long as a photo of a yearly reading may be sent again.
KEPT = timedelta(days=400)
MOST_IN_BAND = 64
# What BatchGetItem takes at once; more neighbours than that are looked at no closer.
BATCH = 100
_WRITERS = 8


def claim(use: Use, mark: Fingerprint, now: datetime) -> Use:
    """Claim the picture for a reading and return its first use: this one, or an earlier one.

    A step that is retried finds its own use. Raises TransientError on an outage.
    """
    item = {
        "claim_key": f"use#{mark.content}",
        "holder": use.submission_id,
        "use": use.model_dump_json(),
        "mark": json.dumps(mark_to_json(mark), separators=(",", ":")),
        "claimed_at": to_text(now),
        "expires_at": int((now + KEPT).timestamp()),
    }
    with aws_calls():
        try:
            table(settings.setting("CLAIMS_TABLE")).put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(claim_key) OR holder = :holder",
                ExpressionAttributeValues={":holder": use.submission_id},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            row = row_in_the_way(error)
            if row is None:
                raise TransientError("a use of a photo vanished while it was claimed") from error
            return Use.model_validate_json(row["use"])
    return use


def neighbours(mark: Fingerprint) -> list[tuple[Use, Fingerprint]]:
    """The uses of pictures that share a band with this one, itself left out."""
    if not mark.hashes:
        return []
    rows = _get(sorted({f"near#{name}" for one in mark.hashes for name in bands(one)}))
    contents = sorted({content for row in rows for content in row["photos"]} - {mark.content})
    uses = _get([f"use#{content}" for content in contents[:BATCH]])
    return [(Use.model_validate_json(row["use"]), mark_from_json(json.loads(row["mark"]))) for row in uses]


def remember(mark: Fingerprint, now: datetime) -> None:
    """Enter the picture and its crops into their bands. Entering it again changes nothing."""
    names = sorted({name for one in mark.hashes for name in bands(one)})
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(lambda name: _enter(name, mark.content, now), names))


def _enter(name: str, content: str, now: datetime) -> None:
    with aws_calls():
        try:
            client("dynamodb").update_item(
                TableName=settings.setting("CLAIMS_TABLE"),
                Key={"claim_key": {"S": f"near#{name}"}},
                UpdateExpression="ADD photos :one SET expires_at = :forget",
                ConditionExpression="attribute_not_exists(photos) OR size(photos) < :most",
                ExpressionAttributeValues={
                    ":one": {"SS": [content]},
                    ":most": {"N": str(MOST_IN_BAND)},
                    ":forget": {"N": str(int((now + KEPT).timestamp()))},
                },
            )
        except ClientError as error:
            row_in_the_way(error)
            logger.warning("band of photos is full", extra={"band": name})


def _get(keys: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of these keys that there are."""
    name, read = settings.setting("CLAIMS_TABLE"), TypeDeserializer().deserialize
    found: list[dict[str, Any]] = []
    wanted = [{"claim_key": {"S": key}} for key in keys]
    for _ in range(5):
        if not wanted:
            return found
        with aws_calls():
            answer = client("dynamodb").batch_get_item(RequestItems={name: {"Keys": wanted}})
        found += [{k: read(v) for k, v in item.items()} for item in answer["Responses"].get(name, [])]
        wanted = answer.get("UnprocessedKeys", {}).get(name, {}).get("Keys", [])
    raise TransientError("DynamoDB left keys unread five times")
