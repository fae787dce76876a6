"""One random register."""

import numpy as np

from training.registers.lcd import lcd
from training.registers.strip import Strip
from training.registers.wheels import wheels

SHARE_LCD = 0.48


def render(rng: np.random.Generator, kind: str | None = None) -> Strip:
    """A register of `kind` ("wheel", "lcd"), or of either; the same for the same state of `rng`."""
    if kind is None:
        kind = "lcd" if rng.random() < SHARE_LCD else "wheel"
    return lcd(rng) if kind == "lcd" else wheels(rng)
