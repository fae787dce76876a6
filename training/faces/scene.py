"""A whole photo before the camera: wall and pipes, a meter on them, its face, its register."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.faces import marks, paint
from training.faces.paint import Colour, Picture, Rng
from training.faces.rows import Row, any_row, lcd

SIDE = 640

Points = np.ndarray  # (4, 2) float32, reading order: top left, top right, bottom right, bottom left


@dataclass(frozen=True)
class Scene:
    """A picture of SIDE x SIDE; no corners = no meter in it."""

    picture: Picture
    corners: Points | None
    reading: str
    half_turned: tuple[int, ...]
    kind: str


def backdrop(rng: Rng, side: int = SIDE) -> Picture:
    """Plaster, brick, boards, earth, leaves, pipes, cables: noise with structure, no meter."""
    base = np.float32(paint.colour(rng, 15, 230, rng.choice([8, 30])))
    other = np.float32(paint.colour(rng, 15, 230, rng.choice([8, 40])))
    coarse = int(rng.choice([2, 3, 5, 9, 20]))
    mix = paint.cloud(rng, side, side, coarse, int(rng.integers(1, 6)))[..., None] * rng.uniform(0.05, 1.0)
    picture = np.clip(base + (other - base) * mix, 0, 255).astype(np.uint8)
    pick = rng.random()
    if pick < 0.15:  # bricks or tiles
        tall, wide = int(rng.integers(20, 120)), int(rng.integers(40, 260))
        joint, thick, stagger = paint.colour(rng, 40, 220), int(rng.integers(1, 9)), rng.random() < 0.6
        for row, y in enumerate(range(0, side, tall)):
            cv2.line(picture, (0, y), (side, y), joint, thick)
            for x in range(-wide // 2 if stagger and row % 2 else 0, side, wide):
                cv2.line(picture, (x, y), (x, y + tall), joint, thick)
    elif pick < 0.25:  # boards or corrugation
        wave = np.sin(np.arange(side, dtype=np.float32) / rng.uniform(3, 40)) * rng.uniform(5, 40)
        picture = np.clip(picture + wave[None, :, None], 0, 255).astype(np.uint8)
    elif pick < 0.35:  # rubble, leaves
        for _ in range(int(rng.integers(40, 200))):
            centre = (int(rng.integers(0, side)), int(rng.integers(0, side)))
            axes = (int(rng.integers(3, 60)), int(rng.integers(3, 40)))
            cv2.ellipse(
                picture,
                centre,
                axes,
                float(rng.uniform(0, 360)),
                0,
                360,
                paint.colour(rng, 10, 220, 30),
                -1,
                cv2.LINE_AA,
            )
    for _ in range(int(rng.choice([0, 0, 1, 2, 4]))):  # pipes
        pipe(rng, picture)
    for _ in range(int(rng.choice([0, 0, 1, 3, 6]))):  # cables
        xs = np.linspace(0, side, 40)
        ys = rng.uniform(0, side) + np.cumsum(rng.normal(0, 12, 40))
        points = np.stack([xs, ys] if rng.random() < 0.5 else [ys, xs], 1)
        cv2.polylines(
            picture, [np.int32(points)], False, paint.colour(rng, 0, 230, 40), int(rng.integers(2, 16)), cv2.LINE_AA
        )
    for _ in range(int(rng.choice([0, 0, 1, 3]))):
        marks.write(
            rng,
            picture,
            marks.word(rng),
            rng.uniform(-50, side),
            rng.uniform(0, side),
            rng.uniform(10, 60),
            paint.colour(rng),
            rng.choice([0, rng.uniform(-180, 180)]),
        )
    return picture


def pipe(rng: Rng, picture: Picture) -> None:
    """A shaded bar across the picture: a copper, iron or plastic pipe, perhaps with a collar."""
    side = picture.shape[0]
    width = int(rng.integers(15, 160))
    tone = np.float32(rng.choice([paint.colour(rng, 30, 220, 12), (180, 110, 60), (170, 140, 70), (120, 60, 40)]))
    across = np.linspace(-1, 1, width)
    light = np.clip(1.15 - 0.8 * (across - rng.uniform(-0.5, 0.5)) ** 2, 0.1, 1.3)
    bar = np.clip(tone[None] * light[:, None], 0, 255).astype(np.uint8)
    strip = np.repeat(bar[:, None], side, 1)
    at = int(rng.integers(-width // 2, side))
    if rng.random() < 0.5:
        paint.paste(picture, strip, 0, at)
    else:
        paint.paste(picture, strip.transpose(1, 0, 2), at, 0)


def _ring(rng: Rng, picture: Picture, x: int, y: int, radius: float) -> None:
    """The rim of a round meter: rings of brass, plastic or iron, darker on one side."""
    rim = np.float32(
        rng.choice(
            [
                paint.colour(rng, 10, 80, 10),
                paint.colour(rng, 120, 240, 10),
                (190, 150, 60),
                (150, 110, 50),
                (30, 60, 150),
                (60, 120, 200),
            ]
        )
    )
    width = radius * rng.uniform(0.06, 0.4)
    for step in range(int(width), 0, -2):
        light = 0.5 + 0.6 * abs(np.sin(step / width * np.pi * rng.choice([1, 1.5, 2])))
        cv2.circle(
            picture,
            (x, y),
            int(radius + step),
            tuple(float(part) for part in np.clip(rim * light, 0, 255)),
            -1,
            cv2.LINE_AA,
        )
    if rng.random() < 0.3:  # the lid, open above
        cv2.ellipse(
            picture,
            (x, int(y - radius * 1.6)),
            (int(radius * 1.1), int(radius * 0.7)),
            0,
            0,
            360,
            tuple(float(part) for part in rim * 0.8),
            -1,
            cv2.LINE_AA,
        )


def _fit(row: Row, width: float) -> tuple[Picture, tuple[float, float, float, float]]:
    """The row scaled so that its figures are `width` wide."""
    x0, y0, x1, y1 = row.box
    factor = min(width / (x1 - x0), 0.3 * SIDE / (y1 - y0))
    size = (max(4, round(row.picture.shape[1] * factor)), max(4, round(row.picture.shape[0] * factor)))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(row.picture, size, interpolation=method), (x0 * factor, y0 * factor, x1 * factor, y1 * factor)


class Busy:
    """Rectangles already taken on the face, so that marks do not cover the register."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, float, float, float]] = []

    def free(self, x: float, y: float, wide: float, tall: float) -> bool:
        return all(
            x > right or y > bottom or x + wide < left or y + tall < top for left, top, right, bottom in self.taken
        )

    def take(self, x: float, y: float, wide: float, tall: float) -> None:
        self.taken.append((x, y, x + wide, y + tall))


