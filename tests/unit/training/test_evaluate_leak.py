"""Events found, delays and false alerts are counted as they are defined."""

from datetime import UTC, datetime, timedelta

from meterflow.scoring.batch import BatchModel
from meterflow.scoring.leak import BURST_MODEL, LEAK_MODEL, LeakScorer
from meterflow.scoring.leak_features import LeakRow
from meterflow.scoring.model import shipped_bytes
from meterflow.scoring.verdict import Verdict
from tests.unit.domain.scoring.leak_series import series
from training.scoring.evaluate_leak import History, Tally, run, verdicts

ROWS = [LeakRow(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=at), 3.0, 10.0) for at in range(720)]


def said(alerts: dict[int, str]) -> list[Verdict]:
    return [
        Verdict(0.5, {}, "HIGH", alert=at in alerts, kind=alerts.get(at, "normal"), reason="")
        for at in range(len(ROWS))
    ]


def test_an_alert_within_an_event_finds_it_and_others_are_false() -> None:
    tally = Tally()
    events = [("leak", 100, 200), ("burst", 300, 310)]
    tally.add(History(ROWS, 1.0, events), said({50: "leak", 130: "leak", 150: "leak", 205: "leak", 322: "burst"}))
    found = tally.report()
    assert found["events"]["leak"] == {"events": 1, "found": 1, "median_hours": 30.0}
    assert found["events"]["burst"]["found"] == 0
    assert found["false_alerts"] == 2  # at 50, and at 322, half a day behind the burst; 205 is the leak's own wake
    assert found["false_per_sensor_month"] == round(2 / ((720 - 112 - 22) / 720), 3)


def test_faults_are_no_false_alerts_and_are_counted_by_kind() -> None:
    tally = Tally()
    faults = ["freeze" if 10 <= at < 20 else "" for at in range(720)]
    tally.add(History(ROWS, 1.0, [], faults), said({12: "sensor_fault", 15: "leak"}))
    found = tally.report()
    assert found["false_alerts"] == 1
    assert found["fault_alerts"] == 1
    assert found["faults"]["freeze"] == {"rows": 10, "called_fault": 0.1, "leak_alerts": 1}


def test_the_batch_gives_the_verdicts_of_the_scorer() -> None:
    rows = series(9, extra=lambda day: 0.5 if day >= 8 else 0.0)
    models = tuple(BatchModel(*shipped_bytes(name)) for name in (LEAK_MODEL, BURST_MODEL))
    scorer = LeakScorer()
    one_by_one = [scorer.observe(row) for row in rows]
    at_once = verdicts(rows, (models[0], models[1]))
    assert [one.alert for one in at_once] == [one.alert for one in one_by_one]
    assert max(abs(a.score - b.score) for a, b in zip(at_once, one_by_one, strict=True)) < 1e-6


def test_a_report_has_all_and_every_group() -> None:
    found = run([History(series(3), 0.5, [], group="one"), History(series(3), 0.5, [], group="two")], None)
    assert set(found) == {"all", "one", "two"}
    assert found["all"]["false_alerts"] == 0
