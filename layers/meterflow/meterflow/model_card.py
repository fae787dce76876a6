"""Model cards: what a version is, learned from, scores and cannot do, for a person. Written beside every version."""

from collections.abc import Iterator, Mapping

from meterflow.model_registry import Version
from meterflow.model_scores import Score, Scores

COLUMNS = ("rows", "events", "auc", "brier", "calibration_error", "recall", "false_alarms")


def limits_of(kind: str, examples: int) -> tuple[str, ...]:
    """What every card must say of a version of `kind` that learned from `examples` judged live rows."""
    said = [
        "The generated rows follow documented physics, not any real site: review the model before you rely on it.",
        "The frozen set is generated too. It shows that a version is no worse than another, not how good either is.",
    ]
    if not examples:
        said.append(f"No live row of this utility was learned from: the {kind} model knows nothing of its sensors.")
    elif examples < 100:
        said.append(f"Only {examples} live rows were learned from: they hardly move the model.")
    return tuple(said)


def card(kind: str, version: Version, scores: Scores, current: Scores | None = None, frozen_sha256: str = "") -> str:
    """The card in Markdown. `current` are the scores of the version that it was compared with."""
    return "\n".join(_lines(kind, version, scores, current, frozen_sha256)) + "\n"


def _lines(kind: str, version: Version, scores: Scores, current: Scores | None, frozen_sha256: str) -> Iterator[str]:
    yield f"# Model card: {kind} {version.version}"
    yield ""
    yield f"Made by {version.origin}, registered {version.registered_at}. SHA-256 of the version: `{version.sha256}`."
    yield ""
    yield "| model | SHA-256 |"
    yield "|---|---|"
    for name, digest in sorted(version.files.items()):
        yield f"| {name} | `{digest}` |"
    yield ""
    yield "## Data"
    yield from (f"- {name.replace('_', ' ')}: {value}" for name, value in sorted(version.data.items()))
    if version.seed is not None:
        yield f"- seed: {version.seed}"
    yield ""
    yield f"## Scores on the frozen set{f' (SHA-256 `{frozen_sha256}`)' if frozen_sha256 else ''}"
    yield from _table("over everything", scores.overall)
    if current:
        yield from _table("the version in use before, on the same rows", current.overall)
    for question in sorted(scores.zones):
        yield from _table(f"{question} by zone", scores.zones[question])
    for question in sorted(scores.causes):
        yield from _table(f"{question} by cause", scores.causes[question])
    yield ""
    yield "## Limits"
    yield from (f"- {limit}" for limit in version.limits)


def _table(title: str, found: Mapping[str, Score]) -> Iterator[str]:
    yield ""
    yield f"| {title} | {' | '.join(column.replace('_', ' ') for column in COLUMNS)} |"
    yield f"|---|{'---|' * len(COLUMNS)}"
    for name, one in sorted(found.items()):
        yield f"| {name} | {' | '.join(_figure(getattr(one, column)) for column in COLUMNS)} |"


def _figure(value: float | int | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4f}"
