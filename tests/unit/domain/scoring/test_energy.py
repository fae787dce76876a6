"""The energy scorer on a small home: what is told, what is not, and that the state is the whole state. Rules only."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from meterflow.scoring.energy import EnergyScorer
from meterflow.scoring.energy_row import MEASUREMENTS, EnergyRow
from meterflow.scoring.model import ModelRefused
from meterflow.scoring.verdict import Verdict

START = datetime(2026, 3, 2, tzinfo=UTC)
QUIET = 900  # rows of five minutes: three days
Change = Callable[[EnergyRow], EnergyRow]


def noise(number: int, salt: int) -> float:
    """-0.5 to 0.5, never twice the same within a test."""
    return (((number + salt) * 2_654_435_761) % 1_000_003) / 1_000_003 - 0.5


@cache
def usual(number: int) -> EnergyRow:
    """Five minutes of a home: a fridge, an evening, a kettle now and then; kWh of the interval."""
    hour = number / 12 % 24
    watts = 120.0 + 90.0 * (number % 9 < 4) + 350.0 * (18 <= hour < 23) + 2000.0 * (noise(number, 5) > 0.47)
    watts *= 1.0 + 0.05 * noise(number, 1)
    factor = 0.97 - 0.06 * (watts < 250.0) + 0.01 * noise(number, 2)
    volts = 231.0 + 1.5 * math.sin(2 * math.pi * hour / 24) + 1.2 * noise(number, 3)
    return EnergyRow(
        START + timedelta(minutes=5 * number),
        energy_consumption=watts / 12_000.0,
        voltage=volts,
        current=watts / factor / volts,
        power_factor=factor,
        temperature=25.0 + 2.0 * noise(number, 4),
    )


def days(change: Change = lambda row: row, rows: int = 24) -> list[EnergyRow]:
    """Three usual days, then `rows` rows as `change` makes them."""
    return [usual(number) for number in range(QUIET)] + [change(usual(number)) for number in range(QUIET, QUIET + rows)]


def score(rows: Sequence[EnergyRow], scorer: EnergyScorer | None = None) -> list[Verdict]:
    scorer = scorer or EnergyScorer(None)
    return [scorer.observe(row) for row in rows]


def kinds(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.kind for verdict in verdicts if verdict.alert]


@cache
def learned() -> str:
    """The state after the usual days: most tests begin there."""
    scorer = EnergyScorer(None)
    score([usual(number) for number in range(QUIET)], scorer)
    return json.dumps(scorer.to_item())


def after(change: Change, rows: int = 24) -> list[Verdict]:
    """What is said of `rows` changed rows after the usual days."""
    scorer = EnergyScorer.from_item(json.loads(learned()), None)
    return score([change(usual(number)) for number in range(QUIET, QUIET + rows)], scorer)


def times(name: str, factor: float) -> Change:
    return lambda row: replace(row, **{name: getattr(row, name) * factor})


def held(*names: str) -> Change:
    return lambda row: replace(row, **{name: getattr(usual(QUIET - 1), name) for name in names})


def test_a_usual_week_tells_nobody() -> None:
    verdicts = score([usual(number) for number in range(1500)])
    assert kinds(verdicts) == []
    assert {verdict.kind for verdict in verdicts[10:]} == {"normal"}


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (times("voltage", 0.85), "voltage_sag", "voltage"),
        (times("voltage", 0.93), "voltage_sag", "off its usual level"),
        (times("voltage", 1.12), "voltage_swell", "nominal 230 V"),
        (times("voltage", 0.0), "interruption", "no supply"),
        (times("energy_consumption", 0.0), "tampering", "nothing is counted"),
        (times("energy_consumption", 0.4), "tampering", "is counted"),
        (times("energy_consumption", 5.0), "inconsistent", "is counted"),
        (times("power_factor", 0.6), "power_factor_drop", "power factor"),
        (lambda row: replace(row, current=60.0, energy_consumption=1.12), "over_current", "highest so far"),
        (lambda row: replace(row, temperature=95.0), "overheating", "95 C"),
        (held("voltage"), "sensor_fault", "voltage has been"),
        (held(*MEASUREMENTS), "sensor_fault", "same for"),
    ],
)
def test_what_is_wrong_is_told_and_named(change: Change, kind: str, words: str) -> None:
    verdicts = after(change)
    assert kind in kinds(verdicts)
    first = next(verdict for verdict in verdicts if verdict.alert and verdict.kind == kind)
    assert words in first.reason
    assert first.risk_level in ({"MEDIUM"} if kind == "sensor_fault" else {"HIGH", "CRITICAL"})


def test_an_episode_is_told_once() -> None:
    assert kinds(after(times("voltage", 0.85), rows=60)).count("voltage_sag") == 1


def test_a_dangerous_swell_is_critical() -> None:
    assert after(times("voltage", 1.2))[0].risk_level == "CRITICAL"


def test_a_stuck_consumption_is_no_usual_consumption() -> None:
    verdicts = after(held("energy_consumption"), rows=60)
    assert set(kinds(verdicts)) & {"sensor_fault", "tampering", "inconsistent"}


def test_less_than_ever_standby_is_told_where_only_consumption_is_measured() -> None:
    rows = days(times("energy_consumption", 0.3), rows=60)
    only = [EnergyRow(row.timestamp, row.energy_consumption) for row in rows]
    assert kinds(score(only)) == ["standby_drop"]


def _seen_without(name: str, kind: str) -> bool:
    """Whether `kind` can be seen at all where `name` is absent."""
    return name != "voltage" if kind == "voltage_sag" else name not in {"energy_consumption", "current"}


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_any_measurement_may_be_absent(name: str) -> None:
    scorer = EnergyScorer(None)
    assert kinds(score([replace(usual(number), **{name: None}) for number in range(QUIET)], scorer)) == []
    kept = scorer.to_item()
    for change, kind in ((times("voltage", 0.8), "voltage_sag"), (times("energy_consumption", 0.0), "tampering")):
        changed = [change(usual(number)) for number in range(QUIET, QUIET + 24)]
        said = kinds(score([replace(row, **{name: None}) for row in changed], EnergyScorer.from_item(kept, None)))
        assert (kind in said) is _seen_without(name, kind)


def test_a_measurement_that_goes_missing_is_a_sensor_fault() -> None:
    verdicts = after(lambda row: replace(row, voltage=None))
    assert kinds(verdicts) == ["sensor_fault"]
    assert "no voltage for 10 rows" in next(verdict for verdict in verdicts if verdict.alert).reason


def test_a_frozen_meter_is_a_sensor_fault_and_no_event() -> None:
    assert set(kinds(after(held(*MEASUREMENTS), rows=100))) == {"sensor_fault"}


@pytest.mark.parametrize("unit", [1.0, 1000.0, 12_000.0])
def test_the_unit_of_consumption_does_not_matter(unit: float) -> None:
    rows = [
        replace(row, energy_consumption=row.energy_consumption * unit) for row in days(times("energy_consumption", 0.4))
    ]
    assert kinds(score(rows)) == kinds(after(times("energy_consumption", 0.4)))


@pytest.mark.parametrize("nominal", [120.0, 127.0, 230.0, 400.0])
def test_any_supply_is_known_by_its_own_voltage(nominal: float) -> None:
    def on(row: EnergyRow) -> EnergyRow:
        return replace(row, voltage=row.voltage * nominal / 230.0, current=row.current * 230.0 / nominal)

    assert kinds(score([on(row) for row in days()])) == []
    sagging = [on(row) for row in days(times("voltage", 0.85))]
    assert "voltage_sag" in kinds(score(sagging))


def test_a_constant_supply_is_no_stuck_sensor() -> None:
    assert kinds(score([replace(usual(number), voltage=230.0) for number in range(QUIET)])) == []


def test_a_row_without_measurements_has_no_verdict() -> None:
    verdict = EnergyScorer(None).observe(EnergyRow(START))
    assert (verdict.kind, verdict.score, verdict.alert) == ("too_little_data", 0.0, False)


def test_the_first_rows_have_no_verdict_and_say_so() -> None:
    verdicts = score([usual(number) for number in range(8)])
    assert [verdict.kind for verdict in verdicts] == ["too_little_data"] * 5 + ["normal"] * 3


def test_later_rows_change_nothing_said_before() -> None:
    rows = days(times("energy_consumption", 0.4))
    whole = score(rows)
    for length in (1, 100, QUIET, QUIET + 3):
        assert score(rows[:length]) == whole[:length]


@pytest.mark.parametrize("middle", [0, 1, 70, QUIET - 1, QUIET + 2])
def test_the_state_survives_json_in_the_middle(middle: int) -> None:
    rows = days(times("voltage", 0.85))
    scorer = EnergyScorer(None)
    before = score(rows[:middle], scorer)
    kept = json.dumps(scorer.to_item(), allow_nan=False)
    after = score(rows[middle:], EnergyScorer.from_item(json.loads(kept), None))
    assert before + after == score(rows)
    assert len(kept) < 10_000


def test_without_its_model_it_goes_by_rules_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ModelRefused(f"no shipped model {name}")

    monkeypatch.setattr("meterflow.scoring.energy.shipped", refuse)
    verdicts = score(days(times("voltage", 0.85)), EnergyScorer())
    assert "voltage_sag" in kinds(verdicts)
    assert "rules only" in verdicts[-1].reason
    assert verdicts[-1].probabilities == {}


def test_the_shipped_model_says_anomaly_and_leaves_usual_days_alone() -> None:
    verdicts = score(days(times("voltage", 0.85)), EnergyScorer())
    assert "rules only" not in verdicts[-1].reason
    said = sorted(verdict.probabilities["anomaly"] for verdict in verdicts[200:QUIET])
    assert said[len(said) // 2] < 0.2
    assert verdicts[QUIET].probabilities["anomaly"] > 0.5
