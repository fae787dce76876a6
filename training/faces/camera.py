"""The camera: where it stands, the light, the glass, the weather, the lens, the file."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.faces import paint
from training.faces.paint import Picture, Rng


@dataclass(frozen=True)
class View:
    """What the camera delivers; corners in its pixels, reading order, also outside of the picture where it is cut.

    `frame` (left, top, right, bottom) is what the photo itself fills: the rest is the grey that the second look of
    open_reader/locate.py sees beyond a photo's edge.
    """

    picture: Picture
    corners: np.ndarray | None
    frame: tuple[int, int, int, int]


def _aim(rng: Rng, scene: Picture, corners: np.ndarray | None, size: tuple[int, int]) -> np.ndarray:
    """The 3x3 matrix from scene pixels to view pixels: turn, size, place, tilt."""
    wide, tall = size
    side = scene.shape[0]
    if corners is None:
        middle, length = rng.uniform(0.15, 0.85, 2) * side, side * rng.uniform(0.15, 0.7)
    else:
        middle, length = corners.mean(0), float(np.linalg.norm(corners[1] - corners[0]))
    pick = rng.random()
    angle = rng.normal(0, 8) if pick < 0.4 else 180 + rng.normal(0, 10) if pick < 0.55 else rng.uniform(-180, 180)
    # Share of the view's width that the register takes: whole meters, then close-ups, some cut at the edge.
    pick = rng.random()
    share = (
        rng.uniform(0.13, 0.28)
        if pick < 0.16
        else rng.uniform(0.25, 0.6)
        if pick < 0.65
        else rng.uniform(0.45, 0.95)
        if pick < 0.93
        else rng.uniform(0.9, 1.4)
    )
    scale = share * wide / length
    turn = np.deg2rad(angle)
    squeeze = rng.uniform(0.8, 1.25)
    linear = (
        scale
        * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        @ np.array([[1, rng.normal(0, 0.04)], [0, squeeze]])
    )
    reach = length * scale / 2
    free_x, free_y = max(0.0, wide / 2 - reach * abs(np.cos(turn))), max(0.0, tall / 2 - reach * abs(np.sin(turn)))
    target = np.array(
        [wide / 2 + rng.uniform(-1, 1) * free_x * 0.8, tall / 2 + rng.uniform(-1, 1) * max(free_y, tall * 0.1) * 0.75]
    )
    if rng.random() < 0.12:  # cut at the edge
        target += rng.uniform(-0.45, 0.45, 2) * (wide, tall * 0.3)
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = target - linear @ middle
    tilt = np.eye(3)
    tilt[2, :2] = rng.normal(0, 0.25, 2) / max(size)
    centre, back = np.eye(3), np.eye(3)
    centre[:2, 2], back[:2, 2] = (-wide / 2, -tall / 2), (wide / 2, tall / 2)
    return back @ tilt @ centre @ matrix


def _light(rng: Rng, picture: np.ndarray) -> np.ndarray:
    """Exposure, colour cast, contrast, a lamp from one side, a hard shadow, spots of glare, fog on the glass."""
    tall, wide = picture.shape[:2]
    if rng.random() < 0.6:
        picture = picture * (np.float32(1) + rng.normal(0, 0.09, 3).astype(np.float32))
    if rng.random() < 0.15:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    elif rng.random() < 0.4:
        grey = picture.mean(2, keepdims=True)
        picture = grey + (picture - grey) * np.float32(rng.uniform(0.2, 1.4))
    if rng.random() < 0.5:  # lamp or window
        spot = rng.uniform(-0.2, 1.2, 2) * (wide, tall)
        ys, xs = np.mgrid[0:tall, 0:wide].astype(np.float32)
        far = np.hypot(xs - spot[0], ys - spot[1]) / (max(wide, tall) * rng.uniform(0.3, 1.2))
        picture = picture * (rng.uniform(0.25, 0.85) + rng.uniform(0.2, 0.7) * np.exp(-(far**2)))[..., None].astype(
            np.float32
        )
    if rng.random() < 0.2:  # a shadow with an edge
        points = rng.uniform(-0.3, 1.3, (4, 2)) * (wide, tall)
        mask = np.zeros((tall, wide), np.float32)
        cv2.fillPoly(mask, [np.int32(points)], 1.0)
        mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 6))
        picture = picture * (1 - mask * rng.uniform(0.2, 0.7))[..., None].astype(np.float32)
    if rng.random() < 0.45:  # reflections
        mask = np.zeros((tall, wide), np.float32)
        for _ in range(int(rng.integers(1, 5))):
            axes = (int(rng.uniform(0.01, 0.22) * wide) + 1, int(rng.uniform(0.01, 0.15) * wide) + 1)
            cv2.ellipse(
                mask,
                (int(rng.integers(0, wide)), int(rng.integers(0, tall))),
                axes,
                float(rng.uniform(0, 180)),
                0,
                360,
                float(rng.uniform(0.3, 1.3)),
                -1,
            )
        mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.7, 12))
        if rng.random() < 0.3:
            mask += cv2.resize(paint.cloud(rng, 32, 32, 3, 3), (wide, tall)) ** 3 * np.float32(rng.uniform(0, 0.7))
        picture = picture + mask[..., None] * np.float32(rng.uniform(80, 230))
    if rng.random() < 0.28:  # condensation: a veil that scatters, thicker in places
        veil = np.clip(
            rng.uniform(0.15, 0.75)
            + (cv2.resize(paint.cloud(rng, 48, 48, int(rng.integers(2, 6)), 3), (wide, tall)) - 0.5)
            * rng.uniform(0, 0.9),
            0,
            0.85,
        )[..., None].astype(np.float32)
        soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 3.2))
        picture = soft * (1 - veil) + veil * np.float32(paint.colour(rng, 120, 240, 10))
        if rng.random() < 0.5:
            picture = _drops(rng, picture)
    return picture


def _drops(rng: Rng, picture: np.ndarray) -> np.ndarray:
    """Drops on the glass: each shows the scene bent and has a bright and a dark side."""
    tall, wide = picture.shape[:2]
    size = rng.uniform(0.006, 0.035) * wide
    shine = np.zeros((tall, wide), np.float32)
    for _ in range(int(rng.integers(15, 150))):
        x, y, radius = rng.uniform(0, wide), rng.uniform(0, tall), size * rng.uniform(0.4, 1.6)
        cv2.circle(shine, (int(x), int(y)), max(1, int(radius)), -float(rng.uniform(10, 50)), -1, cv2.LINE_AA)
        cv2.circle(
            shine,
            (int(x - radius / 3), int(y - radius / 3)),
            max(1, int(radius / 2)),
            float(rng.uniform(20, 110)),
            -1,
            cv2.LINE_AA,
        )
    return picture + cv2.GaussianBlur(shine, (0, 0), 0.7)[..., None]


def _expose(rng: Rng, picture: np.ndarray) -> np.ndarray:
    """Over- or underexposed, hard or flat."""
    picture = np.clip(picture, 0, 255) / 255
    picture = picture ** np.float32(np.exp(rng.normal(0, 0.28)))
    gain = np.exp(rng.normal(0, 0.2)) if rng.random() < 0.92 else rng.uniform(0.15, 0.45)
    lift = rng.uniform(0, 0.25) if rng.random() < 0.25 else 0.0
    return (lift + picture * gain * (1 - lift)) * 255


def _lens(rng: Rng, picture: np.ndarray) -> np.ndarray:
    """Out of focus, moved, coarse, noisy, JPEG."""
    tall, wide = picture.shape[:2]
    if rng.random() < 0.45:
        picture = cv2.GaussianBlur(
            picture, (0, 0), float(rng.uniform(0.3, 1.0) if rng.random() < 0.7 else rng.uniform(0.8, 2.4))
        )
    if rng.random() < 0.12:
        length = int(rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        kernel = cv2.warpAffine(
            kernel,
            cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), float(rng.uniform(0, 180)), 1),
            (length, length),
        )
        picture = cv2.filter2D(picture, -1, kernel / max(kernel.sum(), 1e-3))
    if rng.random() < 0.15:
        factor = rng.uniform(0.4, 0.8)
        picture = cv2.resize(
            cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA),
            (wide, tall),
            interpolation=cv2.INTER_LINEAR,
        )
    if rng.random() < 0.5:
        picture = picture + rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(1, 14))
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 92))])
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR) if done else picture
    return picture


def shoot(rng: Rng, scene: Picture, corners: np.ndarray | None, surroundings: Picture, size: tuple[int, int]) -> View:
    """A photo of `size` (width, height) of the scene; `surroundings` fill what lies outside of it."""
    # One in five looks elsewhere: words and numbers seen near, which are no register.
    matrix = _aim(rng, scene, None if rng.random() < 0.2 else corners, size)
    if rng.random() < 0.5:
        picture = cv2.warpPerspective(scene, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    else:
        picture = cv2.resize(surroundings, size, interpolation=cv2.INTER_AREA)
        cv2.warpPerspective(scene, matrix, size, dst=picture, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    if rng.random() < 0.06:  # the camera's own date in a corner
        day = f"{rng.integers(2012, 2027)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
        text = f"{day} {rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}:{rng.integers(0, 60):02d}"
        cv2.putText(
            picture,
            text,
            (3, int(rng.choice([12, size[1] - 5]))),
            cv2.FONT_HERSHEY_PLAIN,
            float(rng.uniform(0.5, 1.2)),
            (255, 255, 255),
            1,
            cv2.LINE_AA,
        )
    lit = picture.astype(np.float32)
    if rng.random() < 0.65:  # the others are easy photos: steady light, dry glass
        lit = _expose(rng, _light(rng, lit))
    picture = _lens(rng, lit)
    frame = [0, 0, *size]
    if rng.random() < 0.15:
        for side in rng.choice(4, int(rng.integers(1, 3)), replace=False):
            length = size[side % 2]
            frame[side] = int(rng.uniform(0, 0.35) * length) if side < 2 else int(rng.uniform(0.65, 1) * length)
        inner = picture[frame[1] : frame[3], frame[0] : frame[2]].copy()
        picture[:] = 128
        picture[frame[1] : frame[3], frame[0] : frame[2]] = inner
    bounds = (frame[0], frame[1], frame[2], frame[3])
    if corners is None:
        return View(picture, None, bounds)
    seen = cv2.perspectiveTransform(corners[None].astype(np.float32), matrix)[0]
    return View(picture, seen, bounds)
