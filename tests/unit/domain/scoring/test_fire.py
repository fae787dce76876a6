"""The fire scorer: what is told, when, and what is not. Rules only unless a test names the model."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from meterflow.risk import calculate_risk_level
from meterflow.scoring.fire import FireScorer, judge
from meterflow.scoring.fire_features import FEATURES, GAS, THERMAL, FireRow
from meterflow.scoring.fire_rules import Evidence
from meterflow.scoring.model import ModelRefused
from meterflow.scoring.verdict import Verdict

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
QUIET = 40


def wave(number: int, size: float) -> float:
    """A small change that never repeats within a test."""
    return size * ((number * 7919 % 101) / 101.0 - 0.5)


def calm(number: int) -> FireRow:
    """A room at rest, ten seconds after the one before."""
    return FireRow(
        START + timedelta(seconds=10 * number),
        t_mean=21.0 + wave(number, 0.2),
        t_std=0.8 + wave(number, 0.05),
        t_max=26.0 + wave(number, 0.5),
        t_p95=23.0 + wave(number, 0.3),
        t_hot_area_pct=0.0,
        t_hot_largest_blob_pct=0.0,
        t_grad_mean=0.2 + wave(number, 0.02),
        t_grad_std=0.1 + wave(number, 0.01),
        t_diff_mean=wave(number, 0.02),
        t_diff_std=0.05 + wave(number, 0.01),
        flow_mag_mean=0.1 + wave(number, 0.02),
        flow_mag_std=0.05 + wave(number, 0.01),
        tproxy_val=25.0 + wave(number, 0.5),
        tproxy_delta=wave(number, 0.1),
        tproxy_vel=wave(number, 0.1),
        gas_val=600.0 + wave(number, 20.0),
        gas_delta=wave(number, 5.0),
        gas_vel=wave(number, 1.0),
    )


def burning(number: int, age: int) -> FireRow:
    """A fire that has grown for `age` rows: heat, hot area, flicker and CO2."""
    room = calm(number)
    return replace(
        room,
        t_mean=21.0 + 0.5 * age + wave(number, 0.2),
        t_std=0.8 + 1.5 * age,
        t_max=26.0 + 14.0 * age + wave(number, 0.5),
        t_p95=23.0 + 2.0 * age,
        t_hot_area_pct=0.5 * age,
        t_hot_largest_blob_pct=0.5 * age,
        t_diff_std=0.05 + 0.3 * age,
        flow_mag_mean=0.1 + 0.2 * age,
        tproxy_val=25.0 + 13.0 * age,
        gas_val=600.0 + 90.0 * age,
        gas_delta=90.0,
    )


def fire_after_calm() -> list[FireRow]:
    return [calm(number) for number in range(QUIET)] + [burning(QUIET + age, age) for age in range(1, 16)]


def score(rows: Sequence[FireRow], scorer: FireScorer | None = None) -> list[Verdict]:
    scorer = scorer or FireScorer(None)
    return [scorer.observe(row) for row in rows]


def told(verdicts: Sequence[Verdict]) -> list[tuple[int, str]]:
    return [(number, verdict.kind) for number, verdict in enumerate(verdicts) if verdict.alert]


def test_a_quiet_room_is_usual_and_tells_nobody() -> None:
    verdicts = score([calm(number) for number in range(200)])
    assert told(verdicts) == []
    assert {verdict.kind for verdict in verdicts[10:]} == {"normal"}
    assert max(verdict.score for verdict in verdicts) < 0.1


def test_a_growing_fire_is_told_once_within_two_minutes_and_names_its_readings() -> None:
    verdicts = score(fire_after_calm())
    alerts = told(verdicts)
    assert alerts[0][1] == "fire"
    assert alerts[0][0] < QUIET + 12
    verdict = verdicts[alerts[0][0]]
    assert verdict.risk_level in {"HIGH", "CRITICAL"}
    for words in ("hottest", "usual", "gas", "ppm", "hot area"):
        assert words in verdict.reason
    levels = [verdicts[number].risk_level for number, _ in alerts]
    assert levels == sorted(levels, key=["HIGH", "CRITICAL"].index)
    assert len(set(levels)) == len(levels), "told again only where it gets worse"
    assert verdicts[-1].risk_level == "CRITICAL"
    assert verdicts[-1].kind == "fire"


def test_one_row_is_enough_where_heat_and_gas_agree() -> None:
    rows = [calm(number) for number in range(QUIET)] + [burning(QUIET, 12)]
    verdict = score(rows)[-1]
    assert (verdict.kind, verdict.risk_level, verdict.alert) == ("fire", "CRITICAL", True)


def test_one_row_is_enough_even_as_the_very_first() -> None:
    verdict = score([replace(burning(0, 15), gas_val=5500.0, gas_delta=900.0)])[0]
    assert (verdict.kind, verdict.alert) == ("fire", True)


def test_heat_alone_must_last() -> None:
    hot = [replace(burning(QUIET + age, age + 6), gas_val=600.0 + wave(age, 20.0), gas_delta=0.0) for age in range(6)]
    verdicts = score([calm(number) for number in range(QUIET)] + hot)
    assert not verdicts[QUIET].alert
    assert verdicts[QUIET].kind == "heat_rise"
    assert verdicts[QUIET].risk_level == "MEDIUM"
    assert told(verdicts)[0] == (QUIET + 2, "fire")


def test_gas_alone_is_no_fire() -> None:
    rows = [replace(calm(number), gas_val=600.0 + 25.0 * max(number - QUIET, 0)) for number in range(QUIET + 80)]
    verdicts = score(rows)
    assert told(verdicts) == []
    assert verdicts[-1].kind == "gas_rise"


def test_a_heater_that_cycles_is_no_fire() -> None:
    def heated(number: int) -> FireRow:
        phase = number % 60
        warm = 45.0 * (min(phase, 15) if phase < 30 else max(45 - phase, 0)) / 15.0
        return replace(
            calm(number),
            t_max=26.0 + warm + wave(number, 0.5),
            tproxy_val=25.0 + warm + wave(number, 0.5),
            t_mean=21.0 + 0.02 * warm + wave(number, 0.2),
            t_hot_area_pct=2.0 if warm > 15.0 else 0.0,
            t_hot_largest_blob_pct=2.0 if warm > 15.0 else 0.0,
        )

    assert told(score([heated(number) for number in range(300)])) == []


@pytest.mark.parametrize("senses", [FEATURES, THERMAL, GAS], ids=["all", "thermal", "gas"])
def test_a_frozen_sensor_is_a_fault_and_no_fire(senses: tuple[str, ...]) -> None:
    rows = [calm(number) for number in range(QUIET)]
    frozen = {name: getattr(rows[-1], name) for name in senses}
    rows += [replace(calm(number), **frozen) for number in range(QUIET, QUIET + 60)]
    verdicts = score(rows)
    alerts = told(verdicts)
    assert [kind for _, kind in alerts] == ["sensor_fault"]
    assert "same for" in verdicts[alerts[0][0]].reason
    assert verdicts[-1].kind == "sensor_fault"


def test_a_sensor_that_freezes_hot_is_a_fault_and_no_fire() -> None:
    hot = replace(burning(QUIET, 7), gas_val=600.0, gas_delta=0.0)
    rows = [calm(number) for number in range(QUIET)]
    for number in range(QUIET, QUIET + 40):
        thermal = {name: getattr(hot, name) for name in THERMAL}
        rows.append(replace(calm(number), **thermal))
    assert [kind for _, kind in told(score(rows))] == ["sensor_fault"]


def test_a_fire_is_still_told_by_gas_and_heat_after_the_camera_was_frozen_for_a_while() -> None:
    rows = [calm(number) for number in range(QUIET)]
    frozen = {name: getattr(rows[-1], name) for name in THERMAL}
    rows += [replace(calm(number), **frozen) for number in range(QUIET, QUIET + 30)]
    rows += [burning(QUIET + 30 + age, age) for age in range(1, 16)]
    assert "fire" in [kind for _, kind in told(score(rows))]


@pytest.mark.parametrize("name", FEATURES)
def test_any_measurement_may_be_absent(name: str) -> None:
    verdicts = score([replace(row, **{name: None}) for row in fire_after_calm()])
    assert "fire" in [kind for _, kind in told(verdicts)]
    assert not any(verdict.alert for verdict in verdicts[:QUIET])


@pytest.mark.parametrize("senses", [THERMAL, GAS], ids=["gas only", "thermal only"])
def test_a_whole_sense_may_be_absent(senses: tuple[str, ...]) -> None:
    verdicts = score([replace(row, **dict.fromkeys(senses)) for row in fire_after_calm()])
    assert not any(verdict.alert for verdict in verdicts[:QUIET])
    assert verdicts[-1].score > 10 * verdicts[QUIET - 1].score
    assert verdicts[-1].kind != "sensor_fault"


def test_a_row_without_measurements_has_no_verdict() -> None:
    verdict = FireScorer(None).observe(FireRow(START))
    assert (verdict.kind, verdict.score, verdict.alert) == ("too_little_data", 0.0, False)


def test_the_first_rows_have_no_verdict_and_say_so() -> None:
    verdict = FireScorer(None).observe(calm(0))
    assert verdict.kind == "too_little_data"
    assert "first rows" in verdict.reason


def test_later_rows_change_nothing_said_before() -> None:
    rows = fire_after_calm()
    whole = score(rows)
    for length in (1, 7, QUIET, QUIET + 5):
        assert score(rows[:length]) == whole[:length]


@pytest.mark.parametrize("middle", [0, 1, 6, QUIET - 1, QUIET + 4])
def test_the_state_survives_json_in_the_middle(middle: int) -> None:
    rows = fire_after_calm()
    scorer = FireScorer(None)
    before = score(rows[:middle], scorer)
    kept = json.dumps(scorer.to_item(), allow_nan=False)
    after = score(rows[middle:], FireScorer.from_item(json.loads(kept), None))
    assert before + after == score(rows)
    assert len(kept) < 10_000


def test_rows_of_the_same_moment_are_scored_too() -> None:
    rows = [
        replace(row, timestamp=START + timedelta(seconds=10 * (number // 2)))
        for number, row in enumerate(fire_after_calm())
    ]
    assert "fire" in [kind for _, kind in told(score(rows))]


@pytest.mark.parametrize("zone", ["CRITICAL", "STANDARD", "SERVER_ROOM"])
@pytest.mark.parametrize("heat", [0.1, 0.2, 0.2001, 0.3, 0.31, 0.41, 0.61, 0.71, 0.81])
@pytest.mark.parametrize("both", [0.0, 0.1, 0.11, 0.21, 0.3, 0.31, 0.5, 0.51])
def test_the_level_is_the_leak_documents_table(zone: str, heat: float, both: float) -> None:
    judgement = judge(Evidence(heat, both, min(both, heat), heat), None, zone)
    assert judgement.level == calculate_risk_level(heat, min(both, heat), zone)


def test_a_critical_zone_is_told_sooner() -> None:
    rows = fire_after_calm()
    standard, critical = score(rows), score([replace(row, facility_zone="CRITICAL") for row in rows])
    assert told(critical)[0][0] < told(standard)[0][0]


def test_without_its_model_it_goes_by_rules_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ModelRefused(f"no shipped model {name}")

    monkeypatch.setattr("meterflow.scoring.fire.shipped", refuse)
    verdicts = score(fire_after_calm(), FireScorer())
    assert "fire" in [kind for _, kind in told(verdicts)]
    assert "rules only" in verdicts[-1].reason
    assert verdicts[-1].probabilities == {}


def test_the_shipped_model_says_fire_and_leaves_a_quiet_room_alone() -> None:
    verdicts = score(fire_after_calm(), FireScorer())
    assert "rules only" not in verdicts[-1].reason
    assert verdicts[-1].probabilities["fire"] > 0.9
    assert verdicts[QUIET - 1].probabilities["fire"] < 0.1
    assert [kind for _, kind in told(verdicts[: QUIET + 1])] == []
    assert "fire" in [kind for _, kind in told(verdicts)]
