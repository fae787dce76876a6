"""The evidence of one accepted value: what was sent, what the photo showed, which rules it passed, who changed it.

A record is a JSON object. Its canonical form is JSON with sorted keys, no blanks and no escapes (the rules of RFC 8785
for objects without floats: every number here is a decimal string); `sha256` is the SHA-256 of the canonical form
without that field itself. Anybody can check it offline with `meterflow verify FILE`, or with ten lines of any language:
no key of ours is needed. A value that is edited or withdrawn later gets a new record that names the hash of the one
before (`previous_sha256`), so the records of a reading are a chain. The hash proves that a record is whole; that it is
ours and old, the versioned bucket that keeps it and whoever was given a copy prove.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from meterflow.meter import Meter
from meterflow.reading import Reading

FORMAT = "meterflow-evidence/1"


class BrokenEvidence(ValueError):
    """A record is not what it claims to be, and why."""


def record_of(
    reading: Reading,
    meter: Meter | None,
    *,
    photo_sha256: str | None = None,
    alternatives: Sequence[tuple[str, str]] = (),
    previous_sha256: str | None = None,
) -> dict[str, Any]:
    """The sealed record of `reading` as it stands.

    `photo_sha256` is that of the kept photo's bytes, `alternatives` what else was read on it with the odds as decimal
    strings. Names, addresses and who a person is stay out: `submitted_by` is an opaque id.
    """
    validation = reading.validation or {}
    document: dict[str, Any] = {
        "format": FORMAT,
        "submission_id": reading.submission_id,
        "meter": {
            "meter_id": reading.meter_id,
            "serial_number": meter.serial_number if meter else None,
            "kind": meter.kind.value if meter else None,
            "unit": meter.unit if meter else None,
            "digits": meter.digits if meter else None,
            "decimals": meter.decimals if meter else None,
            "multiplier": str(meter.multiplier) if meter else None,
        },
        "value": reading.value,
        "original_value": reading.original_value,
        "named_unit": reading.unit,
        "taken_at": reading.taken_at,
        "received_at": reading.received_at,
        "settled_at": reading.settled_at,
        "source": reading.source.value,
        "submitted_by": reading.submitted_by,
        "status": reading.status.value,
        "quality": reading.quality.value,
        "reasons": list(reading.reasons),
        "photo": _photo(reading, photo_sha256, alternatives),
        "rule_set": validation.get("rule_set") or None,
        "rules": [_plain(one) for one in validation.get("rules", [])],
        "hypotheses": [_plain(one) for one in validation.get("hypotheses", [])],
        "estimate": reading.estimate.model_dump(mode="json") if reading.estimate else None,
        "edit": _plain(reading.edit) if reading.edit else None,
        "settled_with_it": list(reading.resolved),
        "previous_sha256": previous_sha256,
    }
    return sealed(document)


def _photo(
    reading: Reading, photo_sha256: str | None, alternatives: Sequence[tuple[str, str]]
) -> dict[str, Any] | None:
    photo = reading.photo
    if photo is None:
        return None
    return {
        "sha256": photo_sha256 or photo.content_hash,
        "verdict": photo.verdict,
        "reading": photo.reading,
        "confidence": None if photo.confidence is None else _number(photo.confidence),
        "reasons": list(photo.reasons),
        "reader": photo.reader,
        "alternatives": [{"reading": text, "odds": odds} for text, odds in alternatives],
        "figures": [
            {
                "symbol": one.symbol,
                "odds": _number(one.odds),
                "alternatives": [{"symbol": sign, "odds": _number(odds)} for sign, odds in one.alternatives],
            }
            for one in photo.figures
        ],
    }


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` with its hash."""
    bare = {name: part for name, part in document.items() if name != "sha256"}
    return {**bare, "sha256": hashlib.sha256(canonical(bare)).hexdigest()}


def canonical(document: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed. Raises BrokenEvidence where a float would make them ambiguous."""
    _no_floats(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verify(document: Any, photo: bytes | None = None, previous: Any = None) -> str:
    """Check a record and return its hash: its form, its seal, and, where given, the photo and the record before it.

    Raises BrokenEvidence saying what does not fit.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BrokenEvidence("this is no evidence record of Meterflow")
    seal = sealed(document)["sha256"]
    if document.get("sha256") != seal:
        raise BrokenEvidence("the record was changed: its hash does not fit its content")
    if photo is not None:
        named = (document.get("photo") or {}).get("sha256")
        if named != hashlib.sha256(photo).hexdigest():
            raise BrokenEvidence("the photo is not the one that the record names")
    if previous is not None and document.get("previous_sha256") != verify(previous):
        raise BrokenEvidence("the record does not follow the one before it")
    return str(seal)


def _no_floats(part: Any) -> None:
    if isinstance(part, float):
        raise BrokenEvidence("a number with a point must be a decimal string")
    for inner in part.values() if isinstance(part, Mapping) else part if isinstance(part, list | tuple) else ():
        _no_floats(inner)


def _number(value: float) -> str:
    return f"{value:.6f}"


def _plain(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(name): inner if isinstance(inner, str | bool | type(None)) else str(inner) for name, inner in part.items()
    }
