"""`meterflow score` on generated files: rows a second and the most memory, ordered and shuffled.

`python -m tests.benchmarks.score_file [--rows N] [--ids N] [--kind KIND …]`. The rows are made up and say nothing about
how good the scorers are; `detectors` does. `reading` is everything but the scorer: a file with one that says nothing.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meterflow.scoring import fire_features

HEADERS = {
    "meter": "meter_id,timestamp,consumption",
    "leak": "sensor_id,timestamp,pressure_bar,flow_rate_lps,temperature_c",
    "energy": "device_id,timestamp,energy_consumption,voltage,current,power_factor,temperature",
    "fire": "sensor_id,timestamp," + ",".join(fire_features.FEATURES),
}
USUAL = {"meter": (9.0,), "leak": (4.0, 5.0, 12.0), "energy": (0.5, 230.0, 2.2, 0.97, 21.0), "fire": (20.0,) * 18}
START = datetime(2026, 1, 1, tzinfo=UTC)
# Runs the command in this process, so that its own memory is what is measured, and tells CPU seconds and megabytes.
PROBE = """
import resource, sys, time
from cli import main, score_kinds
if sys.argv[1] == "nothing":
    from meterflow.scoring.verdict import Verdict
    quiet = Verdict(0.0, {}, "LOW", alert=False, kind="normal", reason="Nothing is said of any row by this one.")
    known = score_kinds._classes
    score_kinds._classes = lambda name: (known(name)[0], type("Silent", (), {"observe": lambda self, row: quiet}))
    sys.argv.pop(1)
status = main.main(["score", *sys.argv[1:], "--json"])
used = resource.getrusage(resource.RUSAGE_SELF)
# Not ru_maxrss: that begins with what the parent had.
most = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(f"{used.ru_utime + used.ru_stime} {int(most) / 1024}", file=sys.stderr)
sys.exit(status)
"""


def main(given: Sequence[str] | None = None) -> None:
    """Print a line for each kind and order."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=20_000)
    arguments.add_argument("--ids", type=int, default=20)
    arguments.add_argument("--kind", nargs="*", choices=HEADERS, default=list(HEADERS))
    chosen = arguments.parse_args(given)
    print(f"\nmeterflow score --json, {chosen.rows:,} rows of {chosen.ids:,} ids, one core (CPU seconds)")
    print(f"  {'':<18} {'rows a second':>14} {'us a row':>9} {'most memory, MB':>16}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in chosen.kind:
            for shuffled in (False, True):
                path = written(Path(folder) / f"{kind}.csv", kind, chosen.rows, chosen.ids, shuffled)
                _print(f"{kind}{', shuffled' if shuffled else ''}", chosen.rows, *measured(kind, str(path)))
        for shuffled in (False, True):
            path = written(Path(folder) / "any.csv", "meter", chosen.rows, chosen.ids, shuffled)
            _print(f"reading{', shuffled' if shuffled else ''}", chosen.rows, *measured("nothing", "meter", str(path)))


def written(path: Path, kind: str, rows: int, ids: int, shuffled: bool) -> Path:
    """A file of `rows` rows, one id after the other at each hour, or in any order."""
    chance = random.Random(2026)
    order = list(range(rows))
    if shuffled:
        chance.shuffle(order)
    with path.open("w") as file:
        file.write(HEADERS[kind] + "\n")
        for at in order:
            when = (START + timedelta(hours=at // ids)).isoformat()
            values = ",".join(f"{usual * chance.uniform(0.9, 1.1):.3f}" for usual in USUAL[kind])
            file.write(f"ID-{at % ids:06},{when},{values}\n")
    return path


def measured(*arguments: str) -> tuple[float, float]:
    """CPU seconds and megabytes of the command on a file."""
    command = [sys.executable, "-c", PROBE, *arguments]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    seconds, megabytes = done.stderr.splitlines()[-1].split()
    return float(seconds), float(megabytes)


def _print(name: str, rows: int, seconds: float, megabytes: float) -> None:
    print(f"  {name:<18} {rows / seconds:14,.0f} {seconds / rows * 1e6:9.0f} {megabytes:16.0f}", flush=True)


if __name__ == "__main__":
    main()
