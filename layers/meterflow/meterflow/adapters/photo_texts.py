"""The words that Rekognition saw, kept by the content of the copy: equal bytes are never paid for twice.

A row in Claims, `text#<SHA-256>`: claimed before the paid call, settled with the words after it, forgotten by TTL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, table
from meterflow.adapters.validation_results import row_in_the_way, words_from_text, words_to_text
from meterflow.clock import to_text
from meterflow.register import Word

READING, SEEN = "READING", "SEEN"
# Longer than ReadPhoto's timeout: a claim of that age belongs to a dead process.
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Text:
    """What the service saw: the words, or none and why it refused the photo."""

    words: tuple[Word, ...]
    refusal: str | None = None


def _rows() -> Any:
    return table(settings.setting("CLAIMS_TABLE"))


def claim(content_hash: str, holder: str, now: datetime) -> Text | str:
    """The text that is known already; else CLAIMED, or BUSY while another execution pays for the same bytes.

    Claiming again succeeds, so a retried step goes on. Raises TransientError on an outage.
    """
    with aws_calls():
        try:
            _rows().update_item(
                Key={"claim_key": _key(content_hash)},
                UpdateExpression="SET #state = :reading, holder = :holder, claimed_at = :at, lease_until = :until,"
                " expires_at = :forget",
                ConditionExpression="attribute_not_exists(claim_key)"
                " OR (#state = :reading AND (holder = :holder OR lease_until < :now))",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":reading": READING,
                    ":holder": holder,
                    ":at": to_text(now),
                    ":now": int(now.timestamp()),
                    ":until": int((now + LEASE).timestamp()),
                    ":forget": int((now + KEPT).timestamp()),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            row = row_in_the_way(error)
            if row is None or row["state"] != SEEN:
                return "BUSY"
            return Text(words_from_text(row["words"]), row.get("refusal"))
    return "CLAIMED"


def keep(content_hash: str, text: Text) -> None:
    """Keep what was paid for, whoever holds the claim by now: two answers about equal bytes are equal."""
    with aws_calls():
        _rows().update_item(
            Key={"claim_key": _key(content_hash)},
            UpdateExpression="SET #state = :seen, words = :words, refusal = :refusal REMOVE lease_until",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":seen": SEEN,
                ":words": words_to_text(text.words),
                ":refusal": text.refusal,
            },
        )


def release(content_hash: str, holder: str) -> None:
    """Give the claim back, because nothing was paid and nothing will be: the next may try."""
    with aws_calls():
        try:
            _rows().delete_item(
                Key={"claim_key": _key(content_hash)},
                ConditionExpression="#state = :reading AND holder = :holder",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":reading": READING, ":holder": holder},
            )
        except ClientError as error:
            row_in_the_way(error)


def _key(content_hash: str) -> str:
    return f"text#{content_hash}"
