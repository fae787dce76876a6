"""One rendered register and the truth about it."""

from dataclasses import dataclass, field

from PIL import Image

Point = tuple[float, float]


@dataclass(frozen=True)
class Strip:
    """A register as rendered, in pixels of `image`.

    `text` is what a person reads ("02924.744": a point only where the register has decimals). `kind` is "wheel" or
    "lcd". `symbols` has one entry a figure from left to right: "7" for a settled one, "7/8" for a wheel between 7 and
    8 (7 is the figure that leaves). `centres` has the middle of each figure's place (a wheel's window, not the figure
    that rolls through it), `points` the visible points. `box` are the corners of the row of figures in reading order:
    left top, right top, right bottom, left bottom.
    """

    image: Image.Image
    text: str
    kind: str
    digits: int
    decimals: int
    centres: list[Point]
    symbols: list[str]
    box: list[Point]
    points: list[Point] = field(default_factory=list)
