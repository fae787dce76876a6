"""A register with what stands around it on a meter's face, or a piece of a face that is no register."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from training.registers.crops import glued
from training.registers.figures import any_figures, words
from training.registers.paint import BASES, Picture, box, colour, soft_noise, stamp
from training.registers.render import render
from training.registers.strip import Strip

FIGURE = 38  # height of the figures in a scene, pixels
SHARE_NONE, SHARE_GLUED = 0.14, 0.2


@dataclass(frozen=True)
class Scene:
    """`image` (height x width x 3, 0..255) with the truth; `box` are the corners of the figures, or of the text that
    is no register (`symbols` is empty then). `decimal` tells for each figure whether it stands behind the point; it
    is None where nobody knows. `decimals_known` likewise."""

    image: np.ndarray[Any, Any]
    box: np.ndarray[Any, Any]
    centres: np.ndarray[Any, Any]
    symbols: list[str]
    decimal: list[int] | None
    points: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros((0, 2)))
    text: str = ""
    kind: str = "none"


def scene(rng: np.random.Generator) -> Scene:
    """One random scene."""
    chance = rng.random()
    if chance < SHARE_NONE:
        return nothing(rng)
    strip = glued(rng) if chance < SHARE_NONE + SHARE_GLUED else None
    known = strip is None
    return surround(rng, strip or render(rng), known)


def surround(rng: np.random.Generator, strip: Strip, decimals_known: bool = True) -> Scene:
    """`strip` on a face with text, lines, dials and units about it."""
    corners = np.array(strip.box, np.float32)
    scale = FIGURE / float(np.linalg.norm(corners[3] - corners[0]))
    register = cv2.resize(np.asarray(strip.image), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = register.shape[:2]
    above, below = (round(FIGURE * float(rng.uniform(0.7, 1.5))) for _ in range(2))
    left, right = (round(FIGURE * float(rng.uniform(1.0, 3.2))) for _ in range(2))
    picture = _panel(rng, height + above + below, width + left + right)
    _clutter(rng, picture, above, below, left, right)
    picture[above : above + height, left : left + width] = register / 255.0
    if rng.random() < 0.4:
        _unit(rng, picture, left + width, above + height // 2, right)
    move = np.array([left, above], np.float32)
    count = len(strip.symbols)
    return Scene(
        image=(np.clip(picture, 0, 1) * 255).astype(np.uint8),
        box=corners * scale + move,
        centres=np.array(strip.centres, np.float32).reshape(-1, 2) * scale + move,
        symbols=strip.symbols,
        decimal=[int(at >= count - strip.decimals) for at in range(count)] if decimals_known else None,
        points=np.array(strip.points, np.float32).reshape(-1, 2) * scale + move,
        text=strip.text,
        kind=strip.kind,
    )


def nothing(rng: np.random.Generator) -> Scene:
    """A piece of a face that a careless localiser could take for a register: numbers, names, dials, bars, glare."""
    height, width = round(FIGURE * 3.2), round(FIGURE * float(rng.uniform(5, 12)))
    picture = _panel(rng, height, width)
    _clutter(rng, picture, FIGURE, FIGURE, FIGURE, FIGURE)
    top = FIGURE
    kind = str(rng.choice(["text", "text", "text", "dials", "bars", "plain"]))
    ink = _ink(rng, picture)
    if kind == "text":
        mask = words(rng, _other_text(rng), round(FIGURE * float(rng.uniform(0.8, 1.2))))
        if mask.shape[1] > width - 20:
            mask = cv2.resize(mask, (width - 20, FIGURE))
        stamp(picture, mask, (width - mask.shape[1]) // 2, top, ink)
    elif kind == "dials":
        for x in range(FIGURE * 2, width - FIGURE, round(FIGURE * 2.2)):
            _dial(rng, picture, x, height // 2, round(FIGURE * float(rng.uniform(0.6, 1))))
    elif kind == "bars":
        x = FIGURE
        while x < width - FIGURE:
            wide = int(rng.integers(1, 5))
            box(picture, x, top, x + wide, top + FIGURE, ink)
            x += wide + int(rng.integers(1, 5))
    edge = FIGURE * float(rng.uniform(0.6, 1.2))
    corners = np.array(
        [(edge, top), (width - edge, top), (width - edge, top + FIGURE), (edge, top + FIGURE)], np.float32
    )
    return Scene((np.clip(picture, 0, 1) * 255).astype(np.uint8), corners, np.zeros((0, 2), np.float32), [], None)


def _other_text(rng: np.random.Generator) -> str:
    number = "".join(str(figure) for figure in rng.integers(0, 10, int(rng.integers(5, 12))))
    if rng.random() < 0.35:
        # Serial numbers are what is taken for a register most easily.
        return number if rng.random() < 0.7 else f"{number[:3]} {number[3:]}"
    return str(
        rng.choice(
            [
                number,
                f"No. {number}",
                f"{number[:2]} {number[2:]}",
                "0,0001 m³",
                "x0.001",
                f"{number[:4]} imp/kWh",
                "Qn 2,5 m³/h",
                f"DE-{number[:2]}-MI002-PTB001",
                "240V 50Hz 5-30A",
                "ac STATIC kWh METER",
                "Qmax 6 m³/h",
                "elster BK-G4",
                f"20{number[:2]}",
                f"S/N {number}",
                "EN 1359:2007",
                f"{number[:2]}/{number[2:4]}/20{number[3:5]}",
            ]
        )
    )


def _panel(rng: np.random.Generator, height: int, width: int) -> Picture:
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = colour(rng, BASES[int(rng.choice(len(BASES), p=[0.2, 0.35, 0.12, 0.15, 0.1, 0.08]))], 0.2)
    picture += soft_noise(rng, height, width, 5)[..., None] * float(rng.uniform(0, 0.08))
    return picture


def _ink(rng: np.random.Generator, picture: Picture) -> Any:
    bright = float(picture.mean())
    return colour(rng, (0.1, 0.1, 0.1) if bright > 0.45 else (0.9, 0.9, 0.9), 0.2)


def _clutter(rng: np.random.Generator, picture: Picture, above: int, below: int, left: int, right: int) -> None:
    height, width = picture.shape[:2]
    ink = _ink(rng, picture)
    for top, bottom in ((0, above), (height - below, height)):
        chance = rng.random()
        if chance < 0.5:
            tall = round(FIGURE * float(rng.uniform(0.3, 0.9)))
            mask = words(rng, _other_text(rng), tall)
            stamp(
                picture,
                mask,
                int(rng.integers(-20, max(1, width - mask.shape[1] // 2))),
                int(rng.integers(top - tall // 2, max(top, bottom - tall // 2))),
                ink,
            )
        elif chance < 0.65:
            line = int(rng.integers(top, bottom))
            box(
                picture,
                0,
                line,
                width,
                line + int(rng.integers(1, 8)),
                colour(rng, BASES[int(rng.integers(len(BASES)))]),
            )
        elif chance < 0.75:
            box(picture, 0, top, width, bottom, colour(rng, BASES[int(rng.integers(len(BASES)))], 0.2))
        elif chance < 0.85:
            _dial(
                rng,
                picture,
                int(rng.integers(0, width)),
                (top + bottom) // 2,
                round(FIGURE * float(rng.uniform(0.4, 1.2))),
            )
    for start, end in ((0, left), (width - right, width)):
        chance = rng.random()
        if chance < 0.25:
            edge = int(rng.integers(start, end))
            part = (0, edge) if start == 0 else (edge, width)
            box(picture, part[0], 0, part[1], height, colour(rng, BASES[int(rng.integers(len(BASES)))], 0.2))
        elif chance < 0.35:
            radius = round(FIGURE * float(rng.uniform(0.2, 0.6)))
            cv2.circle(
                picture,
                (int(rng.integers(start, end)), int(rng.integers(0, height))),
                radius,
                tuple(map(float, ink)),
                int(rng.choice([-1, 2])),
                cv2.LINE_AA,
            )
        elif chance < 0.45:
            mask = words(
                rng,
                str(rng.choice(["No", "m³", "Wh", "kWh", "A", "R1", "T", "V=", "S", "1.8.0", "x10"])),
                round(FIGURE * float(rng.uniform(0.4, 0.9))),
            )
            stamp(
                picture,
                mask,
                int(rng.integers(start, max(start + 1, end - mask.shape[1]))),
                int(rng.integers(0, height - 10)),
                ink,
            )


def _unit(rng: np.random.Generator, picture: Picture, x: int, y: int, room: int) -> None:
    mask = words(
        rng, str(rng.choice(["m³", "m3", "kWh", "m³", "L", "GJ", "kW"])), round(FIGURE * float(rng.uniform(0.5, 1.0)))
    )
    stamp(
        picture,
        mask,
        x + int(rng.integers(0, max(1, room // 3))),
        y - mask.shape[0] // 2 + int(rng.integers(-6, 7)),
        _ink(rng, picture),
    )


def _dial(rng: np.random.Generator, picture: Picture, x: int, y: int, radius: int) -> None:
    ink = tuple(map(float, colour(rng, (0.7, 0.15, 0.15) if rng.random() < 0.6 else (0.15, 0.15, 0.15))))
    cv2.circle(picture, (x, y), radius, ink, 1, cv2.LINE_AA)
    draw = any_figures(rng)
    for figure in range(10):
        turn = 2 * np.pi * figure / 10 - np.pi / 2
        mask = cv2.resize(draw(figure), (max(3, radius // 5), max(5, radius // 3)), interpolation=cv2.INTER_AREA)
        at = (round(x + 0.75 * radius * np.cos(turn)), round(y + 0.75 * radius * np.sin(turn)))
        stamp(picture, mask, at[0] - mask.shape[1] // 2, at[1] - mask.shape[0] // 2, np.array(ink, np.float32))
    turn = float(rng.uniform(0, 2 * np.pi))
    tip = (round(x + 0.6 * radius * np.cos(turn)), round(y + 0.6 * radius * np.sin(turn)))
    cv2.line(picture, (x, y), tip, ink, max(1, radius // 5), cv2.LINE_AA)
    cv2.circle(picture, (x, y), max(1, radius // 4), ink, -1, cv2.LINE_AA)
