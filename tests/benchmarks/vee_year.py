"""A year of generated submissions with injected errors of every kind, run through the rules in memory.

`python -m tests.benchmarks.vee_year [--meters N] [--seed S]` prints a table: for each kind of error how many were
injected, how many were found, missed, and how; for each rule how many true readings it accused; and what estimation
said of the readings that never came. Errors are drawn without knowledge of the rules.

`large` are the missed slips that are off by more than a twentieth of what the connection passes in a day (3 m3 of
water, 52 kWh): those below change no bill that the next reading does not put right.

What counts: an error is *found* where the reading was not simply accepted as it stands: refused, left to a person, or
put right (a converted unit, a confirmed turn, a recorded exchange), and for conditions of the meter (leak, stuck,
sub-meters) where the rule that names it spoke. A true reading is *falsely accused* where it was refused or left to a
person. The next reading's confirmation counts too: what settles by itself within a reading is shown apart.
"""

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from random import Random

from meterflow import clock, estimation, vee
from meterflow.meter import Exchange, Location, Meter, MeterKind, default_max_daily
from meterflow.reading import Source, format_value
from meterflow.vee import Claim, Known, Neighbours, Outcome
from meterflow.vee.formal import as_shown

START = datetime(2025, 11, 1, 8, 0, tzinfo=UTC)
DAYS = 365
OWNER = "owner"
KINDS = (
    (MeterKind.WATER, "m3", 5, 3, 0.33),
    (MeterKind.GAS, "m3", 5, 3, 0.9),
    (MeterKind.ELECTRICITY, "kWh", 6, 1, 8.0),
    (MeterKind.HEAT, "kWh", 6, 1, 14.0),
)
# Errors of a value, drawn for single readings.
SLIPS = (
    "wrong figure",
    "transposed",
    "dropped figure",
    "point left out",
    "wrong meter",
    "unit named",
    "unit not named",
    "duplicate",
    "future",
    "late",
)
# What happens to a meter, once in its year.
EVENTS = ("rollover", "exchange recorded", "exchange told by technician", "exchange unrecorded", "leak", "stuck",
          "inactive", "sub-meter mismatch", "false high accepted", "no reading for months")  # fmt: skip
SLIP_SHARE = 0.04


@dataclass
class Tally:
    """What was injected and what became of it."""

    injected: int = 0
    found: int = 0
    missed_large: int = 0
    by: Counter[str] = field(default_factory=Counter)
    healed: int = 0


@dataclass
class Result:
    """The year's table."""

    readings: int = 0
    true: int = 0
    errors: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    accused: Counter[str] = field(default_factory=Counter)
    accused_readings: int = 0
    accused_then_healed: int = 0
    accepted_wrong: int = 0
    recoveries: int = 0
    recovery_readings: int = 0
    estimates: Counter[str] = field(default_factory=Counter)
    inside: Counter[str] = field(default_factory=Counter)
    error_share: dict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass
class Truth:
    """A meter as it really is: the total that it counts day by day, and what happens to it."""

    meter: Meter
    totals: list[Decimal]
    event: str | None
    event_day: int
    start_value: Decimal

    def shown(self, day: int) -> Decimal:
        """What the register shows on a day."""
        total = self.totals[DAYS + day]
        if self.event and self.event.startswith("exchange") and day >= self.event_day:
            return total - self.totals[DAYS + self.event_day] + Decimal("0.5")
        return (self.start_value + total) % self.meter.capacity


def main(given: Sequence[str] | None = None) -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description="A year of validation with injected errors.")
    arguments.add_argument("--meters", type=int, default=400)
    arguments.add_argument("--seed", type=int, default=2026)
    chosen = arguments.parse_args(given)
    result = run(chosen.meters, chosen.seed)
    print(f"{chosen.meters} meters of four kinds, one year, seed {chosen.seed}: {result.readings} submissions")
    print(f"\n{'error':30} {'injected':>8} {'found':>6} {'missed':>6} {'large':>6}  by which reasons")
    for name in (*SLIPS, *EVENTS):
        one = result.errors[name]
        by = ", ".join(f"{code} {count}" for code, count in one.by.most_common(4))
        print(f"{name:30} {one.injected:8} {one.found:6} {one.injected - one.found:6} {one.missed_large:6}  {by}")
    print(f"\ntrue readings {result.true}, falsely accused {result.accused_readings}"
          f" ({result.accused_readings / max(result.true, 1):.2%}),"
          f" of these settled by the next reading {result.accused_then_healed}")  # fmt: skip
    print("by rule: " + (", ".join(f"{code} {count}" for code, count in result.accused.most_common()) or "none"))
    print(f"wrong values accepted: {result.accepted_wrong} of {result.readings}")
    locked = result.errors["false high accepted"].injected
    print(
        f"meters that recovered from an accepted false high: {result.recoveries} of {locked},"
        f" after {result.recovery_readings} true readings in all"
    )
    print(f"\n{'estimation rule':20} {'scored':>7} {'inside':>8} {'mean error of use':>18}")
    for rule, count in sorted(result.estimates.items()):
        print(f"{rule:20} {count:7} {result.inside[rule] / count:8.1%} {result.error_share[rule] / count:18.1%}")


