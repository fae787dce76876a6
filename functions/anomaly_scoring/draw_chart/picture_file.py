"""The shapes of a chart as a PNG: Pillow's own letters, so that no font has to be installed."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from meterflow.alert_chart import HEIGHT, PAPER, WIDTH, Box, Chart, Dot, Path, Shape, shapes

# Drawn this many times larger and scaled down, because Pillow draws edges without steps between two colours.
FINER = 3
# Pillow's letters have no raised figures.
_PLAIN = str.maketrans("²³", "23")
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(chart: Chart) -> bytes:
    """The chart as a PNG of 600 by 240 pixels, without any text about its making."""
    canvas = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    pen = ImageDraw.Draw(canvas)
    for shape in shapes(chart):
        _draw(pen, shape)
    file = BytesIO()
    canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(pen: ImageDraw.ImageDraw, shape: Shape) -> None:
    if isinstance(shape, Box):
        corner = (shape.x + shape.width, shape.y + shape.height)
        pen.rectangle([_pixels(shape.x, shape.y), _pixels(*corner)], shape.fill, shape.line, FINER)
    elif isinstance(shape, Path):
        corners = [_pixels(x, y) for x, y in shape.corners]
        if shape.fill:
            pen.polygon(corners, shape.fill)
        if shape.line:
            line = [*corners, corners[0]] if shape.fill else corners
            pen.line(line, shape.line, round(shape.width * FINER), joint="curve")
    elif isinstance(shape, Dot):
        radius = shape.radius
        pen.ellipse(
            [_pixels(shape.x - radius, shape.y - radius), _pixels(shape.x + radius, shape.y + radius)], shape.fill
        )
    else:
        font = _font(shape.size * FINER)
        pen.text(
            _pixels(shape.x, shape.y), shape.text.translate(_PLAIN), shape.fill, font, anchor=_ANCHORS[shape.anchor]
        )


def _pixels(x: float, y: float) -> tuple[float, float]:
    return x * FINER, y * FINER


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
