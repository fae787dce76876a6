"""The default headers of the four kinds with the scorers of the workflows: what they know shows in the command."""

import json
import math
import random
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import score_kinds
from meterflow.scoring import fire_features

Run = Callable[..., Any]
START = datetime(2026, 3, 1, tzinfo=UTC)
Score = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def score(meterflow: Run, tmp_path: Path) -> Score:
    """`score("leak", "header", rows)` returns the objects."""

    def scored(kind: str, header: str, rows: list[str], *more: str) -> list[dict[str, Any]]:
        path = tmp_path / "rows.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        done = meterflow("score", kind, str(path), "--json", *more)
        assert done.status == 0, done.err
        return [json.loads(line) for line in done.out.splitlines()]

    return scored


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def home(days: int, leak_from: int, leak: int) -> list[int]:
    """Litres in each hour: two busy times a day, nights at zero, and a leak."""
    chance = random.Random(8)
    used = []
    for hour in range(24 * days):
        busy = hour % 24 in (7, 8, 13, 19, 20, 21)
        used.append(
            (chance.randrange(10, 60) if busy else chance.choice((0, 0, 0, 4))) + (leak if hour >= leak_from else 0)
        )
    return used


@pytest.mark.parametrize("column", ["register", "consumption"])
def test_a_leak_of_a_meter_is_told(column: str, score: Score) -> None:
    used, register, rows = home(40, 30 * 24, 12), 1000, []
    for hour, litres in enumerate(used):
        register += litres
        rows.append(f"W1,{at(hour)},{register if column == 'register' else litres}")
    found = score("meter", f"meter_id,timestamp,{column}", rows)
    told = [one for one in found if one["alert"]]
    assert [one for one in told if 30 * 24 <= one["row"] < 33 * 24 and "flow" in one["kind"]]
    assert not [one for one in told if 14 * 24 < one["row"] < 30 * 24]


def test_a_leak_in_a_plain_series_is_told(score: Score) -> None:
    rows = [f"{at(hour)},{litres}" for hour, litres in enumerate(home(40, 30 * 24, 12))]
    for kind in ("meter", "leak"):
        found = score(kind, "timestamp,value", rows)
        assert any(one["alert"] and one["probabilities"]["leak"] > 0.5 for one in found[30 * 24 : 33 * 24])


def test_a_register_that_falls(score: Score) -> None:
    rows = [f"W1,{at(hour)},{100 + hour}" for hour in range(200)] + [f"W1,{at(200)},150"]
    assert score("meter", "meter_id,timestamp,register", rows)[-1]["kind"] == "roll_back"


def _pipe(quarters: int, leak_from: int, burst_from: int) -> list[tuple[float, float, float]]:
    """Bar, litres a second and degrees of a quiet main that begins to leak, slowly more, and bursts."""
    chance = random.Random(2)
    rows = []
    for at in range(quarters):
        lost = 9.0 if at >= burst_from else max(0, at - leak_from) * 0.02
        flow = 5 + 2 * math.sin(at / 96 * 2 * math.pi) + chance.gauss(0, 0.1) + lost
        rows.append((4 + chance.gauss(0, 0.03) - lost * 0.2, flow, 12.0))
    return rows


def test_a_burst_at_a_leak_sensor_and_the_zone(score: Score) -> None:
    rows = [f"S1,{at(hour / 4)},{p:.3f},{q:.3f},{t}" for hour, (p, q, t) in enumerate(_pipe(1500, 1300, 1400))]
    header = "sensor_id,timestamp,pressure_bar,flow_rate_lps,temperature_c"
    found = score("leak", header, rows)
    assert any(one["alert"] and one["risk_level"] in ("HIGH", "CRITICAL") for one in found[1300:1420])
    assert {"leak", "burst"} <= found[1380]["probabilities"].keys()
    # The zone of the command is that of rows without one, and a row's own comes first.
    strict = score("leak", header, rows, "--zone", "critical")
    own = score("leak", header + ",facility_zone", [row + ",CRITICAL" for row in rows])
    assert [one["risk_level"] for one in strict] == [one["risk_level"] for one in own]
    assert [one["risk_level"] for one in strict] != [one["risk_level"] for one in found]


def test_any_measurement_of_a_leak_sensor_may_be_absent(score: Score) -> None:
    some = score("leak", "sensor_id,timestamp,flow_rate_lps", [f"S1,{at(hour)},5" for hour in range(5)])
    empty = score(
        "leak",
        "sensor_id,timestamp,pressure_bar,flow_rate_lps,temperature_c",
        [f"S1,{at(hour)},,5," for hour in range(5)],
    )
    assert some == empty


def test_frost_is_no_bad_row(score: Score) -> None:
    rows = [f"S1,{at(0)},4,-3", f"S1,{at(1)},-4,3"]
    frost, broken = score("leak", "sensor_id,timestamp,pressure_bar,temperature_c", rows)
    assert frost["kind"] != "bad_row"
    assert broken["reason"] == "pressure_bar is negative: -4"


def test_energy(score: Score) -> None:
    rows = [f"D1,{at(n / 4)},0.5,{230 + n % 3},2.2,0.97,21" for n in range(400)]
    rows += [f"D1,{at((400 + n) / 4)},0.5,180,2.2,0.97,21" for n in range(4)]
    found = score("energy", "device_id,timestamp,energy_consumption,voltage,current,power_factor,temperature", rows)
    assert any(one["alert"] for one in found[400:])
    assert not any(one["alert"] for one in found[:400])


def test_fire_takes_the_18(score: Score) -> None:
    names = list(fire_features.FEATURES)
    assert len(names) == 18
    kind = score_kinds.known("fire")
    assert set(kind.measures) == set(names)
    assert kind.zoned
    rows = [f"F1,{at(n / 60)}," + ",".join("1" for _ in names) for n in range(30)]
    found = score("fire", "sensor_id,timestamp," + ",".join(names), rows)
    assert len(found) == 30
    assert all(one["score"] is not None for one in found)


def test_each_kinds_row_has_the_columns_of_its_header() -> None:
    columns = {name: {one.name for one in fields(score_kinds._classes(name)[0])} for name in score_kinds.KINDS}
    assert {"timestamp", "register", "consumption"} <= columns["meter"]
    assert {"timestamp", "pressure_bar", "flow_rate_lps", "temperature_c", "facility_zone"} <= columns["leak"]
    measured = {"energy_consumption", "voltage", "current", "power_factor", "temperature"}
    assert {"timestamp", *measured} <= columns["energy"]
