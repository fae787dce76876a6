"""Exported models say what scikit-learn says, within 1e-6, one row at a time and in batches."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from meterflow.scoring.batch import BatchModel
from meterflow.scoring.model import Model, ModelRefused, shipped_bytes
from training.scoring.export import export, sha256, threshold, write

ROWS, NAMES = 10_000, ("bar", "lps", "hour", "tiny", "huge")


def table(rows: int, seed: int) -> tuple[Any, Any]:
    """Features of unlike sizes, some of them whole numbers, so that rows lie on the thresholds themselves."""
    rng = np.random.default_rng(seed)
    columns = [
        rng.normal(3, 1, rows),
        rng.lognormal(4, 1, rows),
        rng.integers(0, 24, rows),
        rng.normal(0, 1e-6, rows),
        rng.normal(0, 1e7, rows).round(),
    ]
    features = np.column_stack(columns).astype(np.float64)
    odds = features[:, 0] - 3 + 0.02 * (features[:, 1] - 60) + 3e5 * features[:, 3] * (features[:, 2] > 12)
    return features, (odds + rng.normal(0, 0.7, rows) > 0).astype(int)


VOTERS = {
    "forest": RandomForestClassifier(n_estimators=25, max_depth=8, random_state=1),
    "boosting": GradientBoostingClassifier(n_estimators=40, random_state=1),
    "svm": CalibratedClassifierCV(SVC(C=2.0, gamma=0.2), method="sigmoid", ensemble=False, cv=3),
    "mlp": MLPClassifier((12, 6), max_iter=15, random_state=1),
    "tanh": MLPClassifier((8,), activation="tanh", max_iter=15, random_state=2),
    "logistic": LogisticRegression(),
}


@pytest.fixture(scope="module")
def fitted() -> tuple[Any, VotingClassifier]:
    """scikit-learn's own pipeline and soft voting, fitted at once."""
    features, labels = table(1500, 1)
    pipeline = make_pipeline(StandardScaler(), VotingClassifier(list(VOTERS.items()), voting="soft"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pipeline.fit(features, labels)
    return pipeline


def exported(pipeline: Any, names: list[str] | None = None) -> bytes:
    scaler, voting = pipeline[0], pipeline[1]
    voters = voting.estimators_ if names is None else [voting.named_estimators_[name] for name in names]
    return export("leak", "1", NAMES, scaler, voters, {"rows": 1500})


def test_soft_voting_equals_predict_proba_over_ten_thousand_rows(fitted: Any) -> None:
    features, _ = table(ROWS, 2)
    data = exported(fitted)
    expected = fitted.predict_proba(features)[:, 1]
    in_batch = BatchModel(data, sha256(data)).probability(features)
    assert np.abs(in_batch - expected).max() < 1e-6
    model = Model.load(data, sha256(data))
    one_by_one = np.array([model.probability(row) for row in features.tolist()])
    assert np.abs(one_by_one - expected).max() < 1e-6
    assert expected.min() < 0.1  # the rows are not all alike
    assert expected.max() > 0.9


@pytest.mark.parametrize("name", VOTERS)
def test_each_member_equals_scikit_learn(fitted: Any, name: str) -> None:
    features, _ = table(ROWS, 3)
    data = exported(fitted, [name])
    expected = fitted[1].named_estimators_[name].predict_proba(fitted[0].transform(features))[:, 1]
    model = BatchModel(data, sha256(data))
    assert np.abs(model.probability(features) - expected).max() < 1e-6
    some = slice(0, 400)
    one_by_one = np.array([model.model.probability(row) for row in features[some].tolist()])
    assert np.abs(one_by_one - expected[some]).max() < 1e-6


def test_a_short_threshold_splits_every_float32_as_the_long_one() -> None:
    rng = np.random.default_rng(4)
    for low in rng.normal(0, 10.0 ** rng.uniform(-6, 6, 300)).astype(np.float32):
        high = np.nextafter(low, np.float32(np.inf))
        between = (float(low) + float(high)) / 2
        short = threshold(between)
        assert float(low) <= short < float(high)
        assert len(repr(short)) <= len(repr(between))


def test_weights_of_the_votes_are_kept(fitted: Any) -> None:
    voters = [fitted[1].named_estimators_[name] for name in ("forest", "logistic")]
    data = export("leak", "1", NAMES, fitted[0], voters, {}, weights=[3.0, 1.0])
    features, _ = table(50, 5)
    ready = fitted[0].transform(features)
    expected = 0.75 * voters[0].predict_proba(ready)[:, 1] + 0.25 * voters[1].predict_proba(ready)[:, 1]
    assert np.allclose(BatchModel(data, sha256(data)).probability(features), expected, atol=1e-6)


def test_other_labels_than_nought_and_one_are_refused() -> None:
    features, labels = table(100, 6)
    scaler = StandardScaler().fit(features)
    voter = LogisticRegression().fit(scaler.transform(features), np.where(labels, "leak", "none"))
    with pytest.raises(ValueError, match="labels 0 and 1"):
        export("leak", "1", NAMES, scaler, [voter], {})


def test_writing_renews_one_line_of_the_sums(fitted: Any, tmp_path: Path) -> None:
    first, second = exported(fitted, ["logistic"]), exported(fitted, ["mlp"])
    write("leak-one", first, tmp_path)
    write("leak-two", first, tmp_path)
    write("leak-one", second, tmp_path)
    assert shipped_bytes("leak-one", tmp_path) == (second, sha256(second))
    assert len((tmp_path / "SHA256SUMS").read_text().splitlines()) == 2
    (tmp_path / "leak-two.json").write_bytes(second)
    with pytest.raises(ModelRefused, match="SHA-256"):
        Model.load(*shipped_bytes("leak-two", tmp_path))
