"""Registers drawn upright: rolling wheels, wheels from real crops, LCD figures."""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from training.faces import paint
from training.faces.fonts import digit_mask, every_font, figure_fonts, text_mask
from training.faces.paint import Picture, Rng
from training.registers import render

CROPS = Path(__file__).resolve().parents[3] / "shared" / "data" / "digit-crops"
# Which of the segments a (top) b c d e f g (middle) light up for a figure.
SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")


@dataclass(frozen=True)
class Row:
    """One register and where its figures are in it (x0, y0, x1, y1: from the first figure's cell to the last's)."""

    picture: Picture
    box: tuple[float, float, float, float]
    reading: str
    half_turned: tuple[int, ...]
    kind: str


def wheel_values(rng: Rng, count: int) -> tuple[list[float], tuple[int, ...]]:
    """Positions of the wheels (3.4 = between 3 and 4): a wheel turns when the one to its right passes from 9 to 0."""
    values = [float(rng.integers(0, 10)) for _ in range(count)]
    if rng.random() < 0.35:
        values[: rng.integers(1, max(2, count - 2))] = [0.0] * int(rng.integers(1, max(2, count - 2)))
        values = (values + [float(rng.integers(0, 10)) for _ in range(count)])[:count]
    part = rng.uniform(0, 1) if rng.random() < 0.6 else 0.0
    turned = []
    for place in range(count - 1, -1, -1):
        if part:
            values[place] = np.floor(values[place]) + part
            if 0.2 < part < 0.8:
                turned.append(place)
        carried = part > 0 and np.floor(values[place]) == 9 and part > 0.3
        part = part if carried else 0.0
        if not part and rng.random() < 0.25:
            values[place] += rng.uniform(-0.08, 0.08)
    return values, tuple(sorted(turned))