def run(meters: int, seed: int) -> Result:
    """Generate the year for `meters` meters and judge it."""
    result = Result()
    for number in range(meters):
        random = Random(f"vee year {seed} {number}")
        truth = _truth(number, random)
        _Year(truth, random, result).run()
    return result


def _truth(number: int, random: Random) -> Truth:
    kind, unit, digits, decimals, level = KINDS[number % len(KINDS)]
    # Every second group of meters has an uneventful year.
    group = (number // len(KINDS)) % (2 * len(EVENTS))
    event = EVENTS[group] if group < len(EVENTS) else None
    meter = Meter(
        meter_id=f"M-{number}",
        kind=kind,
        unit=unit,
        digits=digits,
        decimals=decimals,
        max_daily=default_max_daily(kind, unit),
        serial_number=f"OLD-{number:06d}",
        location=Location(lat=0, lon=0),
        owner=OWNER,
        registered_at=clock.to_text(START),
        submeters=("child",) if event == "sub-meter mismatch" else (),
    )
    event_day = random.randrange(200, 300)
    household = level * random.lognormvariate(0, 0.35)
    step = Decimal(1).scaleb(-decimals)
    # The year before is history; the totals run over both.
    totals, total = [], Decimal(0)
    for day in range(-DAYS, DAYS):
        used = household * _season(kind, day) * (1.15 if day % 7 >= 5 else 0.94) * random.lognormvariate(0, 0.25)
        if event == "leak" and day >= event_day:
            used += household * 4
        if event == "stuck" and day >= event_day - 60:
            used = 0.0
        total += Decimal(int(used / float(step))) * step
        totals.append(total)
    end = totals[DAYS + event_day]
    start = meter.capacity - end if event == "rollover" else Decimal(random.randrange(100, 9000))
    return Truth(meter, totals, event, event_day, start)


def _season(kind: MeterKind, day: int) -> float:
    winter = math.cos(2 * math.pi * (day - 75) / 365)
    swing = {MeterKind.WATER: -0.2, MeterKind.GAS: 0.6, MeterKind.ELECTRICITY: 0.15, MeterKind.HEAT: 0.75}[kind]
    return 1 + swing * winter


class _Year:
    """One meter's year: submits, keeps what was accepted, and counts."""

    def __init__(self, truth: Truth, random: Random, result: Result) -> None:
        self.truth, self.random, self.result = truth, random, result
        self.meter = truth.meter
        self.accepted: list[Known] = []
        self.waiting: dict[str, tuple[Known, bool, str | None]] = {}
        self.number = 0
        self.false_high: str | None = None
        self.since_false_high = 0

    def run(self) -> None:
        """Every week a reading, but for gaps."""
        truth = self.truth
        # The year before, week by week: what the meter's own usual is learnt from.
        for week in range(-DAYS // 7 + 1, 0):
            at = clock.to_text(START + timedelta(days=7 * week))
            self.accepted.insert(0, Known(self._text(truth.shown(7 * week)), at, f"h-{week}"))
        for week in range(DAYS // 7):
            day = week * 7
            if truth.event == "no reading for months" and truth.event_day - 80 <= day < truth.event_day:
                self._estimate(day)
                continue
            if truth.event == "exchange recorded" and day >= truth.event_day and not self.meter.exchanges:
                self._record_exchange()
            if truth.event == "inactive" and day >= truth.event_day:
                self.meter = self.meter.model_copy(update={"active": False})
                if day >= truth.event_day + 7:
                    return
            slip = self.random.choice(SLIPS) if week > 8 and self.random.random() < SLIP_SHARE else None
            self._submit(day, slip)

    def _submit(self, day: int, slip: str | None) -> None:
        value = self.truth.shown(day)
        at = START + timedelta(days=day, minutes=self.random.randrange(0, 400))
        text, unit, serial, source = self._text(value), None, None, Source.CUSTOMER
        label = self._condition(day)
        if label:
            slip = None
        if label == "exchange told by technician":
            source, serial = Source.TECHNICIAN, f"NEW-{day}"
        if label == "false high accepted":
            self._plant(day)
            return
        if slip:
            changed = self._slip(slip, text, value, at)
            if changed is None:
                slip = None
            else:
                text, unit, at = changed
        self._judge(text, at, unit, serial, source, slip or label, true=slip is None, day=day)

    def _condition(self, day: int) -> str | None:
        """The meter's event, in the reading that first has to show it."""
        event, since = self.truth.event, day - self.truth.event_day
        if event == "leak":
            # The first whole week of it.
            since -= 7
        if event in (None, "no reading for months") or not 0 <= since < 7:
            return None
        return event

    def _plant(self, day: int) -> None:
        """A false high was accepted by mistake: it stands in the history, and the true readings go on."""
        high = self.truth.shown(day) + self.meter.max_daily * 3
        self.number += 1
        self.false_high = f"s-{self.number}"
        self.result.errors["false high accepted"].injected += 1
        at = clock.to_text(START + timedelta(days=day))
        self.accepted.insert(0, Known(self._text(high % self.meter.capacity), at, self.false_high))

    def _slip(self, slip: str, text: str, value: Decimal, at: datetime) -> tuple[str, str | None, datetime] | None:
        random, figures = self.random, [at for at, sign in enumerate(text) if sign.isdigit()]
        if slip == "wrong figure":
            place = random.choice(figures)
            other = random.choice([sign for sign in "0123456789" if sign != text[place]])
            return text[:place] + other + text[place + 1 :], None, at
        if slip == "transposed":
            pairs = [(a, b) for a, b in pairwise(figures) if text[a] != text[b]]
            a, b = random.choice(pairs)
            signs = list(text)
            signs[a], signs[b] = signs[b], signs[a]
            return "".join(signs), None, at
        if slip == "dropped figure":
            whole, point, fraction = text.partition(".")
            bare = whole.lstrip("0")
            if len(bare) < 2:
                return None
            place = random.randrange(len(bare))
            return bare[:place] + bare[place + 1 :] + point + fraction, None, at
        if slip == "point left out":
            return text.replace(".", ""), None, at
        if slip == "wrong meter":
            return self._text(Decimal(random.randrange(100, 9000))), None, at
        if slip in ("unit named", "unit not named"):
            small, factor = ("l", 1000) if self.meter.unit == "m3" else ("MWh", Decimal("0.001"))
            told = (value * factor).normalize()
            named = small if slip == "unit named" else None
            return f"{told:f}", named, at
        if slip == "duplicate":
            return (self.accepted[0].text, None, self.accepted[0].moment) if self.accepted else None
        if slip == "future":
            return text, None, START + timedelta(days=3000)
        if slip == "late" and len(self.accepted) > 2:
            early, then = self.accepted[1], self.accepted[0]
            middle = (early.value + then.value) / 2
            return self._text(middle), None, early.moment + (then.moment - early.moment) / 2
        return None

    def _judge(
        self,
        text: str,
        at: datetime,
        unit: str | None,
        serial: str | None,
        source: Source,
        label: str | None,
        *,
        true: bool,
        day: int,
    ) -> None:
        self.number += 1
        name = f"s-{self.number}"
        taken_at = clock.to_text(at.replace(microsecond=0))
        claim = Claim(text, taken_at, source, OWNER, unit=unit, serial_number=serial)
        now = START + timedelta(days=DAYS + 1)
        decision = vee.check_form(claim, self.meter, now)
        if decision is None:
            decision = vee.check_history(
                claim,
                self.meter,
                self._neighbours(taken_at),
                history=[one for one in self.accepted if one.taken_at < taken_at],
                witnesses=[one for one, _, _ in self.waiting.values() if one.taken_at < taken_at],
                children=self._children(label, day),
            )
        off = abs(Decimal(text) - self.truth.shown(day)) * self.meter.multiplier
        self._count(decision, label, true=true, large=off > self.meter.max_daily / 20)
        self._keep(decision, claim, name, label, true=true)

    def _count(self, decision: vee.Decision, label: str | None, *, true: bool, large: bool) -> None:
        result, reasons = self.result, decision.reasons
        result.readings += 1
        plain = decision.outcome == Outcome.ACCEPT
        if label:
            tally = result.errors[label]
            tally.injected += 1
            named = {
                "late": "late_reading" in reasons,
                "leak": "high_use" in reasons,
                "stuck": "zero_use" in reasons,
                "unit named": "unit_converted" in reasons,
                "exchange recorded": "meter_exchanged" in reasons,
                "exchange told by technician": "meter_exchanged" in reasons,
            }.get(label, not plain)
            tally.found += named
            tally.missed_large += large and not named and label in SLIPS
            tally.by.update(reasons if named else ("(nothing)",))
        elif true:
            result.true += 1
            if not plain and self.false_high is None and self.truth.event not in ("inactive", "exchange unrecorded"):
                result.accused_readings += 1
                result.accused.update(reasons)

    def _keep(self, decision: vee.Decision, claim: Claim, name: str, label: str | None, *, true: bool) -> None:
        """What a utility's tables would hold now. A person decides what waits, by the truth, four weeks later."""
        right = true or label in ("late", "unit named")
        shown = as_shown(claim, self.meter) if decision.outcome != Outcome.REJECT else claim.value
        mine = Known(shown, claim.taken_at, name)
        if decision.outcome == Outcome.ACCEPT:
            for change in decision.earlier:
                self._settle_earlier(change)
            self.accepted = sorted([mine, *self.accepted], key=lambda one: one.taken_at, reverse=True)
            self.result.accepted_wrong += not right
            if "meter_exchanged" in decision.reasons and claim.serial_number:
                new = Exchange(exchanged_at=claim.taken_at, start_value=shown, new_serial_number=claim.serial_number)
                self.meter = self.meter.model_copy(
                    update={"exchanges": (*self.meter.exchanges, new), "serial_number": claim.serial_number}
                )
        elif decision.outcome == Outcome.REVIEW and vee.ASK in decision.reasons:
            self.waiting[name] = (mine, right, label)
        elif decision.outcome == Outcome.REVIEW and right:
            self.accepted = sorted([mine, *self.accepted], key=lambda one: one.taken_at, reverse=True)
        if self.false_high and label is None and true:
            self.since_false_high += 1
            if decision.outcome == Outcome.ACCEPT:
                self.result.recoveries += 1
                self.result.recovery_readings += self.since_false_high
                self.result.errors["false high accepted"].found += 1
                self.result.errors["false high accepted"].by.update(decision.reasons)
                self.false_high = None

    def _settle_earlier(self, change: vee.Earlier) -> None:
        if change.reason == "false_high":
            self.accepted = [one for one in self.accepted if one.submission_id != change.submission_id]
        elif change.submission_id in self.waiting:
            known, right, label = self.waiting.pop(change.submission_id)
            if change.status == "ACCEPTED":
                self.accepted = sorted([known, *self.accepted], key=lambda one: one.taken_at, reverse=True)
                self.result.accepted_wrong += not right
                self.result.accused_then_healed += right and label is None and self.false_high is None

    def _neighbours(self, taken_at: str) -> Neighbours:
        true = [one for one in self.accepted if not one.estimated]
        before = next((one for one in true if one.taken_at < taken_at), None)
        after = next((one for one in reversed(true) if one.taken_at > taken_at), None)
        same = next((one for one in true if one.taken_at == taken_at), None)
        return Neighbours(before, after, same)

    def _children(self, label: str | None, day: int) -> dict[str, Decimal]:
        if "child" not in self.meter.submeters:
            return {}
        used = self.truth.shown(day) - self.accepted[0].value
        return {"child": used * 3 if label == "sub-meter mismatch" else used * Decimal("0.4")}

    def _record_exchange(self) -> None:
        truth = self.truth
        at = START + timedelta(days=truth.event_day - 1, hours=12)
        removed = (truth.start_value + truth.totals[DAYS + truth.event_day]) % self.meter.capacity
        record = Exchange(
            exchanged_at=clock.to_text(at), removal_value=self._text(removed), start_value=self._text(Decimal("0.5"))
        )
        self.meter = self.meter.model_copy(update={"exchanges": (record,)})

    def _estimate(self, day: int) -> None:
        at = START + timedelta(days=day)
        made = estimation.estimate(self.meter, self.accepted, at)
        if made is None:
            return
        before = next(one for one in self.accepted if not one.estimated)
        after_day = (self.truth.event_day // 7 + 1) * 7
        after = Known(self._text(self.truth.shown(after_day)), clock.to_text(START + timedelta(days=after_day)))
        said = estimation.score(made.estimate, Decimal(made.text), at, before, after)
        true = self.truth.shown(day)
        rule = made.estimate.rule
        used = true - before.value
        if said is None or used <= 0:
            return
        self.result.errors["no reading for months"].injected += 1
        self.result.errors["no reading for months"].found += 1
        self.result.errors["no reading for months"].by.update([f"estimated by {rule}"])
        self.result.estimates[rule] += 1
        self.result.inside[rule] += Decimal(made.estimate.low) <= true <= Decimal(made.estimate.high)
        self.result.error_share[rule] += float(abs(Decimal(made.text) - true) / used)

    def _text(self, value: Decimal) -> str:
        cut = value.quantize(Decimal(1).scaleb(-self.meter.decimals), rounding=ROUND_DOWN)
        return format_value(cut % self.meter.capacity, self.meter.digits, self.meter.decimals)


if __name__ == "__main__":
    main()
