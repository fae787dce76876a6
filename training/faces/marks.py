"""What else is on a meter and near it: words, ratings, serial numbers, barcodes, pointer dials, screws, stickers."""

import cv2
import numpy as np

from training.faces import paint
from training.faces.fonts import every_font, text_mask
from training.faces.paint import Colour, Picture, Rng

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RATINGS = (
    "Qn 2,5 m³/h", "Qmax 6 m³/h", "Qmin 0,04 m³/h", "Q3=4", "R=80 H", "T30", "PN16", "MAP16", "Qn 1,5", "V 2,0 dm³",
    "pmax 0,5 bar", "tm -25°C...55°C", "230V 5(60)A", "240V 50Hz Cl. 1.0", "1000 imp/kWh", "3200 imp/kWh", "10-60A",
    "3x230/400V", "50Hz", "Cl.2", "375 r/kWh", "Static Watt-Hour Meter", "IP54", "x0,0001", "x0,001", "x0,01", "x0,1",
    "1 imp = 0,01 m³", "0,0001 m³", "m³", "kWh", "G4", "G2.5 L", "BK-G4M", "U6", "DN20", "90°C", "Klasse 1,5", "H B",
    "CE M14 0102", "Month/Year 04/16", "IrDA Port", "EN 1359:2007", "Made in EU", "IS:13779", "Ref 27°C",
    "cyclic volume 1.2 L", "Activity", "LOAD",
)  # fmt: skip


def word(rng: Rng) -> str:
    """Something printed on meters: a rating, a serial number, a year, a name, a law's number."""
    pick = rng.random()
    if pick < 0.4:
        return str(rng.choice(RATINGS))
    if pick < 0.65:
        digits = "".join(str(part) for part in rng.integers(0, 10, rng.integers(4, 13)))
        return str(rng.choice(["", "", "No. ", "Nr ", "S/N ", "No: "])) + digits
    if pick < 0.72:
        return str(rng.integers(1985, 2026))
    letters = "".join(rng.choice(list(LETTERS), rng.integers(2, 9)))
    if pick < 0.9:
        return letters if rng.random() < 0.5 else letters.capitalize()
    return f"{letters[:3]}-{rng.integers(0, 99):02d}-{letters[:2]}{rng.integers(0, 9999):03d}"


def write(
    rng: Rng, picture: Picture, text: str, x: float, y: float, size: float, ink: Colour, degrees: float = 0
) -> tuple[float, float]:
    """Text whose capitals are about `size` high; returns width and height taken."""
    mask = text_mask(text, str(rng.choice(every_font())), 40)
    factor = size / 30
    mask = cv2.resize(
        mask, (max(1, int(mask.shape[1] * factor)), max(1, int(mask.shape[0] * factor))), interpolation=cv2.INTER_AREA
    )
    if degrees:
        mask = paint.turn(mask, degrees)
    paint.blend(picture, mask, x, y, ink)
    return float(mask.shape[1]), float(mask.shape[0])


def barcode(rng: Rng, wide: int, tall: int) -> Picture:
    """Bars on white, or a square of modules."""
    if rng.random() < 0.2:
        modules = (rng.random((18, 18)) < 0.5).astype(np.uint8) * 235
        side = max(8, min(wide, tall * 2))
        return np.repeat(cv2.resize(modules, (side, side), interpolation=cv2.INTER_NEAREST)[..., None], 3, 2)
    bars = np.repeat((rng.random(wide) < 0.5).astype(np.uint8) * 220 + 20, rng.integers(1, 4))[:wide]
    return np.repeat(np.repeat(bars[None], tall, 0)[..., None], 3, 2).copy()


