"""The ValidationResults table (MeterValidationResults): one result a photo version, one verdict a submission.

Photo rows carry `state` and submission rows `status`: only the latter are in status-index, so the review queue holds
nothing else. The words of a photo stay in its row; they are too many for a state machine's state.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters.aws import aws_calls, error_code, table
from meterflow.clock import to_text
from meterflow.contracts.image_validation import Comparison
from meterflow.fingerprint import Fingerprint
from meterflow.photo_reading import Lattice
from meterflow.picture import Measures
from meterflow.register import Candidate, Point, Word

# Longer than an execution needs for checking, reading and storing with its functions' timeouts; then it counts as dead
# and whoever waits takes over.
LEASE = timedelta(seconds=60)
READING = "READING"
MATCHED, COMPARED = "MATCHED", "COMPARED"


@dataclass(frozen=True)
class PhotoRow:
    """The result of one version of an upload. `aspect` is width over height; `words` are in photo heights."""

    photo_id: str
    state: str
    kept_key: str | None = None
    reasons: tuple[str, ...] = ()
    aspect: float = 1.0
    words: tuple[Word, ...] = ()
    lattice: Lattice | None = None
    measures: Measures | None = None
    fingerprint: Fingerprint | None = None
    photographed_at: str | None = None


def results() -> Any:
    """The table."""
    return table(settings.setting("VALIDATION_RESULTS_TABLE"))


def row_in_the_way(error: ClientError) -> dict[str, Any] | None:
    """The row for which a conditional write failed, or None where there is none. Raises any other error again."""
    if error_code(error) != "ConditionalCheckFailedException":
        raise error
    typed = error.response.get("Item")
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in typed.items()} if typed else None


def claim_photo(photo_id: str, holder: str, now: datetime) -> str:
    """Claim a photo version for the execution `holder`: CLAIMED, DONE where a result is stored, BUSY where another
    execution's lease runs. Claiming again succeeds, so a retried step goes on."""
    with aws_calls():
        try:
            results().update_item(
                Key={"result_id": photo_id},
                UpdateExpression="SET #state = :reading, holder = :holder, claimed_at = :at, lease_until = :until",
                ConditionExpression="attribute_not_exists(result_id)"
                " OR (#state = :reading AND (holder = :holder OR lease_until < :now))",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":reading": READING,
                    ":holder": holder,
                    ":at": to_text(now),
                    ":now": int(now.timestamp()),
                    ":until": int((now + LEASE).timestamp()),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            row = row_in_the_way(error)
            return "BUSY" if row is None or row["state"] == READING else "DONE"
    return "CLAIMED"


def keep_picture(
    photo_id: str, holder: str, measures: Measures, mark: Fingerprint, photographed_at: str | None
) -> None:
    """Keep what was measured on the picture with the photo's claim; nothing where another execution holds it now.

    The fingerprint's greys are a picture of 32 x 32 pixels, so they stay in the table like the words.
    """
    _write_as_holder(
        photo_id,
        holder,
        "SET measures = :measures, fingerprint = :mark, photographed_at = :at",
        {":measures": measures.model_dump_json(), ":mark": _dense(mark_to_json(mark)), ":at": photographed_at},
    )


def mark_to_json(mark: Fingerprint) -> dict[str, Any]:
    """A fingerprint as JSON takes it."""
    return {
        "content": mark.content,
        "hashes": [f"{one:016x}" for one in mark.hashes],
        "greys": b64encode(mark.greys).decode(),
    }


def mark_from_json(value: dict[str, Any]) -> Fingerprint:
    """The fingerprint that `mark_to_json` wrote."""
    return Fingerprint(value["content"], tuple(int(one, 16) for one in value["hashes"]), b64decode(value["greys"]))


def keep_words(
    photo_id: str,
    holder: str,
    words: Sequence[Word],
    aspect: float,
    candidates: Sequence[Candidate],
    lattice: Lattice | None = None,
) -> None:
    """Keep what was seen with the photo's claim. Nothing is written where another execution holds the photo now."""
    guesses = [[candidate.reading, candidate.confidence] for candidate in candidates]
    _write_as_holder(
        photo_id,
        holder,
        "SET words = :words, aspect = :aspect, candidates = :candidates, lattice = :lattice",
        {
            ":words": words_to_text(words),
            ":aspect": Decimal(str(round(aspect, 4))),
            ":candidates": _dense(guesses),
            ":lattice": lattice.model_dump_json() if lattice else None,
        },
    )


def words_to_text(words: Sequence[Word]) -> str:
    """Words as one line of JSON: a hundred fit into a row."""
    return _dense([[word.text, round(word.confidence, 3), _flat(word)] for word in words])


def words_from_text(text: str) -> tuple[Word, ...]:
    """The words that `words_to_text` wrote."""
    return tuple(Word(word, confidence, _corners(flat)) for word, confidence, flat in json.loads(text))


def store_photo_result(
    photo_id: str, holder: str, state: str, kept_key: str | None, reasons: Sequence[str], now: datetime
) -> bool:
    """Store a photo's final result. False where another execution holds the photo now."""
    return _write_as_holder(
        photo_id,
        holder,
        "SET #state = :state, kept_key = :kept_key, reasons = :reasons, stored_at = :now",
        {":state": state, ":kept_key": kept_key, ":reasons": list(reasons), ":now": to_text(now)},
        {"#state": "state"},
    )


def _write_as_holder(
    photo_id: str, holder: str, update: str, values: dict[str, Any], names: dict[str, str] | None = None
) -> bool:
    with aws_calls():
        try:
            results().update_item(
                Key={"result_id": photo_id},
                UpdateExpression=update,
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": holder, **values},
                **({"ExpressionAttributeNames": names} if names else {}),
            )
        except ClientError as error:
            row_in_the_way(error)
            return False
    return True


def photo(photo_id: str) -> PhotoRow | None:
    """A photo's row, read consistently, or None."""
    with aws_calls():
        row = results().get_item(Key={"result_id": photo_id}, ConsistentRead=True).get("Item")
    if row is None:
        return None
    lattice, measures, mark = row.get("lattice"), row.get("measures"), row.get("fingerprint")
    return PhotoRow(
        photo_id=photo_id,
        state=str(row["state"]),
        kept_key=row.get("kept_key"),
        reasons=tuple(row.get("reasons", ())),
        aspect=float(row.get("aspect", 1)),
        words=words_from_text(row.get("words", "[]")),
        lattice=Lattice.model_validate_json(lattice) if lattice else None,
        measures=Measures.model_validate_json(measures) if measures else None,
        fingerprint=mark_from_json(json.loads(mark)) if mark else None,
        photographed_at=row.get("photographed_at"),
    )


def submission_key(submission_id: str) -> str:
    """The row of a submission's verdict and review."""
    return f"submission#{submission_id}"


def store_verdict(
    submission_id: str, meter_id: str, value: str, taken_at: str, comparison: Comparison, now: datetime
) -> bool:
    """Store a submission's verdict; a repeated comparison replaces it. False where a review has begun."""
    seen = photo(comparison.photo_id) if comparison.photo_id else None
    row = {
        "result_id": submission_key(submission_id),
        "status": MATCHED if comparison.verdict == "MATCH" else COMPARED,
        "created_at": to_text(now),
        "submission_id": submission_id,
        "meter_id": meter_id,
        "value": value,
        "taken_at": taken_at,
        "verdict": comparison.verdict,
        "reading": comparison.reading,
        "confidence": Decimal(str(comparison.confidence)),
        "reasons": list(comparison.reasons),
        "photo_id": comparison.photo_id,
        "kept_key": seen.kept_key if seen else None,
        # The reading that this photo was used for before: who reviews looks at both.
        "first_use": comparison.first_use.model_dump() if comparison.first_use else None,
        "reader": comparison.reader,
        "accept": comparison.accept,
    }
    with aws_calls():
        try:
            results().put_item(
                Item={name: part for name, part in row.items() if part is not None},
                ConditionExpression="attribute_not_exists(result_id) OR #status IN (:matched, :compared)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":matched": MATCHED, ":compared": COMPARED},
            )
        except ClientError as error:
            row_in_the_way(error)
            return False
    return True


def _dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _flat(word: Word) -> list[float]:
    return [round(part, 4) for corner in word.corners for part in corner]


def _corners(flat: Sequence[float]) -> tuple[Point, Point, Point, Point]:
    return ((flat[0], flat[1]), (flat[2], flat[3]), (flat[4], flat[5]), (flat[6], flat[7]))
