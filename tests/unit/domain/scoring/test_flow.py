"""Leaks in one meter's flow: found soon, told once, silent on what is usual for the meter."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterflow.scoring.flow import FlowScorer
from meterflow.scoring.flow_finding import FlowFinding
from tests.unit.domain.scoring.flow_homes import HOUR, START, Row, home, in_quarters, leaking, rows

MONTH = 30 * 24


def told(some: list[Row], scorer: FlowScorer | None = None) -> list[tuple[float, FlowFinding]]:
    """The alarms: hours since START, and the finding."""
    scorer = scorer or FlowScorer(unit="l")
    found = []
    for start, end, used in some:
        finding = scorer.observe(start, end, used)
        if finding is not None and finding.starts:
            found.append(((end - START) / HOUR, finding))
    return found


def test_a_usual_home_is_silent_for_a_season() -> None:
    assert told(rows(home(120))) == []


def test_no_verdict_before_a_week_is_known() -> None:
    scorer = FlowScorer()
    findings = [scorer.observe(*row) for row in rows(home(8))]
    assert findings[: 6 * 24] == [None] * (6 * 24)
    assert findings[-1] is not None


@pytest.mark.parametrize("size", [2, 5, 10, 40])
def test_a_steady_leak_is_told_soon(size: int) -> None:
    [(hours, finding)] = told(rows(leaking(home(45), MONTH + 3, lambda _: size)))
    assert 0 < hours - (MONTH + 3) <= 30
    assert finding.kind == "leak"
    assert finding.leak > 0.6
    assert finding.rate == pytest.approx(size, rel=0.6)
    assert finding.since is not None
    assert abs((finding.since - START) / HOUR - (MONTH + 3)) <= 8
    assert "l an hour" in finding.sentence


@pytest.mark.parametrize("every", [4, 8])
def test_a_leak_that_stops_for_an_hour_is_told_although_no_day_is_without_a_dry_hour(every: int) -> None:
    hours = leaking(home(45), MONTH, lambda since: 0.0 if since % every == 0 else 8.0)
    dry = [index for index, used in enumerate(hours) if index >= MONTH and used == 0]
    assert max(later - earlier for earlier, later in pairwise(dry)) <= 24
    scorer = FlowScorer()
    [(at, _)] = told(rows(hours)[:-1], scorer)
    assert at - MONTH <= 72
    finding = scorer.observe(*rows(hours)[-1])
    assert finding is not None
    assert finding.pausing
    assert "pauses" in finding.sentence


def test_a_slowly_growing_leak_does_not_become_the_habit() -> None:
    hours = leaking(home(90), MONTH, lambda since: round(since / 24 * 0.4))
    [(at, finding), *_] = told(rows(hours))
    assert at - MONTH < 14 * 24
    assert finding.kind == "leak"


def test_a_home_that_never_reaches_zero_is_in_no_permanent_alarm_and_its_leak_is_told() -> None:
    hours = [used + (3 if index % 2 else 5) for index, used in enumerate(home(90))]
    quiet = [finding.kind for _, finding in told(rows(hours))]
    assert quiet in ([], ["never_zero"])
    kinds = [finding.kind for at, finding in told(rows(leaking(hours, 60 * 24, lambda _: 15.0))) if at > 60 * 24]
    assert kinds[:1] == ["leak"]


def test_an_old_leak_is_told_once_as_never_at_zero() -> None:
    [(hours, finding)] = told(rows(home(60, base=6.0)))
    assert finding.kind == "never_zero"
    assert 14 * 24 <= hours <= 15 * 24
    assert "since the first reading" in finding.sentence
    assert finding.since == START
    assert finding.rate == pytest.approx(6.0, abs=1)


def test_a_burst_is_told_within_two_hours() -> None:
    [(at, finding), *_] = told(rows(leaking(home(32), MONTH, lambda _: 900.0)))
    assert at - MONTH <= 2
    assert finding.kind == "burst"
    assert finding.burst > 0.6


def test_a_jump_of_one_row_is_no_burst_and_little_evidence() -> None:
    scorer = FlowScorer()
    hours = home(35)
    hours[MONTH] += 700.0
    findings = [scorer.observe(*row) for row in rows(hours)]
    before, jump = findings[MONTH - 1], findings[MONTH]
    assert before is not None
    assert jump is not None
    assert jump.burst == 0.0
    assert jump.evidence - before.evidence <= 1.5
    assert not any(finding.starts for finding in findings if finding is not None)


def test_a_gap_says_nothing_of_its_hours() -> None:
    scorer = FlowScorer()
    known = rows(home(40))
    for row in known[:MONTH]:
        before = scorer.observe(*row)
    after = scorer.observe(START + MONTH * HOUR, START + (MONTH + 20) * HOUR, 2000.0)
    assert before is not None
    assert after is not None
    assert after.evidence <= before.evidence
    assert told(known[MONTH + 20 :], scorer) == []


def test_an_alarming_leak_is_not_learned() -> None:
    scorer = FlowScorer()
    some = rows(leaking(home(37), MONTH, lambda _: 6.0))
    told(some[: MONTH + 24], scorer)
    known = zero_share(scorer)
    told(some[MONTH + 24 :], scorer)
    assert zero_share(scorer) == pytest.approx(known, abs=0.01)


def zero_share(scorer: FlowScorer) -> float:
    counts = scorer.to_item()["habit"]["counts"]
    return sum(row.get("0", 0.0) for row in counts) / sum(sum(row.values()) for row in counts)


def test_a_second_episode_in_the_week_after_an_alarm_is_told_when_the_week_is_over() -> None:
    hours = leaking(home(50), MONTH, lambda since: 10.0 if since < 36 or since > 120 else 0.0)
    first, second = (at for at, _ in told(rows(hours)))
    assert first - MONTH < 36
    assert second - first == 7 * 24


def test_an_empty_home_tells_of_the_first_flow_that_does_not_stop() -> None:
    hours = [0.0] * (60 * 24) + [4.0] * 48
    [(at, finding)] = told(rows(hours))
    evidence = scored(rows(hours), FlowScorer())
    assert max(later - earlier for earlier, later in pairwise(evidence)) <= 1.5
    assert max(evidence) <= 30
    assert at - 60 * 24 <= 24
    assert finding.kind == "leak"


def test_a_first_use_in_large_steps_does_not_blind_the_meter() -> None:
    hours = [0.0] * (9 * 24) + [200.0, 0.0, 400.0] + leaking(home(60), MONTH, lambda _: 6.0)
    [(at, _)] = told(rows(hours))
    assert 0 < at - MONTH - 9 * 24 - 3 <= 30


def test_a_repaired_leak_ends() -> None:
    hours = leaking(home(43), MONTH, lambda since: 10.0 if since < 240 else 0.0)
    scorer = FlowScorer()
    last = None
    for row in rows(hours):
        last = scorer.observe(*row)
    assert last is not None
    assert last.kind == "normal"
    assert last.leak < 0.3


@pytest.mark.parametrize("scale", [0.001, 0.264172, 35.3])
def test_the_unit_of_the_meter_does_not_matter(scale: float) -> None:
    hours = leaking(home(40), MONTH, lambda _: 6.0)
    [(plain, _)] = told(rows(hours))
    [(scaled, finding)] = told(rows([used * scale for used in hours]))
    assert scaled == pytest.approx(plain, abs=1)
    assert finding.rate == pytest.approx(6 * scale, rel=0.6)


def test_pulses_of_ten_litres_hide_no_leak() -> None:
    total, counted, hours = 0.0, 0.0, []
    for used in leaking(home(45, seed=3), MONTH, lambda _: 8.0):
        total += used
        pulses = (total - counted) // 10
        counted += pulses * 10
        hours.append(pulses * 10)
    [(at, finding)] = told(rows(hours))
    assert 0 < at - MONTH <= 72
    assert finding.rate < 30


def test_quarters_of_an_hour_are_summed_to_hours() -> None:
    hourly = rows(leaking(home(40), MONTH, lambda _: 6.0))
    [(plain, _)] = told(hourly)
    [(fine, _)] = told(list(in_quarters(hourly)))
    assert fine == pytest.approx(plain, abs=2)


def test_rows_that_repeat_or_run_back_in_time_change_nothing() -> None:
    some = rows(leaking(home(40), MONTH, lambda _: 6.0))
    doubled = [row for row in some for _ in range(2)]
    assert [at for at, _ in told(doubled)] == [at for at, _ in told(some)]


def test_series_that_are_no_water_are_left_alone() -> None:
    load = [40 + 20 * ((hour % 24) / 24) + (hour * 7919 % 11) / 3 for hour in range(120 * 24)]
    assert told(rows(load)) == []


def test_an_acknowledged_flow_is_not_told_again() -> None:
    hours = leaking(home(70), MONTH, lambda since: 5.0 if since % 24 < 14 else 0.0)
    known, later = rows(hours)[: 34 * 24], rows(hours)[34 * 24 :]
    ignored, taught = FlowScorer(), FlowScorer()
    assert len(told(known, ignored)) == len(told(known, taught)) == 1
    taught.acknowledge(known[-1][1])
    first = FlowScorer.from_item(taught.to_item()).observe(*later[0])
    assert first is not None
    assert first.evidence < 2
    assert told(later, taught) == []
    assert max(scored(later, ignored)) > 2 * max(scored(later, FlowScorer.from_item(taught.to_item())))


def scored(some: list[Row], scorer: FlowScorer) -> list[float]:
    findings = [scorer.observe(*row) for row in some]
    return [finding.evidence for finding in findings if finding is not None]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([5, 15, 60, 60, 60, 300]), st.sampled_from([0.0, 0.0, 0.001, 1.0, 7.0, 1e6, 1e-9])),
        min_size=250,
        max_size=300,
    )
)
def test_any_series_gives_probabilities_and_a_state_that_survives(series: list[tuple[int, float]]) -> None:
    kept, restored, at = FlowScorer(), FlowScorer(), START
    for minutes, used in series:
        end = at + timedelta(minutes=minutes)
        one = kept.observe(at, end, used)
        two = restored.observe(at, end, used)
        assert one == two
        if one is not None:
            assert 0 <= one.leak <= 1
            assert 0 <= one.burst <= 1
            assert one.rate >= 0
        restored = FlowScorer.from_item(json.loads(json.dumps(restored.to_item())))
        at = end


def test_the_state_is_small() -> None:
    scorer = FlowScorer()
    for row in rows(home(200)):
        scorer.observe(*row)
    assert len(json.dumps(scorer.to_item())) < 8_000


def test_only_what_was_known_then_counts() -> None:
    hours = leaking(home(45), MONTH, lambda _: 6.0)
    whole, part = FlowScorer(), FlowScorer()
    seen = [whole.observe(*row) for row in rows(hours)]
    assert [part.observe(*row) for row in rows(hours)[: MONTH + 20]] == seen[: MONTH + 20]
