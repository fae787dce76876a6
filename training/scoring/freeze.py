"""Write a kind's frozen set: `python -m training.scoring.freeze leak`.

The seed lies above every seed that a training may have, so no training draws these sensors. Run it only when what the
models look at has changed; every version in use is then asked the new questions at its next comparison.
"""

import argparse
import gzip
import json
from itertools import islice
from pathlib import Path

from meterflow import training_data
from training.scoring.entry import GENERATORS

FOLDER = Path(__file__).parents[2] / "functions/model_training/evaluate_model/frozen"
SEED = 2**31 + 1
ROWS = 3000
# Of a sensor's rows one in so many: the judges need many sensors more than many rows of one.
EVERY = 6
_FIGURES = ".5g"


def freeze(kind: str, rows: int, every: int = EVERY, folder: Path = FOLDER) -> tuple[int, int]:
    """Write `<kind>.json.gz` and its line in SHA256SUMS; return how many rows of how many sensors it has."""
    names, endless = GENERATORS[kind]
    found = list(islice(endless(SEED), 0, rows * every, every))
    table = [
        [
            row.zone,
            row.cause,
            [_short(row.features.get(name)) for name in names],
            {q: int(t) for q, t in row.truth.items()},
        ]
        for row in found
    ]
    content = json.dumps({"kind": kind, "names": list(names), "rows": table}, separators=(",", ":")).encode()
    folder.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(content, mtime=0)
    (folder / f"{kind}.json.gz").write_bytes(packed)
    sums = folder / "SHA256SUMS"
    others = (
        [line for line in sums.read_text().splitlines() if not line.endswith(f"  {kind}.json.gz")]
        if sums.exists()
        else []
    )
    line = f"{training_data.sha256(packed)}  {kind}.json.gz"
    sums.write_text("".join(f"{one}\n" for one in sorted([*others, line], key=str.split)))
    return len(found), len({row.sensor for row in found})


def _short(value: float | None) -> float | None:
    return None if value is None else float(format(value, _FIGURES))


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="+", choices=sorted(GENERATORS))
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--every", type=int, default=EVERY, help="one of so many rows is kept")
    options = parser.parse_args()
    for kind in options.kinds:
        print("{}: {} rows of {} sensors".format(kind, *freeze(kind, options.rows, options.every)))


if __name__ == "__main__":
    main()