def dial(rng: Rng, picture: Picture, x: float, y: float, radius: float, ink: Colour) -> None:
    """A pointer dial: figures round a circle, a red or black hand."""
    centre = (int(x), int(y))
    if rng.random() < 0.6:
        cv2.circle(picture, centre, int(radius), ink, max(1, int(radius * 0.06)), cv2.LINE_AA)
    cv2.circle(picture, centre, int(radius * 0.6), ink, 1, cv2.LINE_AA)
    font = str(rng.choice(every_font()))
    size, spin = radius * 0.32, rng.choice([-1, 1])
    for figure in range(10):
        angle = np.deg2rad(-90 + spin * 36 * figure)
        mask = text_mask(str(figure), font, 40)
        mask = cv2.resize(
            mask,
            (max(1, int(mask.shape[1] * size / 30)), max(1, int(mask.shape[0] * size / 30))),
            interpolation=cv2.INTER_AREA,
        )
        paint.blend(
            picture,
            mask,
            x + np.cos(angle) * radius * 0.8 - mask.shape[1] / 2,
            y + np.sin(angle) * radius * 0.8 - mask.shape[0] / 2,
            ink,
        )
    hand = paint.red(rng) if rng.random() < 0.8 else paint.colour(rng, 0, 60)
    angle = rng.uniform(0, 2 * np.pi)
    tip = (int(x + np.cos(angle) * radius * 0.62), int(y + np.sin(angle) * radius * 0.62))
    side = np.array([-np.sin(angle), np.cos(angle)]) * radius * 0.2
    cv2.fillConvexPoly(picture, np.int32([tip, np.array(centre) + side, np.array(centre) - side]), hand, cv2.LINE_AA)
    cv2.circle(picture, centre, int(radius * 0.27), hand, -1, cv2.LINE_AA)


def star(rng: Rng, picture: Picture, x: float, y: float, radius: float) -> None:
    """The little flow wheel."""
    ink = paint.red(rng) if rng.random() < 0.3 else paint.colour(rng, 0, 80)
    turn = rng.uniform(0, np.pi)
    for arm in range(int(rng.choice([4, 6, 8, 12]))):
        angle = turn + arm * np.pi / 4
        cv2.line(
            picture,
            (int(x), int(y)),
            (int(x + np.cos(angle) * radius), int(y + np.sin(angle) * radius)),
            ink,
            max(2, int(radius * 0.22)),
            cv2.LINE_AA,
        )
    cv2.circle(picture, (int(x), int(y)), int(radius * 0.45), ink, -1, cv2.LINE_AA)


def screw(rng: Rng, picture: Picture, x: float, y: float, radius: float) -> None:
    """A screw, a seal or a button."""
    tone = paint.colour(rng, 20, 200, 15)
    cv2.circle(picture, (int(x), int(y)), int(radius), tone, -1, cv2.LINE_AA)
    cv2.circle(
        picture, (int(x), int(y)), int(radius), paint.colour(rng, 0, 80), max(1, int(radius * 0.12)), cv2.LINE_AA
    )
    if rng.random() < 0.6:
        angle = rng.uniform(0, np.pi)
        side = np.array([np.cos(angle), np.sin(angle)]) * radius * 0.8
        cv2.line(
            picture,
            (int(x - side[0]), int(y - side[1])),
            (int(x + side[0]), int(y + side[1])),
            paint.colour(rng, 0, 70),
            max(1, int(radius * 0.2)),
            cv2.LINE_AA,
        )


def false_row(rng: Rng) -> Picture:
    """Figures in a row that are no register: a printed number in a frame, on a plate, in single boxes, stamped."""
    count, size = int(rng.integers(3, 12)), int(rng.integers(14, 40))
    back, ink = paint.colour(rng, 140, 255, 15), paint.colour(rng, 0, 90, 20)
    if rng.random() < 0.2:
        back, ink = ink, back
    if rng.random() < 0.25:
        back = paint.vivid(rng)
    text = "".join(str(part) for part in rng.integers(0, 10, count))
    if rng.random() < 0.3:
        text = (
            f"{rng.integers(1, 32):02d}/{rng.integers(1, 13):02d}/{rng.integers(1990, 2027)}"
            if rng.random() < 0.5
            else f"{rng.integers(1, 13):02d}/{rng.integers(5, 27):02d}"
        )
    elif rng.random() < 0.3:
        text = "".join(rng.choice(list(LETTERS), 2)) + " " + text
    mask = text_mask(text, str(rng.choice(every_font())), size)
    pad = int(size * rng.uniform(0.1, 0.6))
    picture = np.empty((mask.shape[0] + 2 * pad, mask.shape[1] + 2 * pad, 3), np.uint8)
    picture[:] = np.uint8(back)
    paint.blend(picture, mask, pad, pad, ink)
    if rng.random() < 0.5:
        cv2.rectangle(picture, (0, 0), (picture.shape[1] - 1, picture.shape[0] - 1), ink, int(rng.integers(1, 4)))
    return picture
