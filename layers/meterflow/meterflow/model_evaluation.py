"""Asking exported models about rows whose truth is known, by the code that scores: what is judged is what serves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from meterflow.model_scores import Judged, Scores, scores
from meterflow.scoring.model import Model
from meterflow.training_data import Example


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One row: where, what was going on, the models' inputs by name, and the truth by question."""

    zone: str
    cause: str
    features: Mapping[str, float | None]
    truth: Mapping[str, bool]


def rows_of(examples: Iterable[Example]) -> list[EvaluationRow]:
    """Judged live rows; their zones are told apart from the frozen set's."""
    return [EvaluationRow(f"live {one.zone}", f"live {one.cause}", one.features, one.truth) for one in examples]


def evaluate(models: Mapping[str, Model], rows: Sequence[EvaluationRow]) -> Scores:
    """The scores of `models`, each called `<kind>-<question>`, on the rows that know the answer to its question."""
    judged = []
    for name, model in sorted(models.items()):
        question = name.partition("-")[2]
        for row in rows:
            if question in row.truth:
                p = model.probability(model.vector(row.features))
                judged.append(Judged(question, row.zone, row.cause, row.truth[question], p))
    return scores(judged)
