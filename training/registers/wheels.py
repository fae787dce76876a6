"""Rolling counters: wheels with figures behind windows, each at its own place, with the carry of real gears."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from training.registers.figures import any_figures
from training.registers.paint import Colour, Picture, box, colour, soft_noise, stamp
from training.registers.strip import Point, Strip

BLACK, WHITE, RED, GREY, CREAM, DARK_RED = (
    (0.08, 0.08, 0.08), (0.9, 0.9, 0.88), (0.75, 0.12, 0.12), (0.5, 0.5, 0.5), (0.82, 0.8, 0.7), (0.5, 0.08, 0.1),
)  # fmt: skip
# (drum, figures) of the whole part with the ways the decimal part is told from it.
WHOLE = [(BLACK, WHITE), (WHITE, BLACK), (GREY, WHITE), (CREAM, BLACK), ((0.15, 0.18, 0.2), (0.8, 0.8, 0.75))]
DECIMAL = [(RED, WHITE), (WHITE, RED), (DARK_RED, CREAM), (CREAM, RED), ((0.8, 0.3, 0.2), BLACK)]
# A wheel is called half-turned when it stands between these shares of the way to the next figure.
SETTLED, ARRIVED = 0.2, 0.8


@dataclass(frozen=True)
class Place:
    """Where one wheel stands: `figure` leaves, `turned` (0..1) of the way to the next."""

    figure: int
    turned: float

    @property
    def symbol(self) -> str:
        if self.turned < SETTLED:
            return str(self.figure)
        after = (self.figure + 1) % 10
        return str(after) if self.turned > ARRIVED else f"{self.figure}/{after}"


def places(rng: np.random.Generator, count: int) -> tuple[str, list[Place]]:
    """What the register stands for, and where each wheel is.

    A wheel turns only while the wheel to its right goes from 9 to 0, both by the same share; gears with play start
    a little early or lag behind. The last wheel turns all the time, or jumps from figure to figure.
    """
    figures = [int(figure) for figure in rng.integers(0, 10, count)]
    zeros = int(rng.integers(0, max(1, count - 2))) if rng.random() < 0.6 else 0
    figures[:zeros] = [0] * zeros
    if rng.random() < 0.22 and count > 1:
        nines = int(rng.integers(1, min(count, 4)))
        figures[-nines:] = [9] * nines
    turned = float(rng.random()) if rng.random() < 0.55 else 0.0
    if turned > ARRIVED:
        # The next figure stands where the register is read: the reading is the next one.
        whole = (int("".join(map(str, figures))) + 1) % 10**count
        text = f"{whole:0{count}d}"
    else:
        text = "".join(map(str, figures))
    play = abs(float(rng.normal(0, 0.06)))
    worn = 0.09 if rng.random() < 0.3 else 0.02
    wheels: list[Place] = []
    share = turned
    for at in range(count - 1, -1, -1):
        wobble = float(np.clip(rng.normal(0, worn), -0.16, 0.16)) if at < count - 1 else 0.0
        stand = share + wobble
        if at < count - 1 and share == 0 and figures[at + 1] == 9 and rng.random() < 0.3:
            stand += float(rng.uniform(0, 2.5)) * play
        wheels.append(Place(figures[at], stand))
        lag = float(np.clip(share - rng.uniform(0, 1) * play, 0, 1)) if 0 < share < 1 else share
        share = lag if figures[at] == 9 else 0.0
    return text, wheels[::-1]


@dataclass(frozen=True)
class _Look:
    height: int
    cell: int
    window: int
    pitch: int
    gap: int
    upward: int


def wheels(rng: np.random.Generator) -> Strip:
    """A register of rolling wheels."""
    count = int(rng.choice([4, 5, 6, 7, 8, 9], p=[0.06, 0.22, 0.16, 0.2, 0.3, 0.06]))
    decimals = min(int(rng.choice([0, 1, 2, 3, 4], p=[0.25, 0.15, 0.12, 0.38, 0.1])), count - 2)
    text, stands = places(rng, count)
    height = 44
    window = round(height * float(rng.uniform(1.02, 1.9)))
    look = _Look(
        height=height,
        cell=round(height * float(rng.uniform(0.62, 1.25))),
        window=window,
        pitch=round(height * float(rng.uniform(1.15, 1.9))),
        gap=round(
            height * float(rng.choice([0.0, rng.uniform(0.02, 0.15), rng.uniform(0.1, 0.95)], p=[0.35, 0.33, 0.32]))
        ),
        upward=1 if rng.random() < 0.8 else -1,
    )
    extra = round(height * float(rng.uniform(0.1, 0.8))) if decimals and rng.random() < 0.4 else 0
    margin = round(height * float(rng.uniform(0.1, 0.6)))
    across = count * look.cell + (count - 1) * look.gap + extra
    picture = np.empty((window + 2 * margin, across + 2 * margin, 3), np.float32)
    whole = WHOLE[int(rng.choice(len(WHOLE), p=[0.4, 0.3, 0.08, 0.12, 0.1]))]
    style = str(rng.choice(["colour", "frame", "none"], p=[0.68, 0.2, 0.12])) if decimals else "none"
    part = DECIMAL[int(rng.integers(len(DECIMAL)))] if style == "colour" else whole
    panel = colour(rng, [BLACK, WHITE, GREY, CREAM, whole[0]][int(rng.integers(5))], 0.15)
    picture[:] = panel
    draw, decimal_draw = any_figures(rng), any_figures(rng)
    if rng.random() < 0.75:
        decimal_draw = draw
    inks = [[colour(rng, drum), colour(rng, ink)] for drum, ink in (whole, part)]
    shade = float(rng.uniform(0, 0.5))
    # Marks of a finer scale beside the figures: of the last wheel, or a stripe on every one.
    ticks = str(rng.choice(["none", "last", "all"], p=[0.6, 0.32, 0.08]))
    slant = float(rng.normal(0, 0.02))
    centres: list[Point] = []
    if style == "frame" or (style == "colour" and rng.random() < 0.3):
        start = margin + (count - decimals) * (look.cell + look.gap) + extra - look.gap / 2
        pad = float(rng.uniform(0.05, 0.3)) * margin + 2
        box(picture, start, margin - pad, margin + across + pad, margin + window + pad, colour(rng, RED))
    size = float(rng.uniform(0.86, 1.0))
    for at, stand in enumerate(stands):
        is_decimal = at >= count - decimals
        left = margin + at * (look.cell + look.gap) + (extra if is_decimal else 0)
        drum, ink = inks[1 if is_decimal else 0]
        drum = np.clip(drum + rng.normal(0, 0.01), 0, 1)
        tile = _wheel(
            rng,
            look,
            decimal_draw if is_decimal else draw,
            stand,
            drum,
            ink,
            size,
            ticks == "all" or (ticks == "last" and at == count - 1),
        )
        tile *= (1 - shade * np.abs(np.linspace(-1, 1, window)) ** 3)[:, None, None]
        picture[margin : margin + window, left : left + look.cell] = tile
        centres.append((left + look.cell / 2, margin + window / 2))
    if look.gap <= 2 and rng.random() < 0.6:
        for at in range(1, count):
            line = margin + at * (look.cell + look.gap) + (extra if at >= count - decimals else 0)
            box(
                picture,
                line - 1,
                margin,
                line + int(rng.integers(0, 2)),
                margin + window,
                panel * float(rng.uniform(0.3, 1)),
            )
    if rng.random() < 0.12:
        for at in range(count):
            start = margin + at * (look.cell + look.gap) + look.cell * 0.2 + (extra if at >= count - decimals else 0)
            y = margin + window / 2 + height * float(rng.uniform(0.56, 0.62))
            box(picture, start, y, start + look.cell * 0.6, y + 3, inks[0][1])
    points = _point(rng, picture, look, margin, count, decimals, extra, inks) if decimals else []
    picture = _bend(picture, slant)
    pad = (window - min(window, round(1.15 * height))) / 2
    top, bottom = margin + pad, margin + window - pad
    corners = [(margin, top), (margin + across, top), (margin + across, bottom), (margin, bottom)]
    return Strip(
        image=Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8)),
        text=text[: count - decimals] + ("." + text[count - decimals :] if decimals else ""),
        kind="wheel",
        digits=count - decimals,
        decimals=decimals,
        centres=[_bent(centre, slant, picture) for centre in centres],
        symbols=[stand.symbol for stand in stands],
        box=[_bent(corner, slant, picture) for corner in corners],
        points=[_bent(point, slant, picture) for point in points],
    )


def _wheel(
    rng: np.random.Generator, look: _Look, draw, stand: Place, drum: Colour, ink: Colour, size: float, ticks: bool
) -> Picture:  # type: ignore[no-untyped-def]
    tile = np.empty((look.window, look.cell, 3), np.float32)
    tile[:] = drum
    if rng.random() < 0.3:
        tile += soft_noise(rng, look.window, look.cell, 3)[..., None] * 0.03
    jitter = rng.normal(0, 0.015) * look.height
    sideways = rng.normal(0, 0.02) * look.height
    for step in range(-2, 4):
        mask = draw((stand.figure + step) % 10)
        height = round(look.height * size)
        width = max(3, round(mask.shape[1] * height / mask.shape[0]))
        if width > look.cell * 0.92:
            width = max(3, round(look.cell * 0.92))
        top = look.window / 2 - height / 2 + look.upward * (step - stand.turned) * look.pitch + jitter
        if -height < top < look.window:
            mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
            stamp(tile, mask, round(look.cell / 2 - width / 2 + sideways), round(top), ink)
    if ticks:
        every = max(3, look.pitch // int(rng.choice([5, 10])))
        long = max(2, round(look.cell * float(rng.uniform(0.08, 0.26))))
        left, right = [(True, False), (False, True), (True, True)][int(rng.choice(3, p=[0.15, 0.5, 0.35]))]
        for line in range(int(rng.integers(every)), look.window, every):
            if right:
                tile[line : line + max(1, every // 3), -long:] = ink
            if left:
                tile[line : line + max(1, every // 3), :long] = ink
    return np.clip(tile, 0, 1)


def _point(
    rng: np.random.Generator,
    picture: Picture,
    look: _Look,
    margin: int,
    count: int,
    decimals: int,
    extra: int,
    inks: list[list[Colour]],
) -> list[Point]:
    """A comma or a point printed between whole and decimal part, on most registers with decimals."""
    if rng.random() > 0.6:
        return []
    x = margin + (count - decimals) * (look.cell + look.gap) - look.gap / 2 + extra / 2
    y = margin + look.window - float(rng.uniform(-0.1, 0.25)) * look.height
    ink = inks[0][1] if rng.random() < 0.5 else colour(rng, RED)
    radius = max(2, round(look.height * float(rng.uniform(0.05, 0.1))))
    layer = np.zeros(picture.shape[:2], np.uint8)
    cv2.circle(layer, (round(x), round(y)), radius, 255, -1, cv2.LINE_AA)
    if rng.random() < 0.6:
        cv2.line(
            layer,
            (round(x) + radius // 2, round(y)),
            (round(x) - radius, round(y) + radius * 3),
            255,
            max(1, radius),
            cv2.LINE_AA,
        )
    stamp(picture, layer, 0, 0, ink)
    return [(x, y)]


def _bend(picture: Picture, slant: float) -> Picture:
    height, width = picture.shape[:2]
    matrix = np.array([[1, slant, -slant * height / 2], [0, 1, 0]], np.float32)
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def _bent(point: Point, slant: float, picture: Picture) -> Point:
    return (point[0] + slant * (point[1] - picture.shape[0] / 2), point[1])
