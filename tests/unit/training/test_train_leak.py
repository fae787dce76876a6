"""Training keeps sensors apart, chooses by its budget, repeats itself, and reports by zone."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from meterflow.scoring.leak_features import RELATIVE
from meterflow.scoring.model import Model, shipped_bytes
from training.scoring import train_leak
from training.scoring.export import export
from training.scoring.generate_leak import sensor
from training.scoring.leak_rows import Rows, collect

SMALL = ["--samples", "2500", "--budget", "1", "--seed", "5"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("weights")
    train_leak.main([*SMALL, "--out", str(folder), "--report", str(folder / "report.json")])
    return folder, json.loads((folder / "report.json").read_text())


def test_the_ensembles_of_the_document_are_written_and_load(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, report = trained
    for name in ("leak-leak", "leak-burst"):
        model = Model.load(*shipped_bytes(name, folder))
        assert model.features == RELATIVE
        assert [type(member).__name__ for _, member in model.members] == ["Forest", "Boosting", "Svm", "Mlp"]
        assert model.provenance["seed"] == 5
        assert model.provenance["samples"] == report["samples"] == 2500


def test_it_reports_beside_the_documents_features_and_by_zone(trained: tuple[Path, dict[str, Any]]) -> None:
    _, report = trained
    for kind in ("leak", "burst"):
        for title in ("relative", "document"):
            ensemble = report[f"{title}_{kind}"]["ensemble"]
            assert set(ensemble) == {"all", "CRITICAL", "STANDARD"}
            assert ensemble["all"]["rows"] == ensemble["CRITICAL"]["rows"] + ensemble["STANDARD"]["rows"]
    assert report["relative_leak"]["ensemble"]["all"]["roc_auc"] > report["document_leak"]["ensemble"]["all"]["roc_auc"]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return collect((sensor(5, number) for number in count()), (*RELATIVE, "pressure_bar"), 800)


@pytest.mark.parametrize("name", train_leak.MAKE)
def test_the_same_seed_gives_the_same_bytes(name: str, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_leak, "SVM_ROWS", 400)  # fewer than there are, so that the seed chooses
    features, settings = rows.of(RELATIVE), {key: values[0] for key, values in train_leak.SETTINGS[name].items()}
    scaler = StandardScaler().fit(features)
    made = [train_leak.fit(name, settings, scaler.transform(features), rows.leak, 400, seed) for seed in (1, 1, 2)]
    first, again, other = (export("leak", "1", RELATIVE, scaler, [member], {}) for member in made)
    assert first == again
    assert first != other


def test_rows_remember_whose_they_are(rows: Rows) -> None:
    assert len(rows) == 800
    assert rows.of(["pressure_bar"]).shape == (800, 1)
    for number in np.unique(rows.sensor)[:-1]:
        mine = rows.where(rows.sensor == number)
        assert len(set(mine.critical)) == 1
        assert bool(mine.critical[0]) == (sensor(5, int(number)).zone == "CRITICAL")


def test_scores_by_hand() -> None:
    truth = np.array([True, False, True, False])
    found = train_leak.scores(truth, np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, True, False, False]))
    assert found["all"] == {"rows": 4, "share": 0.5, "pr_auc": 0.8333, "roc_auc": 0.75}
    assert found["CRITICAL"]["roc_auc"] == found["STANDARD"]["roc_auc"] == 1.0


def test_the_documents_thresholds_by_zone() -> None:
    flags = np.array([True, True, False, False])
    leak = np.array([0.45, 0.35, 0.65, 0.5])  # HIGH in the critical zone, not, HIGH in the other, not
    found = train_leak.by_risk(
        Rows(("one",), np.zeros((4, 1)), flags, flags, ~flags, flags, np.arange(4)), leak, np.zeros(4)
    )
    assert found["precision"] == 0.5
    assert found["recall_leak"] == found["recall_burst"] == 0.5
    assert found["false_per_1000_quiet_rows"] == found["false_per_1000_faulty_rows"] == 500.0


def test_the_search_keeps_the_best_of_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    class Said:
        def __init__(self, good: bool) -> None:
            self.good = good

        def predict_proba(self, rows: Any) -> Any:
            said = rows[:, 0] if self.good else -rows[:, 0]
            return np.column_stack([1 - said, said])

    tried: list[Any] = []

    def fit(name: str, settings: Any, *_: Any) -> Said:
        tried.append((name, settings["one"]))
        return Said(settings["one"] == "good")

    monkeypatch.setattr(train_leak, "SETTINGS", {"forest": {"one": ["bad", "good"]}})
    monkeypatch.setattr(train_leak, "fit", fit)
    judge = np.linspace(0, 1, 20)[:, None], np.arange(20) > 9
    chosen = train_leak.search(judge, judge, 8, 1)
    assert len(tried) == 8
    assert chosen == {"forest": {"settings": {"one": "good"}, "average_precision": 1.0, "tried": 8}}
