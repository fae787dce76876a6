"""Submissions per second on the laptop cloud, and the time from POST to the final status.

Beside them, in the same run, stands the floor: the same number of calls of `GET /meters/{id}`, which is one function
and one read, so that the ratio says what the workflow costs beyond the emulator itself.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from local import paths, ports

COUNT = 60
TOGETHER = 6


def main() -> None:
    """Start a cloud of its own, measure, print, stop it."""
    home = paths.ROOT / ".local" / "bench"
    os.environ["METERFLOW_HOME"] = str(home)
    command = [sys.executable, "-m", "cli.main"]
    env = os.environ | {"METERFLOW_PORT": str(ports.free_base())}
    subprocess.run([*command, "up", "--no-demonstration"], env=env, check=True, stdout=subprocess.DEVNULL)
    try:
        measure(json.loads((home / "endpoints.json").read_text()))
    finally:
        subprocess.run([*command, "down"], env=env, check=True, stdout=subprocess.DEVNULL)


def measure(where: dict[str, Any]) -> None:
    """Print both rates and the percentiles."""
    from cli import submit
    from meterflow.clock import now, to_text

    session = submit.log_in(where, "customer")
    meters = [new_meter(session) for _ in range(COUNT)]

    def post(meter_id: str) -> float:
        taken_at = to_text(now() - timedelta(minutes=1))
        body = {"meter_id": meter_id, "value": "00010.000", "taken_at": taken_at, "client_token": meter_id}
        started = time.perf_counter()
        answer = session.call("POST", "/readings", body)
        submit.settled(session, answer["submission_id"])
        return time.perf_counter() - started

    def read(meter_id: str) -> float:
        started = time.perf_counter()
        session.call("GET", f"/meters/{meter_id}")
        return time.perf_counter() - started

    # The first few start the functions' processes; they are not what is measured.
    together(post, [new_meter(session) for _ in range(TOGETHER)])
    together(read, meters[:TOGETHER])
    submissions, took = together(post, meters)
    reads, _ = together(read, meters)
    print(f"\nlaptop cloud, {COUNT} submissions, {TOGETHER} at a time")
    print(f"  submissions settled per second       {submissions:7.2f}")
    print(f"  GET /meters/{{id}} per second          {reads:7.2f}   ({reads / submissions:.1f} times as many)")
    quantiles = statistics.quantiles(took, n=20)
    print(f"  POST to final status, p50            {statistics.median(took):7.2f} s")
    print(f"  POST to final status, p95            {quantiles[18]:7.2f} s")


def new_meter(session: Any) -> str:
    """Register a water meter and return its id."""
    meter_id = f"B-{uuid.uuid4().hex[:10].upper()}"
    place = {"lat": 38.35, "lon": -0.48}
    body = {"meter_id": meter_id, "kind": "water", "unit": "m3", "digits": 5, "decimals": 3, "location": place}
    session.call("POST", "/meters", body)
    return meter_id


def together(work: Callable[[str], float], items: list[str]) -> tuple[float, list[float]]:
    """Do `work` on every item, TOGETHER at a time: items per second, and each one's seconds."""
    started = time.perf_counter()
    with ThreadPoolExecutor(TOGETHER) as pool:
        took = list(pool.map(work, items))
    return len(items) / (time.perf_counter() - started), took
