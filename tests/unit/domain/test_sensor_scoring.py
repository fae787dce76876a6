"""A device's row and the scorer of its kind."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from meterflow import sensor_scoring
from meterflow.scoring.model import ModelRefused
from meterflow.sensor_scoring import MODELS, SensorKind, features, models_of, replayed, row_of, scorer_of

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SENT: dict[SensorKind, dict[str, float]] = {
    "leak": {"pressure_bar": 3.2, "flow_rate_lps": 125.5, "temperature_c": -2.0},
    "energy": {"energy_consumption": 0.4, "voltage": 230.0, "current": 1.9, "power_factor": 0.95, "temperature": -1.0},
    "fire": {"t_mean": 22.0, "t_max": 24.0, "gas_val": 450.0, "gas_delta": -3.0},
}
KINDS = get_args(SensorKind)


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model can be loaded."""

    def refuse(name: str) -> None:
        raise ModelRefused(name)

    monkeypatch.setattr(sensor_scoring, "shipped", refuse)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_has_what_the_kind_knows_and_nothing_else(kind: SensorKind) -> None:
    row = row_of(kind, AT, "CRITICAL", SENT[kind] | {"battery_level": 85.0})
    assert {name: getattr(row, name) for name in SENT[kind]} == SENT[kind]
    assert row.timestamp == AT
    assert getattr(row, "facility_zone", "CRITICAL") == "CRITICAL"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("leak", "pressure_bar", -0.1),
        ("leak", "flow_rate_lps", float("nan")),
        ("leak", "temperature_c", float("inf")),
        ("energy", "voltage", -230.0),
        ("energy", "temperature", float("-inf")),
        ("fire", "gas_val", -1.0),
    ],
)
def test_what_cannot_be_measured_never_reaches_a_scorer(kind: SensorKind, name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        row_of(kind, AT, "STANDARD", {name: value})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("rules")
def test_without_a_model_the_rules_speak_and_it_is_said(kind: SensorKind) -> None:
    models, degraded = models_of(kind, {})
    assert (set(models), set(models.values()), degraded) == (set(MODELS[kind]), {None}, ("rules_only",))
    scorer, lost = scorer_of(kind, None, models)
    assert scorer.observe(row_of(kind, AT, "STANDARD", SENT[kind])).score >= 0
    assert lost == ()


@pytest.mark.usefixtures("rules")
def test_a_served_model_is_taken_before_the_shipped_one() -> None:
    one: Any = object()
    assert models_of("leak", {"leak-leak": one}) == ({"leak": one, "burst": None}, ("rules_only",))
    assert models_of("fire", {"fire-fire": one}) == ({"model": one}, ())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("rules")
def test_a_carried_state_goes_on_where_it_was(kind: SensorKind) -> None:
    """Through the item and back after each row: the same verdicts as a scorer that lives on."""
    models, _ = models_of(kind, {})
    lasting, state = scorer_of(kind, None, models)[0], None
    for minute in range(60):
        row = row_of(kind, AT + timedelta(minutes=minute), "STANDARD", SENT[kind])
        carried, lost = scorer_of(kind, state, models)
        assert carried.observe(row) == lasting.observe(row)
        assert lost == ()
        state = carried.to_item()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("rules")
def test_a_state_that_cannot_be_read_starts_anew(kind: SensorKind) -> None:
    models, _ = models_of(kind, {})
    assert scorer_of(kind, {"from": "elsewhere"}, models)[1] == ("state_lost",)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("rules")
def test_looking_at_the_features_changes_nothing(kind: SensorKind) -> None:
    models, _ = models_of(kind, {})
    scorer = scorer_of(kind, None, models)[0]
    rows = [row_of(kind, AT + timedelta(minutes=minute), "STANDARD", SENT[kind]) for minute in range(40)]
    for row in rows[:-1]:
        scorer.observe(row)
    state = scorer.to_item()
    seen = features(kind, state, rows[-1], models)
    assert seen == features(kind, state, rows[-1], models)
    assert scorer.to_item() == state
    # A leak sensor learns its day before it judges.
    assert seen or kind == "leak"


@pytest.mark.usefixtures("rules")
def test_a_replay_is_what_a_scorer_would_have_said() -> None:
    rows = [row_of("fire", AT + timedelta(minutes=minute), "CRITICAL", SENT["fire"]) for minute in range(30)]
    rows.append(
        row_of("fire", AT + timedelta(minutes=30), "CRITICAL", {"t_max": 160.0, "t_mean": 80.0, "gas_val": 5000.0})
    )
    scorer = scorer_of("fire", None, {"model": None})[0]
    assert [scorer.observe(row) for row in rows][-1] == replayed("fire", rows, {"model": None})
