"""Two readers put together: agreement, disagreement, silence; and the open reader's odds as its own code has them."""

import math
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterflow import digits as joint
from meterflow.photo_reading import (
    BOTH,
    CERTAIN,
    OPEN,
    READERS_DISAGREE,
    REKOGNITION,
    Calibration,
    Lattice,
    LatticePlace,
    Meter,
    accepted,
    calibrated,
    corners_of,
    look,
)
from meterflow.register import Candidate, Word

METER = Meter(5, 3)
CORNERS = ((0.1, 0.1), (0.6, 0.1), (0.6, 0.2), (0.1, 0.2))
OPEN_READER = Path(__file__).parents[3] / "functions/image_validation/read_photo"


def word(text: str = "06376341", confidence: float = 0.98) -> Word:
    return Word(text, confidence, ((0.4, 0.4), (0.9, 0.4), (0.9, 0.5), (0.4, 0.5)))


def lattice(figures: str = "06376341", sure: float = 0.99, accept: float = 0.9, **more: object) -> Lattice:
    places = []
    for number, figure in enumerate(figures):
        symbols = [(1 - sure) / 20] * 21
        symbols[int(figure)] = sure
        places.append(LatticePlace(symbols=tuple(symbols), decimal=float(number >= 5)))
    fields = {
        "places": tuple(places),
        "corners": CORNERS,
        "strip": 0.99,
        "agreement": 1.0,
        "located": 0.99,
        "calibration": Calibration(weights=(0.0, 1.0, 0.0, 0.0, 0.0, 0.0), accept=accept),
    }
    return Lattice.model_validate(fields | more)


def test_nothing_seen() -> None:
    sight = look((), 1.5, None, METER)
    assert (sight.candidates, sight.reader, sight.figures, sight.corners) == ((), None, (), None)


def test_words_alone_are_as_they_were() -> None:
    sight = look((word(),), 1.5, None, METER)
    assert (sight.candidates[0].reading, sight.reader) == ("06376.341", REKOGNITION)
    assert sight.candidates[0].least is None
    assert sight.corners == word().corners
    assert accepted(sight.candidates[0]) is None


def test_the_open_reader_alone() -> None:
    sight = look((), 1.5, lattice(sure=0.999), METER)
    best = sight.candidates[0]
    assert (best.reading, sight.reader, best.least, sight.corners) == ("06376.341", OPEN, 0.9, CORNERS)
    assert [figure.symbol for figure in sight.figures] == list("06376341")
    assert accepted(best)


def test_a_doubtful_figure_shows_its_alternatives() -> None:
    one = lattice()
    symbols = [0.0] * 21
    symbols[3], symbols[8] = 0.7, 0.3
    doubtful = one.model_copy(
        update={"places": (*one.places[:2], LatticePlace(symbols=tuple(symbols), decimal=0.0), *one.places[3:])}
    )
    figure = look((), 1.5, doubtful, METER).figures[2]
    assert (figure.symbol, figure.alternatives[0][0]) == ("3", "8")
    assert figure.odds == pytest.approx(0.7, abs=0.1)
    assert not accepted(look((), 1.5, doubtful, METER).candidates[0])


def test_the_meters_history_settles_a_doubt() -> None:
    one = lattice()
    symbols = [0.0] * 21
    symbols[3], symbols[8] = 0.55, 0.45
    doubtful = one.model_copy(
        update={"places": (*one.places[:2], LatticePlace(symbols=tuple(symbols), decimal=0.0), *one.places[3:])}
    )
    assert look((), 1.5, doubtful, METER).candidates[0].reading == "06376.341"
    after = look((), 1.5, doubtful, Meter(5, 3, previous="06870.000"))
    assert after.candidates[0].reading == "06876.341"


def test_agreement_raises_the_odds_by_the_rule() -> None:
    alone = look((), 1.5, lattice(sure=0.98), METER).candidates[0].confidence
    witness = look((word(),), 1.5, None, METER).candidates[0].confidence
    both = look((word(),), 1.5, lattice(sure=0.98), METER)
    assert both.reader == BOTH
    assert both.candidates[0].confidence == pytest.approx(1 - (1 - alone) * (1 - witness / 2), abs=1e-3)
    assert both.candidates[0].confidence <= CERTAIN


