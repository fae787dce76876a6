"""Two networks look at one strip at their own sizes: what they say is laid on the same places and averaged."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

READER = Path(__file__).parents[3] / "functions/image_validation/read_photo"
SYMBOLS = 21


@pytest.fixture(scope="module")
def opinions() -> Iterator[Any]:
    sys.path.insert(0, str(READER))
    try:
        from open_reader import opinions as module

        yield module
    finally:
        sys.path.remove(str(READER))


class Brightest:
    """A network that sees a figure in the columns that are bright, and knows nothing else."""

    def __init__(self) -> None:
        self.heights: list[int] = []

    def run(self, _: None, given: dict[str, Any]) -> tuple[Any, Any]:
        pixels = given["strips"]
        count, _, height, width = pixels.shape
        self.heights.append(height)
        columns = np.zeros((count, width // 4, 3 + SYMBOLS), np.float32)
        columns[..., 0] = pixels.mean((1, 2)).reshape(count, width // 4, 4).mean(2) * 20 - 10
        return columns, np.zeros((count, 4), np.float32)


def test_both_networks_mean_the_same_place(opinions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Brightest()
    monkeypatch.setattr(opinions, "session", lambda _: network)
    strip = np.zeros((48, 256, 3), np.uint8)
    strip[:, 150:166] = 255
    grid = ((np.arange(64) + 0.5) * 4 / 256).astype(np.float32)
    laid, kinds = opinions.opinions([strip], [grid])
    assert network.heights == [48, 32]
    middles = [float((grid * view[:, 0]).sum() / view[:, 0].sum()) for view in laid]
    assert middles == pytest.approx([158 / 256] * 2, abs=0.004)
    # A figure counts as much, however many columns a network has.
    amounts = [float(view[:, 0].sum()) for view in laid]
    assert amounts[1] == pytest.approx(amounts[0] / 1.5, rel=0.1)
    assert kinds == pytest.approx([0.25] * 4)


def test_a_second_cut_is_laid_on_the_first_ones_places(opinions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opinions, "session", lambda _: Brightest())
    strips = [np.zeros((48, 256, 3), np.uint8) for _ in range(2)]
    strips[0][:, 100:116] = 255
    strips[1][:, 132:148] = 255  # the same figure in a cut that begins 32 pixels further left
    first = ((np.arange(64) + 0.5) * 4 / 256).astype(np.float32)
    laid, _ = opinions.opinions(strips, [first, first - 32 / 256])
    assert [int(view[:, 0].argmax()) for view in laid[:2]] == [25, 25]
