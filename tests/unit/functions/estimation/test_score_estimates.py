"""ScoreEstimates: a true reading says once of each estimate since the last one how far it was off."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from meterflow.adapters import estimates, readings
from meterflow.errors import TransientError
from meterflow.estimation import Score
from meterflow.meter import Meter
from meterflow.reading import Estimate
from tests.unit.functions.estimation.conftest import NOW, settle

MADE = Estimate(rule="own_profile", low="00149.000", high="00152.000", coverage="0.90")


@pytest.fixture
def score(load_handler: Any, lambda_context: Any) -> Callable[..., dict[str, Any]]:
    handler = load_handler("estimation", "score_estimates").handler

    def run(submission_id: str = "true", quality: str = "valid") -> dict[str, Any]:
        detail = {"submission_id": submission_id, "meter_id": "WTR-0001", "status": "ACCEPTED", "quality": quality}
        result: dict[str, Any] = handler({"detail": detail}, lambda_context)
        return result

    return run


@pytest.fixture
def gap(add: Callable[..., Meter]) -> None:
    """139.9 forty days ago; estimated 150 twenty days ago; 163.9 today: it was 151.9 then."""
    add()
    settle("e-1", "WTR-0001", Decimal("150.000"), NOW - timedelta(days=20), MADE)
    settle("true", "WTR-0001", Decimal("163.900"), NOW)


@pytest.mark.usefixtures("gap")
def test_the_estimate_is_scored_once_and_counted_once(score: Any) -> None:
    assert score() == {"outcome": "SCORED", "scored": ["e-1"]}
    assert score()["scored"] == []
    row = readings.get("e-1")
    assert row
    assert row.score
    assert {name: row.score[name] for name in ("error", "share", "inside", "scored_by")} == {
        "error": "-1.900",
        "share": "-0.1583",
        "inside": True,
        "scored_by": "true",
    }
    assert estimates.scorecard("2026-11", "own_profile") == {
        "scored": 1,
        "inside": Decimal("1.0000"),
        "mean_error": Decimal("0.1583"),
    }
    assert estimates.scorecard("2026-11", "similar_days") == {"scored": 0}


@pytest.mark.usefixtures("gap")
def test_two_at_once_count_it_once() -> None:
    """Both looked before either wrote."""
    row = readings.get("e-1")
    assert row
    said = Score(Decimal("-1.900"), Decimal("-0.1583"), inside=True)
    assert estimates.store_score(row, said, "true", NOW)
    assert not estimates.store_score(row, said, "true", NOW)
    assert estimates.scorecard("2026-11", "own_profile")["scored"] == 1


@pytest.mark.usefixtures("gap")
def test_an_estimate_scores_nothing(score: Any) -> None:
    assert score("e-1", "estimated") == {"outcome": "NOT_TRUE", "scored": []}
    assert score("WTR-0001-19") == {"outcome": "NOTHING_TO_SCORE", "scored": []}
    assert score("nobody") == {"outcome": "NOT_TRUE", "scored": []}


@pytest.mark.usefixtures("gap")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_beside_the_write_then_run_again(score: Any, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    real = estimates.store_score

    def killed(*given: Any) -> bool:
        if moment == "after":
            real(*given)
        raise TransientError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(estimates, "store_score", killed)
        with pytest.raises(TransientError):
            score()
    score()
    assert estimates.scorecard("2026-11", "own_profile")["scored"] == 1


def test_the_sample_event(load_handler: Any, lambda_context: Any, add: Callable[..., Meter], event: Any) -> None:
    add()
    sample = event("estimation/score_estimates")
    settle(sample["detail"]["submission_id"], "WTR-0001", Decimal("163.900"), NOW)
    handler = load_handler("estimation", "score_estimates").handler
    assert handler(sample, lambda_context)["outcome"] == "NOTHING_TO_SCORE"
