"""The one entry point of training: the Lambda step, a SageMaker job and `meterflow train` all call `train`.

    train("leak", Dataset(…), seed=7, trials=3, seconds=60) -> Version of models, by name, with what is known of them

As a container of a SageMaker training job it is run by `python -m training.scoring.entry train`: the dataset lies in
/opt/ml/input/data/dataset/, the settings in /opt/ml/input/config/hyperparameters.json (texts), and what it writes to
/opt/ml/model/ comes back as model.tar.gz. A failure's first line goes to /opt/ml/output/failure, as SageMaker asks.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from meterflow import drift, model_registry, training_data
from meterflow.model_scores import Judged, Scores, scores
from meterflow.training_data import Dataset
from training.scoring import matrix, rows_energy, rows_fire, rows_leak, search
from training.scoring.matrix import QUESTIONS, Row

CONTAINER = Path("/opt/ml")
# Fewer live rows than this say little of a sensor's world: drift is then measured against the first live days.
LEAST_LIVE_ROWS = 1000

GENERATORS: Mapping[str, tuple[tuple[str, ...], Callable[[int], Iterator[Row]]]] = {
    "leak": (rows_leak.NAMES, rows_leak.rows),
    "energy": (rows_energy.NAMES, rows_energy.rows),
    "fire": (rows_fire.NAMES, rows_fire.rows),
}
"""By kind: what its models look at, and rows without end from a seed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a training made. `models` are the files by name; `facts` goes into the card; `reference` is None where too
    few live rows were learned from; `validation` are the scores on the sensors that the search left out."""

    models: Mapping[str, bytes]
    facts: Mapping[str, Any]
    validation: Scores
    reference: drift.Reference | None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The checksum of the whole version."""
        return model_registry.sum_of(self.files)

    def document(self) -> dict[str, Any]:
        """How the models were made, as JSON: what `result.json` and the lake keep."""
        known = self.reference.model_dump(mode="json") if self.reference else None
        return {"facts": dict(self.facts), "validation": self.validation.model_dump(mode="json"), "reference": known}


def train(
    kind: str,
    dataset: Dataset,
    seed: int,
    trials: int,
    seconds: float,
    say: Callable[[str], None] = lambda _line: None,
) -> Result:
    """Train every model of `kind` on `dataset`; the search gets an equal part of `seconds` for each."""
    names, endless = GENERATORS[kind]
    live = matrix.of_examples(kind, dataset.examples)
    say(f"generating {dataset.generated.rows} rows (seed {dataset.generated.seed})")
    table = matrix.matrix(kind, names, [*islice(endless(dataset.generated.seed), dataset.generated.rows), *live])
    models, facts, judged = {}, {}, []
    for question in QUESTIONS[kind]:
        name = f"{kind}-{question}"
        say(f"{name}: {len(table)} rows, {int(table.truth[question].sum())} of them the event")
        found = search.train(
            kind, names, table.values, table.truth[question], table.sensors,
            seed=seed, trials=trials, seconds=seconds / len(QUESTIONS[kind]), say=say,
            provenance={"version": dataset.cut, "question": question, "data": dataset.source, "seed": seed},
        )  # fmt: skip
        models[name] = found.data
        facts[name] = {"trials": found.trials, "settings": dict(found.settings), "log_loss": round(found.loss, 5)}
        chosen = zip(*(part.tolist() for part in found.validation), strict=True)
        judged += [Judged(question, "every zone", "every cause", truth, p) for p, truth in chosen]
    reference = None
    if len(live) >= LEAST_LIVE_ROWS:
        moments = [one.timestamp for one in dataset.examples]
        columns = matrix.matrix(kind, names, live).columns()
        reference = drift.reference(columns, "training", min(moments), max(moments))
    return Result(
        models,
        {
            "source": dataset.source,
            "cut": dataset.cut,
            "generated_rows": dataset.generated.rows,
            "live_rows": len(live),
            "libraries": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}",
            "search": facts,
        },
        scores(judged),
        reference,
        {name: training_data.sha256(data) for name, data in models.items()},
    )


def write(result: Result, folder: Path) -> None:
    """Write the models, their sums and `result.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in result.models.items():
        (folder / f"{name}.json").write_bytes(data)
    sums = "".join(f"{result.files[name]}  {name}.json\n" for name in sorted(result.files))
    (folder / "SHA256SUMS").write_text(sums)
    (folder / "result.json").write_text(json.dumps(result.document(), indent=1))


def job(container: Path = CONTAINER) -> None:
    """Run as a SageMaker training job: read what it was given, train, write what it made."""
    given = json.loads((container / "input/config/hyperparameters.json").read_text())
    (file,) = sorted((container / "input/data/dataset").iterdir())
    content = file.read_bytes()
    if training_data.sha256(content) != given["dataset_sha256"]:
        raise ValueError("the dataset is not the one that was promised")
    dataset = Dataset.model_validate_json(content)
    numbers = int(given["seed"]), int(given["trials"]), float(given["seconds"])
    write(train(dataset.kind, dataset, *numbers, say=lambda line: print(line, flush=True)), container / "model")


def main(container: Path = CONTAINER) -> int:
    """Entry point of the container."""
    try:
        job(container)
    except Exception as error:
        output = container / "output"
        output.mkdir(parents=True, exist_ok=True)
        (output / "failure").write_text(f"{type(error).__name__}: {error}"[:1024])
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
