"""Leaks and bursts at sensors of any scale, told once, in words, and apart from broken sensors."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from meterflow.risk import calculate_risk_level
from meterflow.scoring import leak as leak_module
from meterflow.scoring.leak import LeakRow, LeakScorer
from meterflow.scoring.model import Model, ModelRefused
from meterflow.scoring.verdict import NORMAL, SENSOR_FAULT, TOO_LITTLE_DATA, Verdict
from tests.unit.domain.scoring.leak_series import START, series


def play(rows: Sequence[LeakRow], scorer: LeakScorer | None = None) -> list[Verdict]:
    kept = scorer or LeakScorer()
    return [kept.observe(row) for row in rows]


def alerts(verdicts: Sequence[Verdict]) -> list[int]:
    return [at for at, said in enumerate(verdicts) if said.alert]


@pytest.mark.parametrize("scale", [0.5, 60.0, 3000.0])
@pytest.mark.parametrize("minutes", [5, 30, 60])
def test_a_burst_is_told_within_two_hours_at_any_scale(scale: float, minutes: int) -> None:
    rows = series(9, minutes=minutes, scale=scale, extra=lambda day: 0.6 if day >= 8.3 else 0.0)
    first = int(8.3 * 1440 / minutes)
    told = alerts(play(rows))
    assert told
    assert first <= told[0] <= first + 120 / minutes + 1


def test_a_quiet_sensor_is_quiet() -> None:
    verdicts = play(series(28))
    assert alerts(verdicts) == []
    assert verdicts[-1].kind == NORMAL
    assert max(said.score for said in verdicts) <= 1.0


def test_a_lasting_leak_of_a_tenth_is_told_once_for_each_level() -> None:
    verdicts = play(series(16, extra=lambda day: 0.1 if day >= 12 else 0.0))
    told = alerts(verdicts)
    assert told
    assert all(12 * 48 <= at <= 14 * 48 for at in told)
    levels = [verdicts[at].risk_level for at in told]
    assert levels in (["HIGH"], ["CRITICAL"], ["HIGH", "CRITICAL"])


def test_the_level_is_the_documents_table_for_the_row_s_own_zone() -> None:
    for zone in ("STANDARD", "CRITICAL"):
        for said in play(series(9.5, zone=zone, extra=lambda day: 0.25 * (day >= 8))):
            if said.probabilities:
                expected = calculate_risk_level(said.probabilities["leak"], said.probabilities["burst"], zone)
                assert said.risk_level == expected
                assert said.score == said.probabilities["leak"]


def test_the_reason_names_what_changed() -> None:
    rows = series(8, noise=0.005)
    quiet, before = rows[-1], rows[-2]
    scorer = LeakScorer()
    play(rows, scorer)
    burst = [LeakRow(quiet.timestamp + timedelta(minutes=30 * step), 2.1, 190.0, 12.0) for step in (1, 2, 3)]
    verdicts = play(burst, scorer)
    assert [said.kind for said in verdicts] == ["burst"] * 3
    assert verdicts[0].reason.startswith(
        f"Burst: pressure fell from {max(quiet.pressure_bar, before.pressure_bar):.3g}"
    )
    assert "to 2.1 bar while flow rose from" in verdicts[0].reason
    assert "to 190 l/s within" in verdicts[0].reason
    assert verdicts[0].reason.endswith(" min.")


def test_one_row_is_enough_where_both_instruments_show_it_and_not_where_one_spikes() -> None:
    rows = series(8)
    after = rows[-1].timestamp + timedelta(minutes=30)
    pressure, flow = rows[0].pressure_bar, rows[0].flow_rate_lps
    assert pressure is not None
    assert flow is not None
    for lowered, raised, told in ((0.6, 2.5, True), (0.6, 1.0, False), (1.0, 2.5, False)):
        scorer = LeakScorer()
        play(rows, scorer)
        assert scorer.observe(LeakRow(after, lowered * pressure, raised * flow)).alert is told


def test_a_leak_s_reason_says_how_far_from_usual() -> None:
    verdicts = play(series(15, extra=lambda day: 0.05 if day >= 12 else 0.0))
    said = verdicts[alerts(verdicts)[-1]]
    assert said.kind == "leak"
    assert "above its usual for these hours" in said.reason
    assert "l/s" in said.reason


@pytest.mark.parametrize("absent", ["pressure_bar", "flow_rate_lps", "temperature_c"])
def test_any_measurement_may_be_absent(absent: str) -> None:
    rows = series(9, extra=lambda day: 0.8 if day >= 8.3 else 0.0)
    told = alerts(play([replace(row, **{absent: None}) for row in rows]))
    assert told
    assert all(at >= int(8.3 * 48) for at in told)


def test_too_little_data_is_no_verdict_and_says_so() -> None:
    rows = series(2)
    verdicts = play(rows[:30])
    assert {said.kind for said in verdicts} == {TOO_LITTLE_DATA}
    assert not any(said.alert or said.score for said in verdicts)
    assert "30 rows" in verdicts[-1].reason
    assert LeakScorer().observe(LeakRow(START)).reason == "the row has neither pressure nor flow"


def test_a_frozen_sensor_is_a_fault_and_no_leak() -> None:
    rows = series(10)
    stuck = [replace(row, pressure_bar=3.3) if at >= 8 * 48 else row for at, row in enumerate(rows)]
    verdicts = play(stuck)
    faulty = [at for at, said in enumerate(verdicts) if said.kind == SENSOR_FAULT]
    assert faulty
    assert 8 * 48 < faulty[0] <= 8 * 48 + 16
    assert "frozen" in verdicts[faulty[0]].reason
    assert alerts(verdicts) == [faulty[0]]


def test_a_dropout_is_a_fault_and_no_burst() -> None:
    rows = series(9)
    for lost in (None, 0.0):
        broken = [replace(row, pressure_bar=lost) if at >= 8 * 48 else row for at, row in enumerate(rows)]
        told = [said for said in play(broken) if said.alert]
        assert [said.kind for said in told] == [SENSOR_FAULT]
        assert "dropout" in told[0].reason


def test_pressure_that_creeps_while_flow_stays_is_drift() -> None:
    rows = series(16)
    crept = [
        replace(row, pressure_bar=round(row.pressure_bar - 0.5 * max(0.0, at / 48 - 9) / 5, 3))
        for at, row in enumerate(rows)
    ]
    verdicts = play(crept)
    drifted = [said for said in verdicts if said.kind == SENSOR_FAULT]
    assert drifted
    assert "drift" in drifted[0].reason


def test_what_no_main_can_have_is_a_fault() -> None:
    rows = series(8)
    scorer = LeakScorer()
    play(rows, scorer)
    after = rows[-1].timestamp + timedelta(minutes=30)
    said = scorer.observe(LeakRow(after, 320.0, rows[0].flow_rate_lps))
    assert (said.kind, said.risk_level) == (SENSOR_FAULT, "MEDIUM")
    assert "320 bar is outside" in said.reason


def test_a_sensor_in_other_units_works_as_well() -> None:
    """Pressure in metres of water: far above 40 bar all the time, and a burst is still a burst."""
    rows = series(9, extra=lambda day: 0.6 if day >= 8.3 else 0.0)
    metres = [replace(row, pressure_bar=row.pressure_bar * 20.0) for row in rows]
    verdicts = play(metres)
    assert {said.kind for said in verdicts[: 8 * 48]} <= {NORMAL, TOO_LITTLE_DATA, "leak"}
    assert verdicts[alerts(verdicts)[0]].kind == "burst"


def test_the_state_goes_through_json_and_stays_small() -> None:
    rows = series(15, extra=lambda day: 0.3 if day >= 12 else 0.0)
    whole, scorer, said = play(rows), LeakScorer(), []
    for at, row in enumerate(rows):
        if at % 97 == 0:
            text = json.dumps(scorer.to_item())
            assert len(text) < 10_000
            scorer = LeakScorer.from_item(json.loads(text))
        said.append(scorer.observe(row))
    assert [one.alert for one in said] == [one.alert for one in whole]
    assert [one.score for one in said] == pytest.approx([one.score for one in whole], abs=1e-4)


def test_duplicate_times_are_scored() -> None:
    rows = series(9)
    doubled = [row for row in rows for _ in (0, 1)]
    verdicts = play(doubled)
    assert len(verdicts) == len(doubled)
    assert alerts(verdicts) == []


def test_a_model_that_cannot_load_leaves_the_rules_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Model:
        raise ModelRefused(name)

    monkeypatch.setattr(leak_module, "shipped", refuse)
    verdicts = play(series(9, extra=lambda day: 0.6 if day >= 8.3 else 0.0))
    told = alerts(verdicts)
    assert told
    assert "rules only" in verdicts[told[0]].reason
    assert "rules only" in verdicts[-1].reason


def test_confidence_grows_with_days_and_with_agreement() -> None:
    rows, scorer = series(12), LeakScorer()
    play(rows[:80], scorer)
    young = scorer.confidence
    play(rows[80:], scorer)
    assert 0.0 < young < scorer.confidence <= 1.0


def test_after_a_long_calm_a_new_leak_is_told_again() -> None:
    def twice(day: float) -> float:
        return 0.6 if 8 <= day < 8.5 or day >= 12 else 0.0

    told = alerts(play(series(13, extra=twice)))
    assert any(at < 9 * 48 for at in told)
    assert any(at >= 12 * 48 for at in told)
