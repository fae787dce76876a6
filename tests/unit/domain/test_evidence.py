"""Evidence: a record says everything, and nothing of it can be changed unseen."""

import copy
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import evidence
from meterflow.evidence import BrokenEvidence
from meterflow.reading import Figure, PhotoResult, Reading

PHOTO = b"\xff\xd8\xff the kept copy"
ROW = Reading.model_validate(
    {
        "submission_id": "s-1",
        "meter_id": "WTR-1",
        "value": "00123.456",
        "original_value": "123456",
        "unit": "l",
        "taken_at": "2026-11-21T08:00:00Z",
        "source": "customer",
        "submitted_by": "c-1",
        "fingerprint": "f",
        "received_at": "2026-11-21T08:00:01Z",
        "settled_at": "2026-11-21T08:00:02Z",
        "status": "ACCEPTED",
        "quality": "valid",
        "reasons": ["unit_converted"],
        "photo": PhotoResult(
            verdict="MATCH",
            reading="00123.456",
            confidence=0.97,
            figures=(Figure(symbol="6", odds=0.98, alternatives=(("8", 0.02),)),),
        ),
        "validation": {
            "rule_set": "2026-11-21+0123456789ab",
            "rules": [{"rule": "late", "result": "PASSED", "code": None}],
            "hypotheses": [{"name": "as_read", "share": "0.990000", "because": ""}],
        },
        "edit": {"reason": "unit_converted", "edited_by": "meterflow"},
        "resolved": ["s-0"],
    }
)


def record(**more: Any) -> dict[str, Any]:
    return evidence.record_of(ROW, None, photo_sha256=hashlib.sha256(PHOTO).hexdigest(), **more)


def test_a_record_says_everything() -> None:
    one = record(alternatives=[("00123.456", "0.970000"), ("00123.458", "0.020000")])
    assert one["format"] == "meterflow-evidence/1"
    assert (one["value"], one["original_value"], one["named_unit"]) == ("00123.456", "123456", "l")
    assert one["photo"]["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    assert one["photo"]["alternatives"][1] == {"reading": "00123.458", "odds": "0.020000"}
    assert one["photo"]["figures"][0]["alternatives"] == [{"symbol": "8", "odds": "0.020000"}]
    assert one["rule_set"] == "2026-11-21+0123456789ab"
    assert one["rules"] == [{"rule": "late", "result": "PASSED", "code": None}]
    assert one["settled_with_it"] == ["s-0"]


def test_a_third_party_needs_ten_lines_and_no_key() -> None:
    """What the decision describes, written without our code."""
    document = json.loads(json.dumps(record()))
    claimed = document.pop("sha256")
    plain = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(plain).hexdigest() == claimed
    assert evidence.verify({**document, "sha256": claimed}, PHOTO) == claimed


def places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = []
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        found += [(*path, key), *places(inner, (*path, key))]
    return found


@given(st.sampled_from(places(record())), st.one_of(st.none(), st.text(max_size=5), st.integers(), st.booleans()))
def test_no_change_goes_unseen(path: tuple[Any, ...], instead: Any) -> None:
    changed = copy.deepcopy(record())
    at: Any = changed
    for key in path[:-1]:
        at = at[key]
    if at[path[-1]] == instead and type(at[path[-1]]) is type(instead):
        return
    at[path[-1]] = instead
    with pytest.raises(BrokenEvidence):
        evidence.verify(changed, PHOTO)


def test_another_photo_another_chain_and_no_record_are_seen() -> None:
    first = record()
    second = record(previous_sha256=first["sha256"])
    assert evidence.verify(second, PHOTO, first) == second["sha256"]
    with pytest.raises(BrokenEvidence, match="photo"):
        evidence.verify(first, PHOTO + b"!")
    with pytest.raises(BrokenEvidence, match="follow"):
        evidence.verify(first, None, second)
    for no_record in (None, [], {}, {"format": "something else"}):
        with pytest.raises(BrokenEvidence, match="no evidence"):
            evidence.verify(no_record)


def test_a_float_is_refused_because_languages_write_it_differently() -> None:
    with pytest.raises(BrokenEvidence, match="decimal string"):
        evidence.sealed({"format": evidence.FORMAT, "odds": [{"x": 0.5}]})
