"""A device's row is scored once, whatever dies on the way and whoever comes at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from meterflow import sensor_scoring
from meterflow.adapters import device_scores, meter_memory, scores
from meterflow.adapters.device_scores import DeviceRow, DeviceScore
from meterflow.alert import row_id
from meterflow.clock import to_text
from meterflow.contracts.anomaly_scoring import SensorPlace
from meterflow.scoring.model import ModelRefused

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
BURNING = {"t_mean": 80.0, "t_max": 160.0, "t_p95": 140.0, "gas_val": 5000.0, "gas_delta": 900.0}


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:  # noqa: ARG001
    """The rules alone: what they say does not change with the weights."""

    def refuse(name: str) -> None:
        raise ModelRefused(name)

    monkeypatch.setattr(sensor_scoring, "shipped", refuse)


def quiet_at(minute: int) -> dict[str, float]:
    """A room in which nothing happens: values that never move would be a broken sensor's."""
    draw = Random(minute)
    around = {"t_mean": 22.0, "t_max": 24.0, "t_p95": 23.0, "gas_val": 450.0, "gas_delta": 0.0}
    return {name: round(value + draw.uniform(-0.3, 0.3), 2) for name, value in around.items()}


def row(minute: int, measured: dict[str, float] | None = None, kind: Any = "fire") -> DeviceRow:
    return DeviceRow(
        sensor_id="F001",
        kind=kind,
        timestamp=to_text(START + timedelta(minutes=minute)),
        zone="CRITICAL",
        measurements=measured or quiet_at(minute),
        place=SensorPlace(location="Boiler room", lat=38.3, lon=-0.4),
    )


def send(minute: int, measured: dict[str, float] | None = None) -> DeviceScore:
    return device_scores.score(row(minute, measured), NOW)


@pytest.fixture
def quiet() -> None:
    """Half an hour in which nothing happens."""
    for minute in range(30):
        assert send(minute).alarm is None


@pytest.mark.usefixtures("quiet")
def test_a_fire_comes_back_as_the_alarm_to_start_the_machine_with() -> None:
    found = send(30, BURNING)
    assert found.alarm is not None
    assert (found.alarm.risk_level, found.alarm.found, found.alarm.kind) == ("CRITICAL", "fire", "fire")
    assert (found.alarm.meter_id, found.alarm.submission_id) == ("F001", row_id("F001", row(30).timestamp))
    assert found.alarm.degraded == found.degraded == ("rules_only",)
    assert len(found.alarm.rows) == 31
    assert [one.measurements["t_max"] for one in found.alarm.rows[:2]] == [160.0, quiet_at(29)["t_max"]]
    kept = scores.get("F001", row(30).timestamp)
    assert kept == found.result
    assert kept is not None
    assert (kept.told, kept.model_version, kept.location) == (True, "shipped", "Boiler room")
    # The row after it belongs to the same fire: nobody is told twice.
    assert send(31, BURNING).alarm is None


@pytest.mark.usefixtures("quiet")
def test_the_same_row_again_is_the_same_answer_and_moves_nothing() -> None:
    first = send(30, BURNING)
    state = meter_memory.load_state("F001", "fire")
    assert send(30, BURNING) == first
    assert meter_memory.load_state("F001", "fire") == state


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("effect", ["put", "save_state"])
def test_a_dead_call_is_made_whole_by_the_next(monkeypatch: pytest.MonkeyPatch, effect: str, after: bool) -> None:
    """Before and after the score is kept, before and after the state is saved: the fire is told all the same."""
    owner: Any = scores if effect == "put" else meter_memory
    real = getattr(owner, effect)

    def dies(*arguments: Any) -> Any:
        if after:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(owner, effect, dies)
        with pytest.raises(KeyboardInterrupt):
            send(30, BURNING)
    found = send(30, BURNING)
    assert found.alarm is not None
    state = meter_memory.load_state("F001", "fire")
    assert state is not None
    assert (state.newest_at, state.version) == (row(30).timestamp, 31)


@pytest.mark.usefixtures("quiet")
def test_a_state_that_moved_meanwhile_is_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another execution scores the minute before ours between our read and our write: neither row is lost."""
    real: Callable[..., bool] = meter_memory.save_state
    moved = []

    def save(*arguments: Any) -> bool:
        if not moved:
            moved.append(True)
            send(30)
        return real(*arguments)

    monkeypatch.setattr(meter_memory, "save_state", save)
    found = send(31, BURNING)
    assert found.alarm is not None
    state = meter_memory.load_state("F001", "fire")
    assert state is not None
    assert (state.newest_at, state.version) == (row(31).timestamp, 32)


@pytest.mark.usefixtures("quiet")
def test_a_late_row_is_judged_at_its_own_time_and_the_state_stays() -> None:
    send(31)
    send(60, BURNING)
    state = meter_memory.load_state("F001", "fire")
    late = send(30)
    assert (late.result.risk_level, late.alarm) == ("LOW", None)
    assert meter_memory.load_state("F001", "fire") == state
    assert scores.get("F001", row(30).timestamp) == late.result
    burnt = send(29, BURNING)  # that moment is taken: a sensor says one thing at a time
    assert burnt.result.measurements == quiet_at(29)


def test_too_little_is_no_verdict_and_says_so() -> None:
    found = device_scores.score(row(0, {"pressure_bar": 3.2}, kind="leak"), NOW)
    assert (found.result.found, found.result.score, found.alarm) == ("too_little_data", 0.0, None)
    assert found.result.reason


def test_what_cannot_be_measured_is_kept_out_of_table_and_state() -> None:
    with pytest.raises(ValueError, match="gas_val"):
        send(0, {"gas_val": float("nan")})
    assert scores.get("F001", row(0).timestamp) is None
    assert meter_memory.load_state("F001", "fire") is None
