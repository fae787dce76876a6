"""Leaks and bursts in one meter's interval consumption, row by row, against the meter's own habit.

What is looked for: flow that never stops, flow that only pauses (a leak that stops for an hour resets the 24-hour rule
that utilities use, and so is never told by it), a burst, and a meter that has not been at zero since its first reading.
Only a departure from the meter's own habit counts, so a home with a softener, irrigation or many people is not in
permanent alarm, and a series that is no water is left alone. The habit is learned slowly, and an hour that looks like
a leak is not learned, so that a leak is never taken for the habit.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import exp
from typing import Any, Self

from meterflow.scoring.burst import Burst
from meterflow.scoring.evidence import Evidence, ratios
from meterflow.scoring.flow_episode import Episode
from meterflow.scoring.flow_finding import FlowFinding, sentence_of
from meterflow.scoring.frames import Frame, Frames
from meterflow.scoring.habit import FINEST, Habit, unit_of

# Evidence (nats) at which a leak is told, unless the fleet's calibration says otherwise.
ALARM_AT = 14.0
# From evidence to probability: this at the alarm, then a logistic curve with one e-fold in so many nats.
AT_ALARM = 0.62
SOFTNESS = 4.0
# A leak of less than this share of the mean hour is not told of.
LEAST_SHARE = 0.08
# A test of one size answers to leaks within this range of it.
RANGE = (0.7, 1.45)
# What is acknowledged as normal becomes this share of the habit.
ACKNOWLEDGED = 1 / 3
# The unit is changed for one finer than this share of it.
FINER = 0.6
# Days and frames before there is a habit to compare with.
FEWEST_DAYS = 7.0
FEWEST_FRAMES = 20
# The newest hours held: to be counted once there is a unit to count them in, then to estimate the rate from.
NEWEST = 168
NEWEST_FOR_RATE = 48
# What a spread of a burst is worth in nats of evidence, so that one threshold serves both.
BURST_WORTH = 3.5
# An hour with evidence well above this is not learned.
LEARN_BELOW = 5.0
# Evidence that stays high for so long was told: from then on it is learned at this weight, so that a family back from
# abroad becomes the habit, and a second leak on top of the first can be seen.
HIGH = 10.0
HIGH_HOURS = 168.0
LEARN_OLD_TROUBLE = 0.5
# A meter never at zero for so many days since its first reading is told so once.
NEVER_ZERO_DAYS = 14.0
# A floor, as a leak makes it: at least this share of the hours lies on it, and busy hours reach twice it.
ON_FLOOR = 0.2
ABOVE_FLOOR = 2.0


class FlowScorer:
    """One meter's flow. Rows come in time order; the state is a few kB."""

    def __init__(self, *, alarm_at: float = ALARM_AT, unit: str = "units") -> None:
        self.alarm_at = alarm_at
        self.unit = unit
        self._frames = Frames()
        self._evidence = Evidence()
        self._burst = Burst()
        self._habit: Habit | None = None
        # The newest frames: minute since 1970, hours, consumption.
        self._newest: list[tuple[int, float, float]] = []
        self._first: datetime | None = None
        self._day: int | None = None
        self._seen = 0
        self._at_zero = 0
        self._episode = Episode()
        self._told_old = False
        self._high_hours = 0.0
        self._last: FlowFinding | None = None

    def observe(self, start: datetime, end: datetime, consumption: float) -> FlowFinding | None:
        """Scores `consumption` (never negative) between `start` and `end`; None while there is no habit yet.

        Rows finer than an hour are collected: between full hours the last finding holds, with `starts` false.
        """
        frame = self._frames.add(start, end, consumption)
        if frame is None:
            return self._last
        if self._first is None:
            self._first = start
        self._seen += 1
        self._at_zero += frame.used <= 0
        if self._habit is None:
            self._habit = self._settled(frame)
        self._turn_day(frame)
        if not frame.gap:
            self._newest.append((_minute(frame.end), frame.hours, frame.used))
            del self._newest[: -(NEWEST if self._habit is None else NEWEST_FOR_RATE)]
        if self._habit is None:
            return None
        finding = self._found(frame, self._habit)
        self._last = finding.without_start() if finding.starts else finding
        return finding

    def acknowledge(self, at: datetime) -> None:
        """A person says that this flow is normal: evidence starts again, and the newest hours are learned as habit."""
        if self._habit is not None and self._newest:
            self._habit.new_day(0.0)
            share = ACKNOWLEDGED / (1 - ACKNOWLEDGED) * self._habit.weight() / len(self._newest)
            for minute, hours, used in self._newest:
                self._habit.learn(_hour(minute, hours), used, round(share, 3))
            self._habit.new_day(0.0)
        self._evidence.clear(_minute(at))
        self._episode.open = False

    def _settled(self, frame: Frame) -> Habit | None:
        """The habit of the first days, once there are enough; a silent meter waits for its first use."""
        days = 0.0 if self._first is None else (frame.end - self._first).total_seconds() / 86_400
        frames = len(self._newest)
        if days < FEWEST_DAYS or frames < FEWEST_FRAMES or (frames < 100 and days < 3 * FEWEST_DAYS):
            return None
        unit = unit_of([used for _, _, used in self._newest])
        if unit is None:
            return None
        habit = Habit(unit)
        for minute, hours, used in self._newest:
            habit.learn(_hour(minute, hours), used)
        habit.new_day(0.0)
        return habit

    def _turn_day(self, frame: Frame) -> None:
        day = _minute(frame.end) // 1440
        if self._day is not None and day != self._day:
            self._burst.new_day()
            if self._habit is not None:
                self._habit.new_day(min(30, day - self._day))
                self._suit_unit(self._habit)
        self._day = day

    def _suit_unit(self, habit: Habit) -> None:
        """Counts in a finer unit if the newest days show a finer step: the first days may have been empty."""
        unit = unit_of([used for _, _, used in self._newest])
        if unit is None or self._evidence.most() > LEARN_BELOW:
            return
        unit = max(unit, habit.mean() * FINEST)
        if unit < FINER * habit.unit:
            habit.recount(unit)
            self._evidence.clear(self._newest[-1][0])

    def _found(self, frame: Frame, habit: Habit) -> FlowFinding:
        self._weigh(frame, habit)
        evidence = self._evidence.most()
        if not frame.gap:
            habit.learn(_hour(_minute(frame.end), frame.hours), frame.used, self._learning(frame, evidence))
        finding = self._described(frame, habit, evidence)
        starts = self._episode.tell(frame.end, finding.evidence, self.alarm_at)
        if finding.kind == "never_zero" and not self._told_old:
            starts = self._told_old = True
        return finding.with_start() if starts else finding

    def _learning(self, frame: Frame, evidence: float) -> float:
        """The weight at which this frame is learned as habit."""
        if evidence >= HIGH:
            self._high_hours += frame.hours
        elif evidence < LEARN_BELOW:
            self._high_hours = 0.0
        calm = 1 / (1 + exp(evidence - LEARN_BELOW))
        return round(max(calm, LEARN_OLD_TROUBLE if self._high_hours > HIGH_HOURS else 0.0), 3)

    def _weigh(self, frame: Frame, habit: Habit) -> None:
        """Adds the frame's evidence. A gap says something only at zero: then nothing ran in all of it."""
        minute = _minute(frame.end)
        if not frame.gap:
            densities = habit.densities(_hour(minute, frame.hours))
            least = LEAST_SHARE * habit.mean() / habit.unit
            found = ratios(densities, frame.used / habit.unit, frame.hours, least)
            self._evidence.add(found, minute, frame.hours)
            self._burst.add(frame.rate)
        elif frame.used <= 0:
            densities = habit.densities(_hour(minute, 1.0))
            hours = max(1, min(24, round(frame.hours)))
            self._evidence.add(ratios(densities, 0.0, 1.0), minute, frame.hours, times=hours)

    def _described(self, frame: Frame, habit: Habit, evidence: float) -> FlowFinding:
        bursting = BURST_WORTH * self._burst.score
        leak = _probability(evidence, self.alarm_at)
        burst = _probability(bursting, self.alarm_at) if bursting > 0 else 0.0
        if bursting >= self.alarm_at / 2 and bursting > 0.6 * evidence:
            since = frame.end - timedelta(hours=self._burst.hours * frame.hours)
            return self._finding("burst", leak, burst, frame.rate, since, False, max(evidence, bursting), habit)
        if evidence >= self.alarm_at / 2:
            size, minute = self._evidence.best()
            since = frame.end - timedelta(minutes=_minute(frame.end) - minute)
            rate, pausing = self._rate(habit, size, minute)
            return self._finding("leak", leak, burst, rate, since, pausing, evidence, habit)
        if self._never_zero(frame, habit):
            floor = habit.quantile(0.05)
            return self._finding("never_zero", max(leak, AT_ALARM), burst, floor, self._first, False, evidence, habit)
        return self._finding("normal", leak, burst, 0.0, None, False, evidence, habit)

    def _finding(
        self, kind: Any, leak: float, burst: float, rate: float, since: datetime | None,
        pausing: bool, evidence: float, habit: Habit,
    ) -> FlowFinding:  # fmt: skip
        sentence = sentence_of(
            kind, rate, self.unit, since, pausing, zero_share=habit.share_at_zero(), largest=self._burst.usual_largest
        )
        return FlowFinding(kind, leak, burst, rate, since, pausing, False, evidence, sentence)

    def _rate(self, habit: Habit, size: float, minute: int) -> tuple[float, bool]:
        """The leak's estimated flow in the meter's unit an hour while it runs, and whether it pauses.

        The lowest tenth of the hours that were not at zero since it began, less what the meter has in its quiet hours,
        within the range of the test that won. For less than one unit an hour (a pulse now and then) that test's size.
        """
        frames = [(hours, used) for at, hours, used in self._newest if at > minute]
        running = sorted(used / hours for hours, used in frames if used >= habit.unit / 2)
        pausing = len(running) < len(frames)
        tested = size * habit.unit
        if size < 1 or not running:
            return tested, pausing
        least = running[len(running) // 10] - habit.quantile(0.1)
        return min(RANGE[1] * tested, max(RANGE[0] * tested, least)), pausing

    def _never_zero(self, frame: Frame, habit: Habit) -> bool:
        if self._first is None or (frame.end - self._first).total_seconds() < NEVER_ZERO_DAYS * 86_400:
            return False
        if self._at_zero > 0.01 * self._seen:
            return False
        floor, high = habit.quantile(0.05), habit.quantile(0.9)
        return floor > 0 and high >= ABOVE_FLOOR * floor and habit.share_below(1.35 * floor + habit.unit) >= ON_FLOOR

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able."""
        return {
            "alarm_at": self.alarm_at,
            "unit": self.unit,
            "frames": self._frames.to_item(),
            "evidence": self._evidence.to_item(),
            "burst": self._burst.to_item(),
            "habit": None if self._habit is None else self._habit.to_item(),
            "newest": [list(each) for each in self._newest],
            "first": None if self._first is None else self._first.isoformat(),
            "day": self._day,
            "seen": self._seen,
            "at_zero": self._at_zero,
            "episode": self._episode.to_item(),
            "told_old": self._told_old,
            "high_hours": self._high_hours,
            "last": None if self._last is None else self._last.to_item(),
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The scorer with the state that `to_item` gave."""
        scorer = cls(alarm_at=float(item["alarm_at"]), unit=str(item["unit"]))
        scorer._frames = Frames.from_item(item["frames"])
        scorer._evidence = Evidence.from_item(item["evidence"])
        scorer._burst = Burst.from_item(item["burst"])
        scorer._habit = None if item["habit"] is None else Habit.from_item(item["habit"])
        scorer._newest = [(int(minute), float(hours), float(used)) for minute, hours, used in item["newest"]]
        scorer._first = None if item["first"] is None else datetime.fromisoformat(item["first"])
        scorer._day = None if item["day"] is None else int(item["day"])
        scorer._seen, scorer._at_zero = int(item["seen"]), int(item["at_zero"])
        scorer._episode = Episode.from_item(item["episode"])
        scorer._told_old, scorer._high_hours = bool(item["told_old"]), float(item["high_hours"])
        scorer._last = None if item["last"] is None else FlowFinding.from_item(item["last"])
        return scorer


def _minute(at: datetime) -> int:
    """Minutes since 1970; a time without a zone is UTC."""
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) // 60


def _hour(minute: int, hours: float) -> int:
    """The hour of the day (UTC) in which the middle of a frame lies."""
    return int(minute / 60 - hours / 2) % 24


def _probability(evidence: float, alarm_at: float) -> float:
    """0 to 1: AT_ALARM at the alarm, next to nothing without evidence."""
    return 1 / (1 + exp((alarm_at - evidence) / SOFTNESS) * (1 - AT_ALARM) / AT_ALARM)