def wheels(rng: Rng) -> Row:
    """Rolling wheels: white on black or black on white, in boxes or run together, red decimals or a red frame."""
    count = int(rng.choice([4, 5, 5, 5, 6, 6, 7, 7, 8, 8, 8, 9]))
    decimals = int(rng.choice([0, 0, 1, 2, 3, 3, 3, 4])) if count > 4 else int(rng.integers(0, 2))
    tall = 64
    wide = int(tall * rng.uniform(0.42, 0.95))
    gap = int(wide * rng.choice([0, rng.uniform(0, 0.15), rng.uniform(0.1, 0.6)]))
    figure = int(tall * rng.uniform(0.5, 0.92))
    pitch = figure * rng.uniform(1.12, 1.7)
    font = str(rng.choice(figure_fonts()))
    stretch = rng.uniform(0.75, 1.35)
    dark = rng.random() < 0.55
    back, ink = (
        (paint.colour(rng, 5, 70, 12), paint.colour(rng, 160, 250, 12))
        if dark
        else (paint.colour(rng, 150, 250, 14), paint.colour(rng, 5, 80, 12))
    )
    style = str(rng.choice(["red back", "red ink", "frame", "same", "inverse"], p=[0.3, 0.2, 0.15, 0.25, 0.1]))
    red = paint.red(rng)
    window = paint.colour(rng, 0, 90, 15) if rng.random() < 0.6 else paint.colour(rng, 90, 240, 20)
    margin_x, margin_y = (
        int(tall * rng.choice([0.05, rng.uniform(0.05, 1.0)])),
        int(tall * rng.choice([0.03, rng.uniform(0.03, 0.5)])),
    )
    total = count * wide + (count - 1) * gap
    split = int(wide * rng.choice([0, 0, 0.3, 0.6])) if decimals else 0
    picture = np.empty((tall + 2 * margin_y, total + split + 2 * margin_x, 3), np.uint8)
    picture[:] = np.uint8(window)
    values, turned = wheel_values(rng, count)
    # The light on a cylinder: bright band in the middle, dark towards top and bottom.
    rows = (np.arange(tall, dtype=np.float32) + 0.5) / tall * 2 - 1
    drop, lean = rng.uniform(0.0, 0.75), rng.uniform(-0.3, 0.3)
    light = np.clip(1 - drop * (rows - lean) ** 2, 0.1, 1.1)[:, None, None]
    ticks = rng.random() < 0.4
    sideways = rng.normal(0, 0.02, count) * wide
    boxed = gap > 0 and rng.random() < 0.6
    edge_light = paint.colour(rng, 0, 255, 20)
    x = margin_x
    for place, value in enumerate(values):
        if place == count - decimals and place:
            x += split
        decimal = place >= count - decimals
        cell_back, cell_ink = back, ink
        if decimal and style == "red back":
            cell_back, cell_ink = red, paint.colour(rng, 200, 250, 10)
        elif decimal and style == "red ink":
            cell_ink = red
            cell_back = back if not dark else (225, 222, 215)
        elif decimal and style == "inverse":
            cell_back, cell_ink = ink, back
        cell = np.empty((tall, wide, 3), np.uint8)
        cell[:] = np.uint8(np.clip(np.float32(cell_back) + rng.normal(0, 6), 0, 255))
        low = int(np.floor(value))
        for step in (-1, 0, 1, 2):
            glyph = digit_mask((low + step) % 10, font, figure, stretch)
            if glyph.shape[1] > wide:
                glyph = cv2.resize(glyph, (wide, figure), interpolation=cv2.INTER_AREA)
            middle = tall / 2 + (low + step - value) * pitch
            paint.blend(cell, glyph, wide / 2 - glyph.shape[1] / 2 + sideways[place], middle - figure / 2, cell_ink)
            if ticks and place == count - 1:
                for tick in range(5):
                    y = int(middle + (tick / 5 - 0.4) * pitch)
                    cv2.line(cell, (wide - max(3, wide // 6), y), (wide, y), cell_ink, 1 if tick else 2)
        cell = np.clip(cell * light, 0, 255).astype(np.uint8)
        if gap == 0 and rng.random() < 0.7:
            cell[:, :1] = cell[:, :1] // 2
        if boxed:
            cv2.rectangle(picture, (x - 2, margin_y - 2), (x + wide + 1, margin_y + tall + 1), edge_light, 2)
        paint.paste(picture, cell, x, margin_y)
        if boxed and rng.random() < 0.7:  # the window's own shadow on the wheel
            band = max(1, int(tall * rng.uniform(0.03, 0.12)))
            picture[margin_y : margin_y + band, x : x + wide] //= 2
        x += wide + gap
    right = x - gap
    first_decimal = margin_x + (count - decimals) * (wide + gap) + split
    if (decimals and style == "frame") or (decimals and rng.random() < 0.12):
        cv2.rectangle(
            picture,
            (first_decimal - gap // 2 - 1, max(0, margin_y - 3)),
            (right + 2, min(picture.shape[0] - 1, margin_y + tall + 2)),
            red,
            int(rng.integers(2, 7)),
        )
    if decimals and rng.random() < 0.5:
        comma = text_mask(str(rng.choice([",", "."])), font, tall // 2)
        paint.blend(
            picture,
            comma,
            first_decimal - gap / 2 - split / 2 - comma.shape[1] / 2,
            margin_y + tall * 0.8,
            ink if dark else red,
        )
    half = min(tall / 2, figure * 0.68)
    middle = margin_y + tall / 2
    reading = "".join(str(int(np.floor(value + 1e-6)) % 10) for value in values)
    return Row(picture, (margin_x, middle - half, right, middle + half), reading, turned, "wheels")


@cache
def _families() -> tuple[list[tuple[str, Picture, tuple[float, ...]]], dict[str, list[int]]]:
    """Real crops by where they come from (name without its numbers, and shape), with their mean colours."""
    crops: list[tuple[str, Picture, tuple[float, ...]]] = []
    families: dict[str, list[int]] = defaultdict(list)
    if not (CROPS / "labels.csv").exists():
        return crops, families
    with (CROPS / "labels.csv").open() as file:
        for line in csv.DictReader(file):
            label = line["label_checked"] or line["label"]
            read = cv2.imread(str(CROPS / "images" / line["file"]))
            if read is None or not label[:1].isdigit() or min(read.shape[:2]) < 12:
                continue
            crop = cv2.cvtColor(read, cv2.COLOR_BGR2RGB)
            ratio = crop.shape[1] / crop.shape[0]
            if not 0.3 < ratio < 1.0:
                continue
            family = re.sub(r"\d+", "N", line["file"].split("_", 1)[-1]) + f"{ratio:.1f}"
            families[family].append(len(crops))
            crops.append((str(int(float(label)) % 10), crop, tuple(crop.mean((0, 1)))))
    return crops, {name: places for name, places in families.items() if len(places) >= 6}


def real_wheels(rng: Rng) -> Row:
    """Wheels cut from real photos (MIT, jomjol), set side by side: crops of one place and of like colours."""
    crops, families = _families()
    if not families:
        return wheels(rng)
    names = sorted(families)
    weights = np.sqrt([len(families[name]) for name in names])
    members = families[str(rng.choice(names, p=weights / weights.sum()))]
    anchor = np.array(crops[int(rng.choice(members))][2])
    near = sorted(members, key=lambda place: float(np.abs(np.array(crops[place][2]) - anchor).sum()))[:14]
    count = int(rng.integers(4, 9))
    decimals = int(rng.integers(0, 4))
    reds = sorted(members, key=lambda place: crops[place][2][1] - crops[place][2][0])[:14]
    chosen = [
        int(rng.choice(near if place < count - decimals or rng.random() < 0.3 else reds)) for place in range(count)
    ]
    tall, wide = 64, int(64 * rng.uniform(0.5, 0.75))
    gap = int(wide * rng.choice([0, rng.uniform(0, 0.2), rng.uniform(0.1, 0.4)]))
    margin_x, margin_y = int(tall * rng.uniform(0.02, 0.4)), int(tall * rng.uniform(0.02, 0.2))
    picture = np.empty((tall + 2 * margin_y, count * (wide + gap) - gap + 2 * margin_x, 3), np.uint8)
    edge = (
        np.median(np.concatenate([crops[place][1][0] for place in chosen]), axis=0)
        if rng.random() < 0.7
        else paint.colour(rng)
    )
    picture[:] = np.uint8(edge)
    for place, crop in enumerate(chosen):
        paint.paste(
            picture,
            cv2.resize(crops[crop][1], (wide, tall), interpolation=cv2.INTER_LINEAR),
            margin_x + place * (wide + gap),
            margin_y,
        )
    box = (margin_x, margin_y + tall * 0.05, margin_x + count * (wide + gap) - gap, margin_y + tall * 0.95)
    return Row(picture, box, "".join(crops[crop][0] for crop in chosen), (), "wheels")


def _segments(
    tall: int, wide: int, thick: float, slant: float, round_end: float
) -> dict[str, paint.NDArray[np.float32]]:
    """Coverage of each of the seven segments in a cell of this size (drawn four times larger, then shrunk)."""
    scale = 4
    height, width, bar = tall * scale, wide * scale, thick * tall * scale
    found = {}
    half, slack = bar / 2, bar * round_end
    left, right, top, middle, bottom = half, width - half, half, height / 2, height - half

    def flat(y: float) -> list[tuple[float, float]]:
        return [
            (left + slack, y),
            (left + slack + half, y - half),
            (right - slack - half, y - half),
            (right - slack, y),
            (right - slack - half, y + half),
            (left + slack + half, y + half),
        ]

    def upright(x: float, y0: float, y1: float) -> list[tuple[float, float]]:
        return [
            (x, y0 + slack),
            (x + half, y0 + slack + half),
            (x + half, y1 - slack - half),
            (x, y1 - slack),
            (x - half, y1 - slack - half),
            (x - half, y0 + slack + half),
        ]

    shapes = {
        "a": flat(top),
        "g": flat(middle),
        "d": flat(bottom),
        "f": upright(left, top, middle),
        "b": upright(right, top, middle),
        "e": upright(left, middle, bottom),
        "c": upright(right, middle, bottom),
    }
    lean = int(abs(slant) * height) + 1
    for name, points in shapes.items():
        canvas = np.zeros((height, width + lean), np.uint8)
        moved = [(x + slant * (height - y), y) for x, y in points]
        cv2.fillPoly(canvas, [np.int32(np.round(moved))], 255)
        found[name] = (
            cv2.resize(canvas, ((width + lean) // scale + 1, tall), interpolation=cv2.INTER_AREA).astype(np.float32)
            / 255
        )
    return found


def lcd(rng: Rng) -> Row:
    """Seven-segment figures on a display, with ghost segments, unit, small symbols and a code beside them."""
    count = int(rng.integers(4, 9))
    decimals = int(rng.choice([0, 1, 1, 1, 2, 3]))
    tall = 64
    wide = int(tall * rng.uniform(0.38, 0.62))
    gap = int(wide * rng.uniform(0.12, 0.55))
    slant = rng.choice([0.0, rng.uniform(0.03, 0.2)])
    thick, slack = rng.uniform(0.07, 0.15), rng.uniform(0.02, 0.15)
    scheme = rng.random()
    if scheme < 0.45:  # reflective grey-green
        back, ink = (rng.uniform(110, 200), rng.uniform(120, 210), rng.uniform(90, 180)), paint.colour(rng, 10, 70, 12)
    elif scheme < 0.6:  # green backlight
        back, ink = (
            (rng.uniform(0, 110), rng.uniform(130, 255), rng.uniform(0, 90)),
            (rng.uniform(0, 40), rng.uniform(20, 90), rng.uniform(0, 40)),
        )
    elif scheme < 0.72:  # amber backlight
        back, ink = (
            (rng.uniform(180, 255), rng.uniform(120, 200), rng.uniform(0, 90)),
            (rng.uniform(50, 120), rng.uniform(40, 80), rng.uniform(0, 60)),
        )
    elif scheme < 0.8:  # blue with white figures
        back, ink = (rng.uniform(0, 60), rng.uniform(40, 120), rng.uniform(130, 240)), paint.colour(rng, 200, 255, 10)
    elif scheme < 0.88:  # lit figures on black
        back, ink = paint.colour(rng, 0, 40, 8), paint.vivid(rng)
    else:  # dim
        back, ink = paint.colour(rng, 60, 140, 25), paint.colour(rng, 10, 50, 10)
    faint = rng.uniform(0.55, 1.0)
    ghost = rng.choice([0.0, rng.uniform(0.02, 0.22)])
    small = decimals and rng.random() < 0.3
    margin_x = int(tall * rng.uniform(0.1, 2.2))
    margin_r = int(tall * rng.uniform(0.1, 2.2))
    over, under = int(tall * rng.uniform(0.1, 1.0)), int(tall * rng.uniform(0.1, 0.9))
    total = count * (wide + gap) + int(slant * tall)
    picture = np.empty((tall + over + under, margin_x + total + margin_r, 3), np.uint8)
    picture[:] = np.uint8(back)
    figures = [int(part) for part in rng.integers(0, 10, count)]
    blanks = 0
    if rng.random() < 0.6:
        blanks = int(rng.integers(0, max(1, count - decimals - 1)))
        if rng.random() < 0.5:
            figures[:blanks], blanks = [0] * blanks, 0
    big = _segments(tall, wide, thick, slant, slack)
    little_tall, little_wide = int(tall * rng.uniform(0.45, 0.7)), int(wide * rng.uniform(0.5, 0.75))
    little = _segments(little_tall, little_wide, thick, slant, slack) if small else big
    x = float(margin_x)
    start = x
    for place, figure in enumerate(figures):
        last = place >= count - decimals
        shapes, cell_tall, cell_wide = (little, little_tall, little_wide) if small and last else (big, tall, wide)
        if place == blanks:
            start = x
        for name, mask in shapes.items():
            lit = place >= blanks and name in SEGMENTS[figure]
            strength = faint if lit else ghost
            if strength:
                paint.blend(picture, mask * np.float32(strength), x, over + tall - cell_tall, ink)
        x += cell_wide + gap * (cell_wide / wide)
        if decimals and place == count - decimals - 1:
            cv2.circle(
                picture,
                (int(x - gap * 0.6), int(over + tall * (1 - thick / 2))),
                max(2, int(thick * tall * 0.6)),
                ink,
                -1,
                cv2.LINE_AA,
            )
            x += gap * rng.uniform(0, 0.3)
    right = x - gap + slant * tall
    font = str(rng.choice(every_font()))
    if rng.random() < 0.75 and margin_r > 25:
        unit = text_mask(
            str(rng.choice(["kWh", "kW h", "kWh", "m3", "m³", "kVAh", "MWh", "Wh", "kW", "GJ"])),
            font,
            int(tall * rng.uniform(0.25, 0.55)),
        )
        paint.blend(
            picture,
            unit * np.float32(faint),
            right + tall * rng.uniform(0.1, 0.3),
            over + (tall - unit.shape[0]) * rng.random(),
            ink,
        )
    for _ in range(int(rng.integers(0, 6))):
        word = text_mask(
            str(
                rng.choice(
                    [
                        "T1",
                        "T2",
                        "L1",
                        "L2",
                        "L3",
                        "1.8.0",
                        "1.8.1",
                        "15.8.0",
                        "Cum",
                        "MD",
                        "PF",
                        "+A",
                        "-A",
                        "▲",
                        "►",
                        "R",
                        "OK",
                        "Q",
                    ]
                )
            ),
            font,
            int(tall * rng.uniform(0.15, 0.35)),
        )
        top = rng.choice(
            [
                rng.uniform(0, max(1, over - word.shape[0] - 1)),
                over + tall + rng.uniform(2, max(3, under - word.shape[0])),
            ]
        )
        if word.shape[0] < over or top > over:
            paint.blend(picture, word * np.float32(faint), rng.uniform(0, picture.shape[1] - 10), top, ink)
    if margin_x > 70 and rng.random() < 0.5:  # the OBIS code, in smaller figures
        code_tall = int(tall * rng.uniform(0.35, 0.6))
        shapes, at = _segments(code_tall, int(code_tall * 0.55), thick, slant, slack), 6.0
        for figure in rng.integers(0, 10, 3):
            for name in SEGMENTS[figure]:
                paint.blend(picture, shapes[name] * np.float32(faint), at, over + (tall - code_tall) * 0.9, ink)
            at += code_tall * 0.75
            cv2.circle(picture, (int(at - 4), int(over + tall * 0.97)), 1, ink, -1)
            if at > margin_x - code_tall:
                break
    if rng.random() < 0.6:
        picture = paint.shade(
            picture,
            (1 + rng.uniform(0, 0.5) * (paint.cloud(rng, picture.shape[0], picture.shape[1], 2, 2) - 0.5)).astype(
                np.float32
            ),
        )
    digits = "".join(str(figure) for figure in figures[blanks:])
    return Row(picture, (start, over, right, over + tall), digits, (), "lcd")


def strip_row(rng: Rng) -> Row:
    """A register as the recogniser's training renders it (training/registers)."""
    strip = render(rng)
    xs, ys = [point[0] for point in strip.box], [point[1] for point in strip.box]
    turned = tuple(place for place, symbol in enumerate(strip.symbols) if "/" in symbol)
    kind = "lcd" if strip.kind == "lcd" else "wheels"
    return Row(np.asarray(strip.image.convert("RGB")), (min(xs), min(ys), max(xs), max(ys)), strip.text, turned, kind)


def any_row(rng: Rng) -> Row:
    """Wheels mostly, a quarter of them from real crops; LCD for the rest."""
    pick = rng.random()
    return (
        wheels(rng) if pick < 0.35 else real_wheels(rng) if pick < 0.52 else lcd(rng) if pick < 0.75 else strip_row(rng)
    )
