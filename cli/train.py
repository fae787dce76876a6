"""`meterflow train`: train the models of a kind here, with no cloud; or start model_training and follow it."""

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from cli import follow, lake
from local import endpoints, paths
from meterflow import clock, model_card, model_evaluation, model_gate, model_registry, training_data
from meterflow.adapters import executions, trained_files
from meterflow.model_registry import Version
from meterflow.scoring.model import Model
from meterflow.training_data import Dataset, Example, Recipe

ROWS, TRIALS, BUDGET_SECONDS, SEED = 20_000, 4, 120, 7
FROZEN = paths.ROOT / "functions/model_training/evaluate_model/frozen_set.py"
# The longest that --cloud waits for a training: the laptop's trial on live meters is as long as it was asked to be.
LONGEST = timedelta(hours=2)


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("train", help="train the models of a kind; needs no cloud")
    command.add_argument("kind", choices=training_data.KINDS, metavar="KIND", help="leak, energy or fire")
    command.add_argument("--data", type=Path, metavar="FILE", help="judged rows to learn from, a JSON object a line")
    command.add_argument("--seed", type=_whole, default=SEED, metavar="N", help="the same seed gives the same models")
    command.add_argument("--rows", type=_rows, default=ROWS, metavar="N", help=f"generated rows (default {ROWS})")
    command.add_argument("--trials", type=_whole, default=TRIALS, metavar="N", help="settings tried at most")
    command.add_argument("--budget", type=_whole, default=BUDGET_SECONDS, metavar="SECONDS", help="for the search")
    command.add_argument("--out", type=Path, metavar="DIR", help="where to write; models-KIND-VERSION where absent")
    command.add_argument("--cloud", action="store_true", help="start the machine model_training and follow it")
    command.add_argument("--canary", type=_whole, metavar="SECONDS", help="with --cloud: how long the trial is")
    command.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    command.set_defaults(run=run)


def _whole(text: str) -> int:
    return _at_least(text, 1)


def _rows(text: str) -> int:
    return _at_least(text, 1200)


def _at_least(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) < 2**31:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Train. Progress goes to standard error."""
    return in_cloud(arguments) if arguments.cloud else here(arguments)


def here(arguments: argparse.Namespace) -> int:
    """Train in this process; write models, sums, card and what is known of the training; judge as the gate would."""
    cut = clock.to_text(clock.now().replace(microsecond=0))
    examples = read_examples(arguments.data, arguments.kind) if arguments.data else []
    recipe = Recipe(rows=arguments.rows, seed=arguments.seed)
    data = training_data.dataset(arguments.kind, cut, examples, recipe)
    # Imported here, because the other commands need none of it and scikit-learn takes seconds.
    entry = importlib.import_module("training.scoring.entry")
    result = entry.train(arguments.kind, data, arguments.seed, arguments.trials, arguments.budget, _say)
    said = describe(arguments, data, result)
    folder = arguments.out or Path(f"models-{arguments.kind}-{said['version']}")
    entry.write(result, folder)
    (folder / "card.md").write_text(said.pop("card"), encoding="utf-8")
    if arguments.json:
        print(json.dumps({**said, "folder": str(folder)}))
        return 0
    for question, found in said["scores"].items():
        print(f"{question:<8} {figures(found)}   in use: {figures(said['in_use'].get(question, {}))}")
    print(f"gate     {'passed' if said['gate']['passed'] else 'refused: ' + '; '.join(said['gate']['reasons'])}")
    print(f"written  {folder} ({said['version']}, sha256 {said['sha256']})")
    return 0


def describe(arguments: argparse.Namespace, data: Dataset, result: Any) -> dict[str, Any]:
    """Version, scores beside the shipped models' on the same rows, the gate's verdict, and the card."""
    _say("judging on the frozen set, beside the shipped models")
    frozen = frozen_set(arguments.kind)
    rows = [*frozen.rows, *model_evaluation.rows_of(data.held_out)]
    made = {name: Model.load(content, result.files[name]) for name, content in result.models.items()}
    scores = model_evaluation.evaluate(made, rows)
    in_use = trained_files.models_in_use(arguments.kind, model_registry.SHIPPED, tuple(made))
    theirs = model_evaluation.evaluate(in_use, rows) if in_use else None
    judged = model_gate.judge(scores, theirs)
    version = Version(
        version=model_registry.version_name(data.cut, result.files),
        sha256=result.sha256,
        files=result.files,
        registered_at="never (trained by the command)",
        origin="meterflow train",
        seed=arguments.seed,
        data=result.facts,
        limits=model_card.limits_of(arguments.kind, len(data.examples)),
    )
    return {
        "kind": arguments.kind,
        "version": version.version,
        "sha256": version.sha256,
        "files": dict(version.files),
        "data": result.facts,
        "scores": {question: found.model_dump() for question, found in scores.overall.items()},
        "in_use": {question: found.model_dump() for question, found in theirs.overall.items()} if theirs else {},
        "gate": judged.model_dump(mode="json"),
        "card": model_card.card(arguments.kind, version, scores, theirs, frozen.sha256),
    }


def figures(found: dict[str, Any]) -> str:
    """A score in a few words."""
    if not found:
        return "nothing"
    shown = (("auc", "auc"), ("brier", "brier"), ("recall", "recall"), ("false_alarms", "false alarms"))
    return ", ".join(f"{title} {found[name]:.3f}" for name, title in shown if found[name] is not None)


def read_examples(path: Path, kind: str) -> list[Example]:
    """The judged rows in a file of JSON lines. Raises ValueError naming the line that is none or of another kind."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            one = Example.model_validate_json(line)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: no judged row: {_first(error)}") from None
        if one.kind != kind:
            raise ValueError(f"{path}, line {number}: a row of {one.kind}, not of {kind}")
        found.append(one)
    return found


def _first(error: ValueError) -> str:
    problems = getattr(error, "errors", list)()
    return f"{'.'.join(map(str, problems[0]['loc']))}: {problems[0]['msg']}" if problems else str(error)


def frozen_set(kind: str) -> Any:
    """The frozen set as the workflow's EvaluateModel reads it."""
    spec = importlib.util.spec_from_file_location("frozen_set", FROZEN)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{FROZEN} is not there")
    module = importlib.util.module_from_spec(spec)
    sys.modules["frozen_set"] = module
    spec.loader.exec_module(module)
    return module.load(kind)


def in_cloud(arguments: argparse.Namespace) -> int:
    """Start the machine as measure_drift would, and say what each step decided. Exit 1 where it fails."""
    machine = endpoints.read()["outputs"]["ModelTrainingStateMachineArn"]
    cut = clock.to_text(clock.now().replace(microsecond=0))
    request = {"kind": arguments.kind, "cut": cut, "cause": "operator", "seed": arguments.seed, "rows": arguments.rows}
    request |= {"trials": min(arguments.trials, 50), "budget_seconds": min(arguments.budget, 240)}
    if arguments.canary:
        request |= {"canary_seconds": arguments.canary, "check_seconds": max(1, arguments.canary // 10)}
    with lake.connected():
        arn = executions.start(machine, training_data.training_id(arguments.kind, cut), request)
    say: Callable[[str], None] = _say if arguments.json else print
    status = follow.follow(arn, say, timeout=LONGEST.total_seconds())
    if arguments.json:
        print(json.dumps({"execution": arn, "status": status}))
    return 0 if status == "SUCCEEDED" else 1


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
