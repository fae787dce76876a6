"""How long each function takes to import in a fresh interpreter, beside a bare boto3 + Powertools handler.

The built artefacts are imported as Lambda does it: a bare interpreter with boto3, the layers and the function's folder
on the path, bytecode as built. Each is imported several times, interleaved with the bare handler, and the median
counts.
"""

import json
import statistics
import subprocess
from pathlib import Path

from local import build, paths

RUNS = 5
BARE = """
import boto3
from aws_lambda_powertools import Logger, Metrics
logger = Logger(service="bare")
metrics = Metrics(namespace="Bare", service="bare")
def handler(event, context):
    return {}
"""
MEASURE = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
started = time.perf_counter()
import app
print((time.perf_counter() - started) * 1000)
"""


def milliseconds(folders: list[Path]) -> float:
    """One import of `app` with `folders` before everything else on the path, in a fresh interpreter."""
    command = [str(paths.FUNCTION_PYTHON), "-c", MEASURE, json.dumps([str(folder) for folder in folders])]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout)


def bare_handler(folder: Path) -> Path:
    """A compiled bare handler in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(BARE)
    build.compile_bytecode(folder)
    return folder


def main() -> None:
    """Print a table: every function, its median milliseconds, and the ratio to the bare handler."""
    build.build("local")
    layers = [build.BUILD / name / "python" for name in ("DependenciesLayer", "MeterflowLayer")]
    bare = bare_handler(paths.ROOT / ".local" / "bench" / "bare")
    functions = [path for path in build.artefacts(build.BUILD) if (path / "app.py").exists()]
    times: dict[str, list[float]] = {path.name: [] for path in functions}
    base: list[float] = []
    for _ in range(RUNS):
        for path in functions:
            times[path.name].append(milliseconds([path, *layers]))
        base.extend(milliseconds([bare, *layers]) for _ in range(3))
    beside = statistics.median(base)
    print(f"\ncold import, median of {RUNS}, milliseconds (ratio to the bare handler)")
    print(f"  {'bare boto3 + Powertools handler':<36} {beside:7.0f}")
    for name, values in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        median = statistics.median(values)
        print(f"  {name:<36} {median:7.0f}  {median / beside:5.2f}")