def _scatter(
    rng: Rng,
    picture: Picture,
    busy: Busy,
    area: tuple[float, float, float, float],
    ink: Colour,
    amount: int,
    round_face: bool,
) -> None:
    """Marks on free places of the area (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = area
    reach = (x1 - x0) / 2
    words = 0.5 if round_face else 0.62
    for _ in range(amount):
        kind = rng.random()
        size = (x1 - x0) * rng.uniform(0.025, 0.075)
        for _ in range(6):
            x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
            if kind < words:
                text = marks.word(rng)
                size = (x1 - x0) * (rng.uniform(0.025, 0.075) if rng.random() < 0.75 else rng.uniform(0.06, 0.16))
                wide, tall = size * 0.75 * len(text), size * 1.2
            elif kind < words + 0.1:
                wide, tall = (x1 - x0) * rng.uniform(0.15, 0.4), (x1 - x0) * rng.uniform(0.04, 0.12)
            elif kind < words + 0.24:
                wide = tall = (x1 - x0) * rng.uniform(0.12, 0.28)
            elif kind < 0.93:
                wide = tall = (x1 - x0) * rng.uniform(0.04, 0.14)
            else:
                wide, tall = (x1 - x0) * 0.4, (x1 - x0) * 0.1
            corners = [(x, y), (x + wide, y), (x, y + tall), (x + wide, y + tall)]
            inside = (
                all(np.hypot(cx - (x0 + x1) / 2, cy - (y0 + y1) / 2) < reach for cx, cy in corners)
                if round_face
                else x + wide < x1 and y + tall < y1
            )
            if not inside or not busy.free(x, y, wide, tall):
                continue
            busy.take(x, y, wide, tall)
            tone = paint.red(rng) if rng.random() < 0.15 else ink
            if kind < words:
                marks.write(rng, picture, text, x, y, size, tone)
            elif kind < words + 0.1:
                paint.paste(picture, marks.barcode(rng, int(wide), int(tall)), x, y)
            elif kind < words + 0.24 and round_face:
                marks.dial(rng, picture, x + wide / 2, y + tall / 2, wide / 2, tone)
            elif kind < 0.93:
                (marks.star if rng.random() < 0.4 else marks.screw)(rng, picture, x + wide / 2, y + tall / 2, wide / 2)
            else:
                fake = marks.false_row(rng)
                factor = min(wide / fake.shape[1], tall / fake.shape[0])
                paint.paste(
                    picture,
                    cv2.resize(
                        fake,
                        (max(2, int(fake.shape[1] * factor)), max(2, int(fake.shape[0] * factor))),
                        interpolation=cv2.INTER_AREA,
                    ),
                    x,
                    y,
                )
            break


def _soil(rng: Rng, picture: Picture) -> Picture:
    """Dirt: specks, drops, scratches, stains; some of it over the figures."""
    side = picture.shape[0]
    if rng.random() < 0.35:
        stain = paint.cloud(rng, side, side, int(rng.integers(3, 12)), 5)[..., None] ** rng.uniform(2, 6) * rng.uniform(
            0.2, 0.8
        )
        picture = (picture + (np.float32(paint.colour(rng, 20, 190, 25)) - picture) * stain).astype(np.uint8)
    for _ in range(int(rng.choice([0, 0, 20, 80]))):
        cv2.circle(
            picture,
            (int(rng.integers(0, side)), int(rng.integers(0, side))),
            int(rng.integers(1, 4)),
            paint.colour(rng, 10, 220, 20),
            -1,
            cv2.LINE_AA,
        )
    for _ in range(int(rng.choice([0, 0, 4]))):
        start = rng.uniform(0, side, 2)
        end = start + rng.normal(0, 90, 2)
        cv2.line(
            picture,
            tuple(int(part) for part in start),
            tuple(int(part) for part in end),
            paint.colour(rng, 100, 255, 10),
            1,
            cv2.LINE_AA,
        )
    return picture


def meter(rng: Rng) -> Scene:
    """One meter before a wall."""
    picture = backdrop(rng)
    row = any_row(rng)
    busy = Busy()
    form = rng.random()
    plate = (
        paint.colour(rng, 150, 250, 12)
        if rng.random() < 0.72
        else paint.colour(rng, 40, 150, 25)
        if rng.random() < 0.5
        else paint.vivid(rng)
    )
    ink = paint.colour(rng, 0, 80, 15) if sum(plate) > 330 else paint.colour(rng, 170, 255, 10)
    middle_x, middle_y = SIDE / 2 + rng.normal(0, 25), SIDE / 2 + rng.normal(0, 25)
    round_face = row.kind == "wheels" and form < 0.45
    if round_face:
        radius = rng.uniform(170, 270)
        _ring(rng, picture, int(middle_x), int(middle_y), radius)
        cv2.circle(picture, (int(middle_x), int(middle_y)), int(radius), plate, -1, cv2.LINE_AA)
        width = radius * rng.uniform(0.75, 1.5)
        tilt_y = rng.uniform(-0.6, 0.35) * radius * np.sqrt(max(0.05, 1 - (width / 2 / radius) ** 2))
        area = (middle_x - radius, middle_y - radius, middle_x + radius, middle_y + radius)
        row_x, row_y = middle_x + rng.normal(0, 0.06) * radius, middle_y + tilt_y
    elif form < 0.9:
        wide, tall = rng.uniform(260, 560), rng.uniform(200, 560)
        left, top = middle_x - wide / 2, middle_y - tall / 2
        case = paint.colour(rng, 20, 240, 20)
        rim = rng.uniform(8, 90)
        cv2.rectangle(
            picture, (int(left - rim), int(top - rim)), (int(left + wide + rim), int(top + tall + rim)), case, -1
        )
        cv2.rectangle(
            picture,
            (int(left - rim), int(top - rim)),
            (int(left + wide + rim), int(top + tall + rim)),
            tuple(part * 0.6 for part in case),
            int(rng.integers(1, 8)),
        )
        cv2.rectangle(picture, (int(left), int(top)), (int(left + wide), int(top + tall)), plate, -1)
        cv2.rectangle(
            picture,
            (int(left), int(top)),
            (int(left + wide), int(top + tall)),
            tuple(part * rng.uniform(0.2, 0.9) for part in plate),
            int(rng.integers(1, 6)),
        )
        width = wide * rng.uniform(0.35, 0.88)
        row_x, row_y = (
            middle_x + rng.uniform(-0.5, 0.5) * (wide - width) * 0.8,
            middle_y + rng.uniform(-0.35, 0.35) * tall,
        )
        area = (left, top, left + wide, top + tall)
    else:  # bare: the register alone on its plate
        picture[:] = np.uint8(plate) if rng.random() < 0.6 else picture
        width, row_x, row_y = rng.uniform(250, 480), middle_x, middle_y
        area = (20.0, 20.0, SIDE - 20.0, SIDE - 20.0)
    if rng.random() < 0.12:  # mud, rust, whitewash around the face
        smear = np.clip(paint.cloud(rng, SIDE, SIDE, int(rng.integers(3, 7)), 4) * 2.2 - 1.1, 0, 1)[..., None]
        picture[:] = (picture + (np.float32(paint.colour(rng, 20, 170, 25)) - picture) * smear).astype(np.uint8)
    if rng.random() < 0.5:  # uneven light on the plate itself
        picture = paint.shade(
            picture, (1 + rng.uniform(0, 0.4) * (paint.cloud(rng, SIDE, SIDE, 2, 2) - 0.5)).astype(np.float32)
        )
    patch, (x0, y0, x1, y1) = _fit(row, width)
    left, top = row_x - (x0 + x1) / 2, row_y - (y0 + y1) / 2
    if row.kind == "wheels" and rng.random() < 0.3:  # a dark or light band or a bezel behind the wheels
        band, tone = (y1 - y0) * rng.uniform(0.1, 0.7), paint.colour(rng, 0, 255, 15)
        over = (x1 - x0) * rng.uniform(0.02, 0.3)
        cv2.rectangle(
            picture,
            (int(left - over), int(top - band)),
            (int(left + patch.shape[1] + over), int(top + patch.shape[0] + band)),
            tone,
            -1,
        )
    paint.paste(picture, patch, left, top)
    if rng.random() < 0.6:
        cv2.rectangle(
            picture,
            (int(left), int(top)),
            (int(left + patch.shape[1]), int(top + patch.shape[0])),
            paint.colour(rng, 0, 255, 10),
            int(rng.integers(1, 5)),
        )
    busy.take(left - 4, top - 4, patch.shape[1] + 8, patch.shape[0] + 8)
    tall = y1 - y0
    if row.kind == "wheels" and rng.random() < 0.6:  # the unit at the right of the wheels
        wide_taken, _ = marks.write(
            rng,
            picture,
            str(rng.choice(["m³", "m3", "kWh", "m³", "ft³", "kW·h"])),
            left + patch.shape[1] + tall * 0.2,
            top + y0 + tall * rng.uniform(0, 0.5),
            tall * rng.uniform(0.3, 0.7),
            ink,
        )
        busy.take(left + patch.shape[1], top, wide_taken + tall * 0.3, tall)
    if rng.random() < 0.6:  # a printed number or name right over or under the register: the favourite mistake
        serial = "".join(str(part) for part in rng.integers(0, 10, rng.integers(5, 12)))
        if rng.random() < 0.35:
            serial = marks.word(rng)
        size = tall * rng.uniform(0.25, 0.95)
        y = (
            top - size - tall * rng.uniform(0.1, 0.6)
            if rng.random() < 0.5
            else top + patch.shape[0] + tall * rng.uniform(0.1, 0.5)
        )
        if busy.free(row_x - width / 2, y, width, size):
            wide_taken, tall_taken = marks.write(
                rng, picture, serial, row_x - width * rng.uniform(0.2, 0.5), y, size, ink
            )
            busy.take(row_x - width / 2, y, wide_taken, tall_taken)
    _scatter(rng, picture, busy, area, ink, int(rng.integers(2, 26)), round_face)
    if rng.random() < 0.25:
        fake = marks.false_row(rng)
        x, y = rng.uniform(0, SIDE - 60), rng.choice([rng.uniform(0, 60), rng.uniform(SIDE - 100, SIDE - 40)])
        if busy.free(x, y, fake.shape[1], fake.shape[0]):
            paint.paste(picture, fake, x, y)
    corners = np.float32([[left + x0, top + y0], [left + x1, top + y0], [left + x1, top + y1], [left + x0, top + y1]])
    return Scene(_soil(rng, picture), corners, row.reading, row.half_turned, row.kind)


def nothing(rng: Rng) -> Scene:
    """No meter: walls, pipes, words, barcodes, dials, printed numbers; an LCD that is off."""
    picture = backdrop(rng)
    busy = Busy()
    if rng.random() < 0.6:
        wide, tall = rng.uniform(200, 600, 2)
        left, top = rng.uniform(0, 200, 2)
        cv2.rectangle(
            picture, (int(left), int(top)), (int(left + wide), int(top + tall)), paint.colour(rng, 100, 250, 30), -1
        )
    _scatter(
        rng,
        picture,
        busy,
        (0.0, 0.0, float(SIDE), float(SIDE)),
        paint.colour(rng),
        int(rng.integers(0, 30)),
        rng.random() < 0.3,
    )
    for _ in range(int(rng.integers(0, 4))):
        fake = marks.false_row(rng)
        paint.paste(picture, fake, rng.uniform(0, SIDE - 50), rng.uniform(0, SIDE - 30))
    if rng.random() < 0.15:  # a display with nothing on it
        row = lcd(rng)
        picture_off = np.empty_like(row.picture)
        picture_off[:] = row.picture[2, 2]
        paint.paste(picture, picture_off, rng.uniform(0, 300), rng.uniform(0, 500))
    return Scene(_soil(rng, picture), None, "", (), "none")


def scene(rng: Rng) -> Scene:
    """One in twelve without a meter."""
    return nothing(rng) if rng.random() < 1 / 12 else meter(rng)
