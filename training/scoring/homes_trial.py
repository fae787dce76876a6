"""One home under our scorer: its quiet year, and leaks put into it, as traces that any threshold can be laid on."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from meterflow.scoring.budget import weekly_peaks
from meterflow.scoring.flow import FlowScorer
from meterflow.scoring.flow_episode import Episode
from training.scoring.continuous_rule import ContinuousRule
from training.scoring.homes_data import Home, Interval
from training.scoring.leaks import Leak, with_leak

# How long a leak runs before it counts as missed.
LEAK_DAYS = 21.0
RULES = (24.0, 48.0)
# Above this evidence every threshold in use has told the leak, and the rest of the trial changes nothing.
ENOUGH = 29.5


@dataclass(frozen=True, slots=True)
class Trace:
    """Scores in time order."""

    times: Sequence[datetime]
    scores: Sequence[float]

    def alarms(self, alarm_at: float, episode: Episode | None = None) -> list[datetime]:
        """When a person would be told with the threshold `alarm_at`, from the state `episode` on."""
        state = episode or Episode()
        return [
            at for at, score in zip(self.times, self.scores, strict=True) if state.tell(at, score, alarm_at)
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeakTrial:
    """A leak in a home: our scores before and from its start on, and when each rule told it (None: never)."""

    home: str
    leak: Leak
    before: Trace
    after: Trace
    rules: dict[float, float | None]

    def delay_hours(self, alarm_at: float) -> float | None:
        """Hours from the leak's start to our alarm, or None."""
        state = Episode()
        self.before.alarms(alarm_at, state)
        return _first_after(self.leak.start, self.after.alarms(alarm_at, state))


@dataclass(frozen=True, slots=True)
class HomeTrial:
    """One home: the trace of its own year with its weekly peaks, the rules' alarms in it, and its leaks."""

    home: Home
    quiet: Trace
    peaks: Sequence[float]
    rule_alarms: dict[float, list[datetime]]
    leaks: list[LeakTrial]


def try_home(home: Home, leaks: Sequence[Leak]) -> HomeTrial:
    """Runs the home as it is, and each leak from the state that the scorer had at its start."""
    scorer, times, scores = FlowScorer(), list[datetime](), list[float]()
    waiting = sorted({leak.start for leak in leaks})
    states: dict[datetime, dict[str, Any]] = {}
    for each in home.intervals:
        while waiting and each.end > waiting[0]:
            states[waiting.pop(0)] = json.loads(json.dumps(scorer.to_item()))
        _observe(scorer, each, times, scores)
    quiet = Trace(times, scores)
    trials = [_try_leak(home, leak, states[leak.start], quiet) for leak in leaks if leak.start in states]
    rules = {hours: ContinuousRule(hours).alarms(home.intervals) for hours in RULES}
    return HomeTrial(home, quiet, weekly_peaks(zip(times, scores, strict=True)), rules, trials)


def _try_leak(home: Home, leak: Leak, state: dict[str, Any], quiet: Trace) -> LeakTrial:
    scorer, times, scores = FlowScorer.from_item(state), list[datetime](), list[float]()
    leaking = with_leak(home.intervals, leak, LEAK_DAYS)
    for each in leaking:
        _observe(scorer, each, times, scores)
        if scores and scores[-1] > ENOUGH and min(scores) < ENOUGH / 4:
            break
    calm_before = leak.start - timedelta(days=60)
    known = [(at, score) for at, score in zip(quiet.times, quiet.scores, strict=True) if calm_before < at <= leak.start]
    before = Trace([at for at, _ in known], [score for _, score in known])
    rules = {hours: _rule_delay(hours, home.intervals, leaking, leak.start) for hours in RULES}
    return LeakTrial(home.name, leak, before, Trace(times, scores), rules)


def _observe(scorer: FlowScorer, each: Interval, times: list[datetime], scores: list[float]) -> None:
    finding = scorer.observe(each.start, each.end, each.used)
    if finding is not None:
        times.append(each.end)
        scores.append(finding.evidence)


def _rule_delay(hours: float, own: Sequence[Interval], leaking: Sequence[Interval], start: datetime) -> float | None:
    rule = ContinuousRule(hours)
    rule.alarms(each for each in own if start - timedelta(days=30) < each.end <= start)
    return _first_after(start, rule.alarms(leaking))


def _first_after(start: datetime, alarms: Iterable[datetime]) -> float | None:
    return next(((at - start).total_seconds() / 3600 for at in alarms if at >= start), None)
