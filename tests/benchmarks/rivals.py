"""Other people's detectors, run in an environment of their own (`.local/tools/baselines`) as a process that is asked.

A line of JSON in: `{"detector", "seed", "series", "fit", "branches": [[start, rows]]}`; a row is features.
A line out: `{"scores": one a row, "branches": [scores of each branch]}`. A branch is what would have followed the first
`start` rows of the series instead of the series itself.

PyOD's detectors learn the first `fit` rows and then only score, which is how they are used on a stream; what they say
of those first rows is not counted by anybody. HalfSpaceTrees learns each row after it has scored it.
"""

import copy
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pyod.models.ecod import ECOD
from pyod.models.iforest import IForest
from river import anomaly, preprocessing

Rows = Sequence[Sequence[float]]
Answer = dict[str, list[Any]]


def fitted(make: Callable[[int], Any]) -> Callable[[dict[str, Any]], Answer]:
    """A detector that learns once."""

    def answer(asked: dict[str, Any]) -> Answer:
        model = make(asked["seed"])
        model.fit(np.array(asked["series"][: asked["fit"]]))

        def scores(rows: Rows) -> list[float]:
            return [float(one) for one in model.decision_function(np.array(rows))] if rows else []

        return {"scores": scores(asked["series"]), "branches": [scores(rows) for _, rows in asked["branches"]]}

    return answer


def half_space_trees(asked: dict[str, Any]) -> Answer:
    """river's, with its own defaults behind its own scaler, for it wants values from 0 to 1."""
    model = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=asked["seed"])
    starts: dict[int, list[int]] = {}
    for number, (start, _) in enumerate(asked["branches"]):
        starts.setdefault(start, []).append(number)
    branches: list[list[float]] = [[] for _ in asked["branches"]]
    scores = []
    for at, row in enumerate(asked["series"]):
        for number in starts.get(at, []):
            branches[number] = [
                _next(branched, one) for branched in [copy.deepcopy(model)] for one in asked["branches"][number][1]
            ]
        scores.append(_next(model, row))
    return {"scores": scores, "branches": branches}


def _next(model: Any, row: Sequence[float]) -> float:
    features = dict(enumerate(row))
    score = float(model.score_one(features))
    model.learn_one(features)
    return score


DETECTORS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "PyOD IsolationForest": fitted(lambda seed: IForest(random_state=seed)),
    "PyOD ECOD": fitted(lambda _: ECOD()),
    "river HalfSpaceTrees": half_space_trees,
}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(DETECTORS[asked["detector"]](asked)), flush=True)


if __name__ == "__main__":
    main()
