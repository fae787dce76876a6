"""The leak scorer on pipe networks that EPANET solves, not our generator: see `COMMAND`.

Public example networks (Net1, Net3), demands of random daily and weekly waves with noise at every node, leaks of 2 to
12 % and bursts of 25 to 60 % of the demand as draws at a random node. Four sensors a scenario: pressure at random nodes
with the inflow of the zone or the flow of a random pipe, or one of them alone. No model was trained on these; two
constants of the rules (`leak_rules._LEAK_AT`, `_BURST_AT`) were lowered after a first look at them.

Not part of `make setup`: WNTR, which brings EPANET, is asked for by the command alone.
"""

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import wntr

from meterflow.scoring.batch import BatchModel
from meterflow.scoring.leak import BURST_MODEL, LEAK_MODEL
from meterflow.scoring.leak_features import LeakRow
from meterflow.scoring.model import shipped_bytes
from training.scoring.evaluate_leak import History, run
from training.scoring.leak_network import BAR_PER_METRE

COMMAND = "uv run --with wntr --with six --with 'setuptools<80' python -m training.scoring.evaluate_leak_epanet"
NETWORKS = (("Net1", 30, 70, 3), ("Net3", 30, 70, 3), ("Net1", 5, 35, 3), ("Net3", 15, 40, 3))
"""(network, minutes, days, scenarios)."""
LIBRARY = Path(wntr.__file__).parent / "library" / "networks"
START = datetime(2018, 1, 1, tzinfo=UTC)
SENSORS = ("zone inflow and pressure", "pipe flow and pressure", "pressure alone", "zone inflow alone")


def waves(hours: Any, rng: np.random.Generator) -> Any:
    """Demand of one kind of user: four waves a day, seven a week, a season."""
    day = [
        rng.normal(0, 0.35) / h**0.7 * np.sin(2 * np.pi * h * (hours % 24) / 24 + rng.uniform(0, 6.28))
        for h in range(1, 5)
    ]
    week = [
        rng.normal(0, 0.06) * np.sin(2 * np.pi * h * (hours % 168) / 168 + rng.uniform(0, 6.28)) for h in range(1, 8)
    ]
    season = 1 + 0.1 * np.sin(2 * np.pi * hours / 8760 + rng.uniform(0, 6.28))
    return np.maximum(1 + sum(day) + sum(week), 0.15) * season


def network(name: str, minutes: int, days: int, controlled: bool) -> Any:
    """The network with wide tanks (a level that hardly moves) and, unless `controlled`, nothing that switches."""
    model = wntr.network.WaterNetworkModel(str(LIBRARY / f"{name}.inp"))
    times = model.options.time
    times.duration = (days * 1440 // minutes - 1) * minutes * 60
    times.hydraulic_timestep = times.pattern_timestep = times.report_timestep = times.quality_timestep = minutes * 60
    model.options.quality.parameter = "NONE"
    model.options.hydraulic.demand_model = "DDA"
    for _, tank in model.tanks():
        tank.diameter *= 40
        tank.vol_curve_name = None
    for control in [] if controlled else list(model.control_name_list):
        model.remove_control(control)
    return model


def draw(model: Any, hours: Any, rng: np.random.Generator) -> tuple[list[str], float]:
    """Give every node its own noisy demand; the nodes that draw, and the mean demand in all (m³/s)."""
    kinds = [waves(hours, rng) for _ in range(6)]
    nodes, total = [], 0.0
    for name, node in model.junctions():
        demands = node.demand_timeseries_list
        if not demands or demands[0].base_value <= 0:
            continue
        kind = kinds[int(rng.integers(6))]
        model.add_pattern(f"n{name}", list(np.maximum(kind * (1 + rng.normal(0, 0.08, len(hours))), 0)))
        while len(demands) > 1:
            del demands[-1]
        demands[0].base_value *= 0.5
        demands[0].pattern_name = f"n{name}"
        nodes.append(name)
        total += demands[0].base_value
    return nodes, total


def leaks(model: Any, nodes: list[str], total: float, rows: int, day: int, rng: np.random.Generator) -> list[Any]:
    """Leaks one after another from about the second week on: (kind, first row, row behind the last)."""
    events, at = [], int(rng.uniform(12, 20) * day)
    while at < rows - 2 * day:
        kind = str(rng.choice(["abrupt", "incipient", "burst"]))
        shares = {"abrupt": (0.02, 0.12), "incipient": (0.03, 0.12), "burst": (0.25, 0.6)}
        share = float(rng.uniform(*shares[kind]))
        end = min(rows, at + int(rng.uniform(*((0.5, 2) if kind == "burst" else (3, 10))) * day))
        profile = np.zeros(rows)
        grown = np.minimum(1, np.arange(1, end - at + 1) / (0.5 * (end - at)))
        profile[at:end] = grown if kind == "incipient" else 1.0
        model.add_pattern(f"leak{at}", list(profile))
        model.get_node(str(rng.choice(nodes))).add_demand(base=share * total, pattern_name=f"leak{at}")
        events.append((kind, at, end))
        at = end + int(rng.uniform(8, 14) * day)
    return events


def scenario(name: str, minutes: int, days: int, seed: int) -> Iterator[History]:
    """One network's sensors."""
    rng = np.random.default_rng([seed, days])
    rows, day = days * 1440 // minutes, 1440 // minutes
    model = network(name, minutes, days, controlled=False)
    nodes, total = draw(model, np.arange(rows) * minutes / 60, rng)
    events = leaks(model, nodes, total, rows, day, rng)
    with tempfile.TemporaryDirectory() as folder:
        solved = wntr.sim.EpanetSimulator(model).run_sim(file_prefix=str(Path(folder) / "x"))
    heads, flows = solved.node["pressure"].clip(lower=0) * BAR_PER_METRE, solved.link["flowrate"].abs() * 1000
    sources = [*model.reservoir_name_list, *model.tank_name_list]
    inflow = -solved.node["demand"][sources].sum(axis=1).to_numpy() * 1000
    noise = float(rng.choice([0, 0.001, 0.005]))
    for sensor in SENSORS:
        pressure = heads[str(rng.choice(nodes))].to_numpy() * (1 + noise * rng.normal(size=rows))
        flow = flows[str(rng.choice(model.pipe_name_list))].to_numpy() if sensor.startswith("pipe") else inflow
        flow = np.maximum(flow * (1 + 2 * noise * rng.normal(size=rows)), 0)
        yield History(
            [
                LeakRow(
                    START + timedelta(minutes=minutes * at),
                    float(pressure[at]) if "pressure" in sensor else None,
                    float(flow[at]) if "flow" in sensor else None,
                )
                for at in range(rows)
            ],
            minutes / 60,
            events,
            group=sensor,
        )


def main() -> None:
    """Print the shipped models beside the rules alone."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    kept = [
        history
        for name, minutes, days, scenarios in NETWORKS
        for seed in range(scenarios)
        for history in scenario(name, minutes, days, seed)
    ]
    leak, burst = (BatchModel(*shipped_bytes(name)) for name in (LEAK_MODEL, BURST_MODEL))
    print(json.dumps({"models_and_rules": run(kept, (leak, burst)), "rules_only": run(kept, None)}, indent=1))


if __name__ == "__main__":
    main()
