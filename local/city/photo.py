"""A photo of a water meter's register, drawn where no real photo is at hand.

It is a drawing and looks like one: a counter in a round face, some noise, a slight tilt. Nothing in it tells the
reader what it shows; its figures have to be read like any other's.
"""

import io
from decimal import Decimal
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from meterflow.reading import format_value

SIZE = (1200, 900)
WALL, BODY, FACE, RIM = (146, 142, 134), (52, 84, 128), (240, 240, 236), (120, 124, 128)
BLACK, WHITE, RED = (24, 24, 26), (248, 248, 246), (188, 28, 34)
WHEEL = (76, 120)
FIGURE_SIZE = 100
MOST_NOISE = 14


def render(value: str | Decimal, serial_number: str, digits: int = 5, decimals: int = 3, seed: int = 1) -> bytes:
    """A PNG that shows `value` on a register of `digits` wheels and `decimals` red ones, the same for the same input.

    `seed` changes tilt and noise. Raises ValueError where the register cannot show the value.
    """
    random = Random(f"city photo {seed}")
    figures = format_value(Decimal(value), digits, decimals).replace(".", "")
    image = Image.new("RGB", SIZE, WALL)
    draw = ImageDraw.Draw(image)
    centre = (SIZE[0] // 2, SIZE[1] // 2)
    for radius, colour in ((432, BODY), (404, RIM), (392, FACE)):
        draw.ellipse(_around(centre, radius, radius), fill=colour)
    _counter(draw, centre, figures, digits)
    _print(draw, (centre[0], 600), serial_number, 38)
    _print(draw, (centre[0], 250), "WATER", 40)
    # A photo is never straight, never quite sharp, and never without grain.
    image = image.rotate(random.uniform(-2.5, 2.5), Image.Resampling.BICUBIC, fillcolor=WALL)
    image = image.filter(ImageFilter.GaussianBlur(0.8))
    out = io.BytesIO()
    _grainy(image, random).save(out, "PNG")
    return out.getvalue()


def _counter(draw: ImageDraw.ImageDraw, centre: tuple[int, int], figures: str, digits: int) -> None:
    """The row of wheels, black figures on white, then white on red, and the unit."""
    width, height = WHEEL
    left = centre[0] - width * len(figures) // 2 - 20
    top = centre[1] - height // 2
    draw.rectangle((left - 12, top - 12, left + width * len(figures) + 12, top + height + 12), fill=RIM)
    font = ImageFont.load_default(FIGURE_SIZE)
    for place, figure in enumerate(figures):
        fraction = place >= digits
        box = (left + width * place + 3, top, left + width * (place + 1) - 3, top + height)
        draw.rectangle(box, fill=RED if fraction else WHITE)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        draw.text(middle, figure, font=font, fill=WHITE if fraction else BLACK, anchor="mm")
    unit = (left + width * len(figures) + 24, centre[1])
    draw.text(unit, "m3", font=ImageFont.load_default(44), fill=BLACK, anchor="lm")


def _print(draw: ImageDraw.ImageDraw, middle: tuple[int, int], text: str, size: int) -> None:
    draw.text(middle, text, font=ImageFont.load_default(size), fill=BLACK, anchor="mm")


def _around(centre: tuple[int, int], across: int, down: int) -> tuple[int, int, int, int]:
    return centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down


def _grainy(image: Image.Image, random: Random) -> Image.Image:
    """The image with grey grain of at most MOST_NOISE steps either way."""
    grain = Image.frombytes("L", SIZE, random.randbytes(SIZE[0] * SIZE[1]))
    lighter = grain.point(lambda step: step * MOST_NOISE // 255).convert("RGB")
    return ImageChops.subtract(ImageChops.add(image, lighter), Image.new("RGB", SIZE, (MOST_NOISE // 2,) * 3))
