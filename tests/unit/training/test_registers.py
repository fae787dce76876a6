"""Rendered registers: the truth belongs to the picture, and the same number gives the same register."""

import numpy as np
import pytest

from training.registers import Strip, render
from training.registers.wheels import places

SEEDS = range(60)


@pytest.mark.parametrize("kind", ["wheel", "lcd"])
def test_the_same_seed_renders_the_same_register(kind: str) -> None:
    one, other = (render(np.random.default_rng(7), kind) for _ in range(2))
    assert one.text == other.text
    assert np.array_equal(np.asarray(one.image), np.asarray(other.image))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_has_its_place_in_the_picture(seed: int) -> None:
    strip: Strip = render(np.random.default_rng(seed))
    whole, _, part = strip.text.partition(".")
    assert (len(whole), len(part)) == (strip.digits, strip.decimals)
    assert len(strip.symbols) == len(strip.centres) == strip.digits + strip.decimals
    across = [x for x, _ in strip.centres]
    assert across == sorted(across)
    for x, y in strip.centres:
        assert 0 < x < strip.image.width
        assert 0 < y < strip.image.height
    (left, top), (right, _), (_, bottom), _ = strip.box
    assert left < across[0]
    assert across[-1] < right
    assert top < bottom


def test_wheels_that_the_carry_does_not_move_show_the_count() -> None:
    turning = 0
    for seed in range(400):
        text, wheels = places(np.random.default_rng(seed), 6)
        for at in range(5):
            right = wheels[at + 1]
            if right.figure not in (9, 0):
                assert wheels[at].symbol == text[at]
            turning += "/" in wheels[at].symbol
    # The carry must be there to be learned: about one register in ten has a wheel under way beside the last.
    assert turning > 20
