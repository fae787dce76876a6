"""LCD registers: seven segments with slant, ghosts, point, small decimals, unit and icons."""

import cv2
import numpy as np
from PIL import Image

from training.registers.figures import words
from training.registers.paint import Colour, Picture, box, colour, soft_noise, stamp
from training.registers.strip import Point, Strip

#      a, b, c, d, e, f, g
SEGMENTS = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"]
# (background, lit segments): reflective grey and green, green and amber light from behind, blue with white figures.
LOOKS = [
    ((0.6, 0.65, 0.55), (0.1, 0.12, 0.1)),
    ((0.72, 0.75, 0.7), (0.15, 0.15, 0.17)),
    ((0.15, 0.5, 0.2), (0.05, 0.12, 0.08)),
    ((0.2, 0.85, 0.25), (0.08, 0.25, 0.1)),
    ((0.85, 0.62, 0.15), (0.3, 0.2, 0.08)),
    ((0.65, 0.52, 0.25), (0.3, 0.23, 0.15)),
    ((0.35, 0.4, 0.38), (0.1, 0.12, 0.12)),
    ((0.1, 0.2, 0.65), (0.85, 0.9, 0.95)),
    ((0.05, 0.05, 0.06), (0.9, 0.2, 0.15)),
]
ICONS = ["Cum", "kW", "MD", "L1 L2 L3", "T1", "1.8.0", "Wh", "PF", "V A", "CH", "*", "->", "Hz", "kVA"]


class Segments:
    """One display's seven segments: the masks of its ten figures, and of a blank place with all segments."""

    def __init__(self, rng: np.random.Generator, height: int) -> None:
        self.height = height
        self.width = round(height * float(rng.uniform(0.42, 0.68)))
        self.thick = height * float(rng.uniform(0.08, 0.17))
        self.slant = float(rng.choice([0.0, rng.uniform(0.03, 0.2)], p=[0.3, 0.7]))
        self.gap = min(self.thick * float(rng.uniform(0.05, 0.7)), 0.06 * height)
        # Looked at from the side, some segments are paler, and the upper or lower end of all.
        self.uneven = float(rng.uniform(0.2, 0.6)) if rng.random() < 0.25 else 0.0
        self.fade = float(rng.uniform(-0.7, 0.7)) if rng.random() < 0.3 else 0.0
        # From far below, the level segments go pale before the standing ones.
        self.flat = float(rng.uniform(0.2, 0.85)) if rng.random() < 0.16 else 0.0
        self.rng = rng
        self.point_end = float(rng.uniform(0.2, 1.0))
        self.seven = "abcf" if rng.random() < 0.12 else "abc"
        self.tailless = rng.random() < 0.08

    def lit(self, figure: int | None) -> str:
        if figure is None:
            return ""
        if figure == 7:
            return self.seven
        lit = SEGMENTS[figure]
        return (
            lit.replace("a", "")
            if self.tailless and figure == 6
            else lit.replace("d", "")
            if self.tailless and figure == 9
            else lit
        )

    def mask(self, lit: str) -> Picture:
        """The segments `lit` as a mask of height x (width + room for the slant)."""
        lean = round(self.slant * self.height)
        canvas = np.zeros((self.height + 2, self.width + lean + 2), np.uint8)
        w, h, t, g = self.width, self.height, self.thick, self.gap
        half = h / 2
        ends = {
            "a": ((t / 2 + g, t / 2), (w - t / 2 - g, t / 2)),
            "g": ((t / 2 + g, half), (w - t / 2 - g, half)),
            "d": ((t / 2 + g, h - t / 2), (w - t / 2 - g, h - t / 2)),
            "f": ((t / 2, t / 2 + g), (t / 2, half - g)),
            "b": ((w - t / 2, t / 2 + g), (w - t / 2, half - g)),
            "e": ((t / 2, half + g), (t / 2, h - t / 2 - g)),
            "c": ((w - t / 2, half + g), (w - t / 2, h - t / 2 - g)),
        }
        for name in lit:
            (x0, y0), (x1, y1) = ends[name]
            across = name in "agd"
            cut = self.point_end * t / 2
            shape = (
                [
                    (x0, y0),
                    (x0 + cut, y0 - t / 2),
                    (x1 - cut, y1 - t / 2),
                    (x1, y1),
                    (x1 - cut, y1 + t / 2),
                    (x0 + cut, y0 + t / 2),
                ]
                if across
                else [
                    (x0, y0),
                    (x0 + t / 2, y0 + cut),
                    (x1 + t / 2, y1 - cut),
                    (x1, y1),
                    (x1 - t / 2, y1 - cut),
                    (x0 - t / 2, y0 + cut),
                ]
            )
            points = np.array([(x + self.slant * (h - y), y) for x, y in shape])
            shade = round(255 * (1 - self.uneven * float(self.rng.random()))) if self.uneven else 255
            shade = round(shade * (1 - self.flat)) if across else shade
            cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], shade, cv2.LINE_AA, 4)
        if self.fade:
            slope = (
                np.linspace(0, self.fade, self.height + 2)
                if self.fade > 0
                else np.linspace(-self.fade, 0, self.height + 2)
            )
            canvas = (canvas * (1 - slope)[:, None]).astype(np.uint8)
        return canvas


