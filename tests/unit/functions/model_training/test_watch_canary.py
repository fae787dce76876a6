"""WatchCanary: watching, promoted at its end, taken back at once where it does worse, never promoted unseen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import examples, score_samples
from meterflow.adapters.aws import table
from meterflow.model_registry import share_of
from meterflow.settings import setting

from .conftest import enter, example, keep

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
UNTIL = START + timedelta(hours=1)


@pytest.fixture
def versions(call: Any) -> tuple[str, str]:
    assert call
    current, candidate = keep(1.0), keep(2.0)
    enter(current, "current")
    enter(candidate, "canary")
    return current, candidate


def scored(version: str, sensors: int, probability: float, prefix: str = "S") -> None:
    """Sixty rows of each sensor, of which a quarter is in the sample."""
    rows = table(setting("SENSOR_RESULTS_TABLE"))
    with rows.batch_writer() as batch:
        for sensor in range(sensors):
            name = f"{prefix}-{version}-{sensor}"
            p = min(1.0, max(0.0, probability + 0.02 * (share_of("noise", name) - 0.5)))
            for minute in range(60):
                at = clock.to_text(START + timedelta(seconds=10 + 50 * minute))
                sample = score_samples.sample_of("leak", version, name, at, {"leak": p}, {"flow_day": 1.0})
                batch.put_item(Item={"sensor_id": name, "timestamp": at, **sample})


def ask(call: Any, version: str, monkeypatch: pytest.MonkeyPatch, minutes: float) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: START + timedelta(minutes=minutes))
        return call(
            "watch_canary", kind="leak", version=version,
            started_at=clock.to_text(START), until=clock.to_text(UNTIL),
        )  # fmt: skip


def test_it_watches_and_then_promotes(call: Any, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for version in versions:
        scored(version, 8, 0.1)
    early = ask(call, versions[1], monkeypatch, 59)
    assert (early["outcome"], early["reasons"]) == ("WATCHING", [])
    assert early["canary_rows"] > 50
    assert early["current_rows"] > 50
    late = ask(call, versions[1], monkeypatch, 60)
    assert late["outcome"] == "PROMOTE"
    assert "8 sensors" in late["reasons"][0]


def test_one_that_cries_is_taken_back_at_once(
    call: Any, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scored(versions[0], 12, 0.1)
    scored(versions[1], 12, 0.9)
    said = ask(call, versions[1], monkeypatch, 5)
    assert said["outcome"] == "ROLL_BACK"
    assert "says yes to 100.0% of the rows" in said["reasons"][0]


def test_one_that_people_contradict_is_taken_back(
    call: Any, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for version, p in zip(versions, (0.1, 0.8), strict=True):
        scored(version, 8, 0.1)
        for number in range(25):
            told = clock.to_text(START + timedelta(minutes=number))
            given = {"model_version": version, "probability": {"leak": p}, "told_at": told}
            examples.put(example(f"{version}-{number}", leak=False, **given))
    said = ask(call, versions[1], monkeypatch, 30)
    assert (said["outcome"], said["judged_rows"]) == ("ROLL_BACK", 50)
    assert "a squared error of 0.640 on 25 rows" in said["reasons"][0]


def test_nothing_seen_is_no_success(call: Any, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    scored(versions[0], 8, 0.1)
    assert ask(call, versions[1], monkeypatch, 59)["outcome"] == "WATCHING"
    said = ask(call, versions[1], monkeypatch, 61)
    assert said["outcome"] == "ROLL_BACK"
    assert said["reasons"][0].endswith("too few to compare")


def test_what_was_scored_before_the_trial_does_not_count(
    call: Any, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in versions:
        scored(version, 8, 0.1)
    monkeypatch.setattr(
        "meterflow.adapters.score_samples.to_text", lambda moment: clock.to_text(moment + timedelta(days=1))
    )
    assert ask(call, versions[1], monkeypatch, 59)["canary_rows"] == 0


def test_a_persons_decision_ends_the_trial(
    call: Any, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(versions[1], "rejected")
    said = ask(call, versions[1], monkeypatch, 5)
    assert said["outcome"] == "OVERTAKEN"
    assert "rejected" in said["reasons"][0]
