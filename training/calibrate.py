"""Make the odds honest: `python -m training.calibrate`.

Reads rendered photos and registers that no training saw and half A of the development photos, fits the weights of
the evidence (logistic regression), and chooses the odds from which a reading is accepted: the widest coverage whose
share of wrong accepted ones stays under the goal with a one-sided 90 % bound (Clopper and Pearson, 1934); with too few
photos to show that, the widest without a single wrong one. Written to weights/calibration.json.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import photos
from training.reader import Sheet, locate, reading
from training.seal import WEIGHTS, seal

GOAL, BOUND = 0.005, 0.9
# A development photo is real: it counts as several rendered ones.
REAL = 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=300, help="rendered whole photos")
    parser.add_argument("--registers", type=int, default=1200, help="rendered registers, without the localiser")
    parser.add_argument("--keep", type=Path, help="where the evidence is kept")
    parser.add_argument("--evidence", type=Path, help="evidence that was kept: fit it again")
    options = parser.parse_args()
    if options.evidence:
        rows = [json.loads(line) for line in options.evidence.read_text().splitlines()]
    else:
        rows = _evidence(photos.development("A")) + _evidence(photos.rendered(options.photos))
        rows += _close_up(options.registers)
    if options.keep:
        options.keep.write_text("\n".join(json.dumps(row) for row in rows))
    terms = np.array([row["terms"] for row in rows])
    right = np.array([row["right"] for row in rows], float)
    weight = np.array([1.0 if row["name"].startswith(("rendered", "register")) else REAL for row in rows])
    weights = fit(terms, right, weight)
    odds = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
    whole = np.array([not reading.NEVER_ACCEPTED.intersection(row["reasons"]) for row in rows])
    accept, accepted, wrong = threshold(odds[whole], right[whole])
    found = {
        "weights": [round(float(part), 4) for part in weights],
        "accept": math.ceil(accept * 10000) / 10000,
        "fitted_on": {
            "photos": len(rows),
            "accepted": accepted,
            "wrong": wrong,
            "bound": round(upper(wrong, accepted), 4),
        },
    }
    (WEIGHTS / "calibration.json").write_text(json.dumps(found, indent=1) + "\n")
    seal()
    print(json.dumps(found))


def _evidence(source) -> list[dict]:  # type: ignore[no-untyped-def, type-arg]
    """One row a photo on which a register was read."""
    rows = []
    for photo in source:
        if not photo.scored:
            continue
        found = [(one.corners, one.confidence) for one in locate(photo.image)[: reading.MOST_CANDIDATES]]
        read = reading.read_at(Sheet(photo.image), found, photo.digits, photo.decimals)
        if read is not None:
            rows.append(_row(photo, read))
    return rows


def _close_up(count: int) -> list[dict]:  # type: ignore[type-arg]
    """Every other register with its meter's figures known, as the workflow mostly knows them: the point counts here."""
    rows = []
    for at, (photo, corners) in enumerate(photos.registers(count)):
        known = (photo.digits, photo.decimals) if at % 2 else (None, None)
        read = reading.read_at(Sheet(photo.image), [(corners, 0.85)], *known)
        if read is not None:
            rows.append(_row(photo, read))
    return rows


def _row(photo: photos.Labelled, read: reading.Reading) -> dict:  # type: ignore[type-arg]
    return {
        "name": photo.name,
        "terms": read.evidence.terms(),
        "right": photo.right(read.value),
        "reasons": read.reasons,
        "value": read.value,
        "reading": photo.reading,
    }


def fit(
    terms: NDArray[np.float64], right: NDArray[np.float64], weight: NDArray[np.float64], ridge: float = 2.0
) -> NDArray[np.float64]:
    """Logistic regression by Newton's method; `ridge` pulls all but the first weight to zero. No evidence may count
    against a reading for being stronger: a negative weight is set to zero and the rest fitted anew."""
    used = np.ones(terms.shape[1], bool)
    while True:
        part = terms[:, used]
        pull = np.eye(part.shape[1]) * ridge
        pull[0, 0] = 1e-3
        weights = np.zeros(part.shape[1])
        for _ in range(40):
            odds = 1 / (1 + np.exp(-np.clip(part @ weights, -30, 30)))
            slope = part.T @ (weight * (odds - right)) + pull @ weights
            curve = part.T @ (part * (weight * odds * (1 - odds))[:, None]) + pull
            weights -= np.linalg.solve(curve, slope)
        all_weights = np.zeros(terms.shape[1])
        all_weights[used] = weights
        negative = (all_weights < 0) & (np.arange(len(all_weights)) > 0)
        if not negative.any():
            return all_weights
        used &= ~negative


def upper(wrong: int, count: int) -> float:
    """Upper end of the one-sided confidence interval of a share (Clopper-Pearson), by bisection."""
    if count == 0:
        return 1.0
    low, high = wrong / count, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        at_most = sum(math.comb(count, k) * middle**k * (1 - middle) ** (count - k) for k in range(wrong + 1))
        low, high = (middle, high) if at_most > 1 - BOUND else (low, middle)
    return high


def threshold(odds: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, int, int]:
    """The smallest odds to accept from, how many that accepts, and how many of those are wrong."""
    order = np.argsort(-odds)
    wrong = np.cumsum(1 - right[order]).astype(int)
    within = [at for at in range(len(order)) if upper(int(wrong[at]), at + 1) <= GOAL]
    if not within:
        within = [at for at in range(len(order)) if wrong[at] == 0]
    if not within:
        return 1.0, 0, 0
    last = within[-1]
    return max(0.5, float(odds[order[last]])), last + 1, int(wrong[last])


if __name__ == "__main__":
    main()