def lcd(rng: np.random.Generator) -> Strip:
    """A register on an LCD."""
    decimals = int(rng.choice([0, 1, 2, 3], p=[0.26, 0.46, 0.12, 0.16]))
    count = int(rng.integers(4, 9))
    shown = count if rng.random() < 0.5 else int(rng.integers(max(decimals + 1, 3), count + 1))
    figures = [int(figure) for figure in rng.integers(0, 10, shown)]
    if shown == count and rng.random() < 0.6:
        zeros = int(rng.integers(0, max(1, count - decimals)))
        figures[:zeros] = [0] * zeros
    height = 44
    segments = Segments(rng, height)
    small_decimals = decimals > 0 and decimals <= 2 and rng.random() < 0.6
    small = Segments(rng, round(height * float(rng.uniform(0.45, 0.75)))) if small_decimals else segments
    if small_decimals:
        small.slant, small.thick = segments.slant, segments.thick * small.height / height
        small.fade, small.uneven, small.flat = segments.fade, segments.uneven, segments.flat
    space = round(height * float(rng.choice([rng.uniform(0.08, 0.3), rng.uniform(0.2, 0.55)], p=[0.7, 0.3])))
    margin = round(height * float(rng.uniform(0.15, 0.6)))
    room = round(height * float(rng.uniform(0.3, 1.6))) if rng.random() < 0.6 else 0
    lean = round(segments.slant * height)
    widths = [(small if at >= count - decimals else segments).width for at in range(count)]
    apart = round(height * float(rng.uniform(0, 0.5))) if decimals and rng.random() < 0.25 else 0
    across = sum(widths) + space * (count - 1) + lean + apart
    back, ink = LOOKS[int(rng.choice(len(LOOKS), p=[0.2, 0.14, 0.12, 0.1, 0.12, 0.1, 0.14, 0.05, 0.03]))]
    background, lit_ink = colour(rng, back, 0.12), colour(rng, ink, 0.08)
    lit_ink = lit_ink + (background - lit_ink) * float(rng.choice([0.0, rng.uniform(0, 0.6)], p=[0.6, 0.4]))
    bezel = round(height * float(rng.uniform(0.05, 0.4)))
    top_room = round(height * float(rng.uniform(0.2, 0.5))) if rng.random() < 0.35 else 0
    picture = np.empty(
        (height + 2 * margin + 2 * bezel + top_room, across + 2 * margin + 2 * bezel + room, 3), np.float32
    )
    picture[:] = colour(
        rng, [(0.1, 0.1, 0.1), (0.8, 0.8, 0.78), (0.4, 0.4, 0.4), (0.2, 0.35, 0.7), back][int(rng.integers(5))], 0.15
    )
    box(picture, bezel, bezel, picture.shape[1] - bezel, picture.shape[0] - bezel, background)
    picture += soft_noise(rng, *picture.shape[:2], 4)[..., None] * float(rng.uniform(0, 0.06))
    top = bezel + margin + top_room
    ghost = float(rng.choice([0.0, rng.uniform(0.03, 0.2)], p=[0.4, 0.6]))
    bold = float(rng.uniform(0.75, 1.0))
    shadow = int(rng.integers(1, 5)) if rng.random() < 0.4 else 0
    shade = float(rng.uniform(0.1, 0.4))
    left = bezel + margin
    places: list[float] = []
    centres: list[Point] = []
    points: list[Point] = []
    for at in range(count):
        part = small if at >= count - decimals else segments
        foot = top + height - part.height
        figure = figures[at - (count - shown)] if at >= count - shown else None
        if ghost:
            stamp(picture, part.mask("abcdefg"), left, foot, lit_ink, ghost)
        if figure is not None:
            mask = part.mask(part.lit(figure))
            if shadow:
                stamp(picture, mask, left + shadow, foot + shadow, lit_ink, shade)
            stamp(picture, mask, left, foot, lit_ink, bold)
            centres.append((left + part.width / 2 + part.slant * part.height / 2, foot + part.height / 2))
            places.append(left)
        if decimals and at == count - decimals - 1 and rng.random() < 0.93:
            x, y = left + part.width + space / 2, top + height - segments.thick * 0.5
            radius = max(2, round(segments.thick * float(rng.uniform(0.35, 0.7))))
            layer = np.zeros(picture.shape[:2], np.uint8)
            cv2.circle(layer, (round(x), round(y)), radius, 255, -1, cv2.LINE_AA)
            if rng.random() < 0.3:
                cv2.line(
                    layer,
                    (round(x), round(y)),
                    (round(x) - radius, round(y) + 2 * radius),
                    255,
                    max(1, radius),
                    cv2.LINE_AA,
                )
            stamp(picture, layer, 0, 0, lit_ink, bold)
            points.append((x, y))
        left += part.width + space + (apart if at == count - decimals - 1 else 0)
    _around(rng, picture, left + lean, top, height, room, top_room, lit_ink, bold, small_decimals)
    if rng.random() < 0.15:
        picture[:, :: int(rng.integers(2, 5))] *= float(rng.uniform(0.85, 0.97))
    right = left - space + lean
    corners = [(places[0], top), (right, top), (right, top + height), (places[0], top + height)]
    text = "".join(map(str, figures))
    return Strip(
        image=Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8)),
        text=text[: shown - decimals] + ("." + text[shown - decimals :] if decimals else ""),
        kind="lcd",
        digits=shown - decimals,
        decimals=decimals,
        centres=centres,
        symbols=[str(figure) for figure in figures],
        box=[(float(x), float(y)) for x, y in corners],
        points=points,
    )


def _around(
    rng: np.random.Generator,
    picture: Picture,
    left: int,
    top: int,
    height: int,
    room: int,
    top_room: int,
    ink: Colour,
    bold: float,
    raised: bool,
) -> None:
    """The unit to the right (above small decimals), icons above."""
    if room:
        tall = round(height * float(rng.uniform(0.3, 0.5)))
        unit = str(rng.choice(["kWh", "kW h", "m3", "kWh", "MWh", "kVAh", "L", "GJ", "kW"]))
        mask = words(rng, unit, tall)
        down = 0 if raised or rng.random() < 0.4 else height - mask.shape[0]
        back = round(height * 0.45) if raised and rng.random() < 0.7 else 0
        stamp(picture, mask, left - back, top + down, ink, bold)
    if top_room:
        for _ in range(int(rng.integers(1, 4))):
            mask = words(rng, ICONS[int(rng.integers(len(ICONS)))], max(8, round(top_room * 0.6)))
            stamp(
                picture,
                mask,
                int(rng.integers(0, max(1, picture.shape[1] - 30))),
                top - top_room + 2,
                ink,
                bold * float(rng.uniform(0.2, 1)),
            )
