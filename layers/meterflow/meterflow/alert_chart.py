"""The small chart of an alarm: its readings, the band that was expected, and what caused it, as shapes and as SVG.

One layout for both forms: the SVG is for the site, and a function with Pillow draws the same shapes into the PNG for
e-mail. Drawn at 600 by 240 with letters of 17, so that a phone which shows it at half the size still shows it readably.
Colour is never the only sign: what caused the alarm is filled, outlined and named with its value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from pydantic import BaseModel, ConfigDict, field_validator

from meterflow.chart_axes import Axes, axes, number

NAMESPACE = "http://www.w3.org/2000/svg"
WIDTH, HEIGHT = 600, 240
LEFT, RIGHT, TOP, BOTTOM = 62, 586, 46, 204
LETTERS, SMALL = 17, 15
MOST_POINTS = 60

PAPER, INK, FAINT = "#ffffff", "#1f2933", "#cbd2d9"
EXPECTED, EXPECTED_TEXT = "#cde7d8", "#1d6b43"
READING, CAUSE = "#52606d", "#b42318"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ChartPoint(_Part):
    """A value at a moment, or, with `since`, the rate from then until `at`. The band expected there, where one is."""

    at: str
    value: Decimal
    since: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None


class Chart(_Part):
    """What to draw. `cause` counts points from 0; `description` says in a sentence what there is to see."""

    title: str
    unit: str
    points: tuple[ChartPoint, ...]
    cause: tuple[int, ...] = ()
    description: str = ""

    @field_validator("points")
    @classmethod
    def _some(cls, points: tuple[ChartPoint, ...]) -> tuple[ChartPoint, ...]:
        if not 0 < len(points) <= MOST_POINTS:
            raise ValueError(f"a chart has 1 to {MOST_POINTS} points")
        return points


@dataclass(frozen=True)
class Box:
    """A filled rectangle, outlined where `line` is a colour. Pixels from the top left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    line: str | None = None


@dataclass(frozen=True)
class Path:
    """A line through `corners`, or, where `fill` is a colour, the area within them."""

    corners: tuple[tuple[float, float], ...]
    line: str | None = None
    width: float = 1
    fill: str | None = None


@dataclass(frozen=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True)
class Words:
    """Text on the base line `y`; `anchor` is where `x` is in it: start, middle or end."""

    x: float
    y: float
    text: str
    size: int = LETTERS
    fill: str = INK
    anchor: str = "start"


Shape = Box | Path | Dot | Words


def shapes(chart: Chart) -> tuple[Shape, ...]:
    """The drawing, what lies at the bottom first."""
    scale = axes(
        [(point.since or point.at, point.at) for point in chart.points],
        [value for point in chart.points for value in (point.value, point.low, point.high) if value is not None],
        (LEFT, RIGHT, TOP, BOTTOM),
    )
    drawn: list[Shape] = [Box(0, 0, WIDTH, HEIGHT, PAPER)]
    drawn += _band(chart.points, scale)
    for value in scale.ticks:
        y = scale.y(value)
        drawn += [Path(((LEFT, y), (RIGHT, y)), FAINT), Words(LEFT - 8, y + 5, number(value), SMALL, anchor="end")]
    drawn += [Words(x, HEIGHT - 14, text, SMALL, anchor=anchor) for x, text, anchor in scale.times]
    drawn += _readings(chart, scale)
    return (*drawn, *_named(chart))


def svg(chart: Chart) -> str:
    """The chart as a document of its own: no script, no style from outside, every text escaped.

    Screen readers get the title and the description in place of the drawing.
    """
    parts = "".join(_element(shape) for shape in shapes(chart))
    return (
        f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif">'
        f'<title id="title">{_text(chart.title)}</title><desc id="desc">{_text(chart.description)}</desc>'
        f"{parts}</svg>"
    )


def _band(points: Sequence[ChartPoint], scale: Axes) -> list[Shape]:
    """The expected band as one area; where it is unknown there is none."""
    known = [(point, point.low, point.high) for point in points if point.low is not None and point.high is not None]
    if not known:
        return []
    upper, lower = [], []
    for point, low, high in known:
        for moment in (point.since or point.at, point.at):
            upper.append((scale.x(moment), scale.y(high)))
            lower.append((scale.x(moment), scale.y(low)))
    if len(known) == 1 and known[0][0].since is None:
        upper, lower = ([(float(x), y) for x in (LEFT, RIGHT) for _, y in corners[:1]] for corners in (upper, lower))
    return [Path((*upper, *reversed(lower)), fill=EXPECTED, line=EXPECTED_TEXT)]


def _readings(chart: Chart, scale: Axes) -> list[Shape]:
    """A box for each rate, or one line through the moments with a dot on each cause."""
    drawn: list[Shape] = []
    line = [(scale.x(point.at), scale.y(point.value)) for point in chart.points if point.since is None]
    if len(line) > 1:
        drawn.append(Path(tuple(line), READING, 2.5))
    for index, point in enumerate(chart.points):
        caused = index in chart.cause
        x, y = scale.x(point.at), scale.y(point.value)
        if point.since is not None:
            left, foot = scale.x(point.since), scale.y(scale.ticks[0])
            gap = 1 if x - left > 4 else 0
            top, height = min(y, foot), max(2.0, abs(foot - y))
            colour = CAUSE if caused else READING
            drawn.append(Box(left + gap, top, max(1.0, x - left - 2 * gap), height, colour, INK if caused else None))
        elif caused or len(line) == 1:
            drawn.append(Dot(x, y, 6, CAUSE if caused else READING))
    return drawn


def _named(chart: Chart) -> list[Shape]:
    """The head: what is shown, and what its colours mean, the causing value by its number."""
    drawn: list[Shape] = [Words(12, 26, _cut(f"{chart.title}: {chart.unit}", 40))]
    right: float = RIGHT
    if any(point.low is not None for point in chart.points):
        drawn += [
            Box(right - 92, 14, 14, 14, EXPECTED, EXPECTED_TEXT),
            Words(right, 26, "expected", SMALL, EXPECTED_TEXT, "end"),
        ]
        right -= 108
    if chart.cause:
        text = number(chart.points[chart.cause[-1]].value)
        drawn += [
            Box(right - 20 - 10 * len(text), 14, 14, 14, CAUSE, INK),
            Words(right, 26, text, fill=CAUSE, anchor="end"),
        ]
    return drawn


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        line = f' stroke="{shape.line}"' if shape.line else ""
        size = f'width="{shape.width:.1f}" height="{shape.height:.1f}"'
        return f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" {size} fill="{shape.fill}"{line}/>'
    if isinstance(shape, Path):
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.corners)
        name = "polygon" if shape.fill else "polyline"
        line = f' stroke="{shape.line}" stroke-width="{shape.width}"' if shape.line else ""
        return f'<{name} points="{corners}" fill="{shape.fill or "none"}"{line}/>'
    if isinstance(shape, Dot):
        return f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius}" fill="{shape.fill}"/>'
    place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size}" text-anchor="{shape.anchor}"'
    return f'<text {place} fill="{shape.fill}">{_text(shape.text)}</text>'


def _text(text: str) -> str:
    """Text that is safe in an element: escaped, without the control characters that XML forbids."""
    return escape("".join(each for each in text if each >= " " or each in "\t\n"))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
