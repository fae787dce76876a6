"""The place of the point is learned from what pictures tell, not from how often we draw it."""

import numpy as np

from training.points import DRAWN, fit, scores


def test_what_tells_the_point_is_found_again() -> None:
    rng = np.random.default_rng(1)
    wanted = rng.choice(len(DRAWN), 400, p=DRAWN)
    clues = np.zeros((400, len(DRAWN), 2))
    for at, decimals in enumerate(wanted):
        points = np.where(np.arange(1, 5) == decimals, rng.normal(0, 1, 4), rng.normal(-5, 1, 4))
        clues[at, 1:, 1] = points
    numbers = fit(clues, wanted)
    assert (scores(clues, numbers).argmax(1) == wanted).mean() > 0.9
    colour, _, point, _ = numbers
    assert abs(colour) < 0.05  # no colours were given
    assert point > 0.5


def test_shares_of_drawn_decimals_are_shares() -> None:
    assert sum(DRAWN) == 1