def test_agreement_to_the_places_that_both_show() -> None:
    both = look((word("06376"),), 1.5, lattice(), Meter(5, 0))
    assert READERS_DISAGREE not in both.candidates[0].reasons


def test_a_guess_contradicts_nobody() -> None:
    """Figures that are hardly seen: the whole has odds of a few in a hundred."""
    guess = look((word(),), 1.5, lattice("06876341", sure=0.7), METER)
    assert (guess.reader, guess.candidates[0].reading) == (REKOGNITION, "06376.341")
    assert READERS_DISAGREE not in guess.candidates[0].reasons
    agreed = look((word(),), 1.5, lattice(sure=0.7), METER)
    assert agreed.reader == BOTH


@pytest.mark.parametrize("figures", ["06876341", "96376341"])
def test_disagreement_is_believed_by_nobody(figures: str) -> None:
    sight = look((word(),), 1.5, lattice(figures), METER)
    assert sight.reader == BOTH
    assert {one.reading for one in sight.candidates} == {"06376.341", f"{figures[:5]}.{figures[5:]}"}
    assert all(one.confidence <= 0.5 and READERS_DISAGREE in one.reasons for one in sight.candidates)
    assert accepted(sight.candidates[0]) is False


def test_a_mumbled_word_is_no_witness() -> None:
    sight = look((word("0638", 0.3),), 1.5, lattice(), METER)
    assert (sight.reader, sight.candidates[0].reading) == (OPEN, "06376.341")
    assert READERS_DISAGREE not in sight.candidates[0].reasons


# Decoding a register takes some milliseconds.
@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 0.9999), st.floats(0.5, 1.0))
def test_agreement_never_lowers_and_disagreement_never_raises(sure: float, heard: float) -> None:
    alone = look((), 1.5, lattice(sure=sure), METER).candidates[0].confidence
    agreed = look((word(confidence=heard),), 1.5, lattice(sure=sure), METER)
    if agreed.reader == BOTH:
        assert agreed.candidates[0].confidence >= min(alone, CERTAIN) - 1e-9
    against = look((word("16376341", heard),), 1.5, lattice(sure=sure), METER)
    if against.reader == BOTH:
        assert max(one.confidence for one in against.candidates) <= max(alone, heard) / 2 + 1e-9


def test_what_is_cut_off_is_never_accepted() -> None:
    cut = look((), 1.5, lattice(reasons=("cut_off",)), METER).candidates[0]
    assert "cut_off" in cut.reasons
    assert accepted(cut) is False
    assert accepted(Candidate("1", 0.99, (READERS_DISAGREE,), least=0.9)) is False


def test_a_register_of_several_words_has_the_corners_of_its_ends() -> None:
    left = Word("06376", 0.9, ((0.1, 0.4), (0.4, 0.4), (0.4, 0.5), (0.1, 0.5)))
    right = Word("341", 0.9, ((0.42, 0.4), (0.6, 0.4), (0.6, 0.5), (0.42, 0.5)))
    row = Candidate("06376.341", 0.9, (), (1, 0))
    assert corners_of([right, left], [row]) == ((0.1, 0.4), (0.6, 0.4), (0.6, 0.5), (0.1, 0.5))
    assert corners_of([], []) is None


WEIGHTS = (0.3, 0.8, 0.4, 0.2, 0.7, -0.1)


def test_the_odds_are_those_of_the_reader_itself() -> None:
    """The reader calibrates without the meter, this module with it: one formula in two places must be one formula."""
    pytest.importorskip("onnxruntime")
    if str(OPEN_READER) not in sys.path:
        sys.path.append(str(OPEN_READER))
    read = pytest.importorskip("open_reader.read")
    seen = lattice(calibration=Calibration(weights=WEIGHTS, accept=0.9), strip=0.7, agreement=0.6, located=0.8)
    best = joint.Reading("12.3", 0.83, (joint.Figure(1, 0.99), joint.Figure(2, 0.91), joint.Figure(3, 0.95)))
    evidence = read.Evidence(decoded=0.83, weakest=0.91, strip=0.7, agreement=0.6, located=0.8)
    total = sum(weight * term for weight, term in zip(WEIGHTS, evidence.terms(), strict=True))
    assert calibrated(seen, best) == pytest.approx(1 / (1 + math.exp(-total)))
    assert Decimal(best.text) == best.value
