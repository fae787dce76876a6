"""What the report counts: windows found, false rows, alerts with other constants."""

from datetime import UTC, datetime, timedelta

from training.scoring import nab_report
from training.scoring.nab import Labelled

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(name: str, windows: list[tuple[int, int]]) -> Labelled:
    return Labelled(name, [START + timedelta(minutes=i) for i in range(100)], [0.0] * 100, windows)


def test_windows_count_once_and_rows_outside_each() -> None:
    corpus = [series("one", [(50, 59), (70, 79)]), series("two", [])]
    alerts = {name: [0.0] * 100 for name in ("one", "two")}
    for name, row in (("one", 5), ("one", 50), ("one", 55), ("one", 65), ("two", 30), ("two", 31)):
        alerts[name][row] = 1.0
    told = nab_report.counted(corpus, alerts)
    assert (told.found, told.windows) == (1, 2)
    assert (told.false, told.outside) == (3, 65 + 85)


def test_alerts_are_made_again_with_other_constants() -> None:
    rarity = {"one": [0.0, 5.0, 5.0, 0.0, 0.0, 5.0]}
    assert nab_report.alerts_at(rarity, 4.0, 2)["one"] == [0, 1, 0, 0, 0, 1]
    assert nab_report.alerts_at(rarity, 6.0, 2)["one"] == [0, 0, 0, 0, 0, 0]
