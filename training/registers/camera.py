"""What lies between a register and a photo of it: light, glass, dirt, focus, sensor, JPEG; and a loose or tight cut."""

from typing import Any

import cv2
import numpy as np

from training.registers.paint import soft_noise

Pixels = np.ndarray[Any, Any]


def light(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Uneven light, glare, fog, dirt and colour cast on `image` (float32, 0..1)."""
    height, width = image.shape[:2]
    if rng.random() < 0.6:
        image = image * np.exp(soft_noise(rng, height, width, 2) * float(rng.uniform(0.05, 0.5)))[..., None]
    if rng.random() < 0.12:
        # The edge of a shadow.
        angle = float(rng.uniform(0, np.pi))
        rows, columns = np.mgrid[0:height, 0:width]
        side = (columns - rng.uniform(0, width)) * np.cos(angle) + (rows - rng.uniform(0, height)) * np.sin(angle)
        image = (
            image * (1 - float(rng.uniform(0.2, 0.65)) / (1 + np.exp(-side / float(rng.uniform(0.5, 6)))))[..., None]
        )
    if rng.random() < 0.16:
        image = _mirrored(rng, image)
    if rng.random() < 0.18:
        for _ in range(int(rng.integers(1, 3))):
            spot = np.zeros((height, width), np.float32)
            size = (round(height * float(rng.uniform(0.1, 0.6))), round(height * float(rng.uniform(0.05, 0.4))))
            cv2.ellipse(
                spot,
                (int(rng.integers(width)), int(rng.integers(height))),
                size,
                float(rng.uniform(0, 180)),
                0,
                360,
                1.0,
                -1,
            )
            spot = cv2.GaussianBlur(spot, (0, 0), float(rng.uniform(0.5, 6)))
            image = image + spot[..., None] * float(rng.uniform(0.15, 0.9))
    if rng.random() < 0.2:
        fog = float(rng.uniform(0.1, 0.55))
        veil = fog * (1 + 0.3 * soft_noise(rng, height, width, 3))[..., None]
        image = image * (1 - veil) + veil * float(rng.uniform(0.4, 0.95))
    if rng.random() < 0.2:
        for _ in range(int(rng.integers(1, 14))):
            at = (int(rng.integers(width)), int(rng.integers(height)))
            shade = float(rng.uniform(0, 0.9))
            if rng.random() < 0.5:
                cv2.circle(image, at, int(rng.integers(1, 3)), (shade,) * 3, -1, cv2.LINE_AA)
            else:
                end = (at[0] + int(rng.normal(0, 15)), at[1] + int(rng.normal(0, 10)))
                cv2.line(image, at, end, (shade,) * 3, 1, cv2.LINE_AA)
    grey = rng.random()
    if grey < 0.2:
        image = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    elif grey < 0.5:
        mean = image.mean(axis=2, keepdims=True)
        image = mean + (image - mean) * float(rng.uniform(0.2, 1.4))
    if rng.random() < 0.6:
        image = image * rng.normal(1, 0.1, 3).astype(np.float32)
    low, high = float(rng.uniform(0, 0.25)), float(rng.uniform(0.5, 1.25))
    image = low + np.clip(image, 0, 1.3) * (high - low)
    if rng.random() < 0.5:
        image = np.clip(image, 0, 1) ** float(np.exp(rng.normal(0, 0.35)))
    return np.clip(image, 0, 1).astype(np.float32)


def _mirrored(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Something bright seen in the glass: on one side of a line, mostly a level one, all is paler."""
    height, width = image.shape[:2]
    angle = float(rng.normal(np.pi / 2, 0.15) if rng.random() < 0.6 else rng.uniform(0, np.pi))
    rows, columns = np.mgrid[0:height, 0:width]
    along = (columns - rng.uniform(0, width)) * np.cos(angle) + (rows - height * rng.uniform(0.1, 0.9)) * np.sin(angle)
    side = 1 / (1 + np.exp(along * float(rng.choice([-1, 1])) / float(rng.uniform(0.5, 6))))
    veil = (float(rng.uniform(0.2, 0.75)) * side)[..., None]
    tone = np.clip(float(rng.uniform(0.35, 0.9)) + rng.normal(0, 0.06, 3), 0, 1)
    return np.asarray(image * (1 - veil) + veil * tone, np.float32)


def blur(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Defocus, motion and low resolution."""
    height, width = image.shape[:2]
    chance = rng.random()
    if chance < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 2.4)))
    elif chance < 0.42:
        length = int(rng.integers(2, 8))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0)
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    if rng.random() < 0.3:
        share = float(rng.uniform(0.28, 0.9))
        small = cv2.resize(
            image, (max(8, round(width * share)), max(8, round(height * share))), interpolation=cv2.INTER_AREA
        )
        image = cv2.resize(small, (width, height), interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
    if rng.random() < 0.1:
        image = image + (image - cv2.GaussianBlur(image, (0, 0), 1.2)) * float(rng.uniform(0.3, 1.2))
    return image


def sensor(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Noise and JPEG; from float 0..1 to bytes."""
    if rng.random() < 0.6:
        image = image + rng.normal(
            0, float(rng.choice([rng.uniform(0.003, 0.03), rng.uniform(0.003, 0.06)])), image.shape
        ).astype(np.float32)
    pixels = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.35:
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 92))])
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return pixels


def cut(rng: np.random.Generator, corners: Pixels, height: int, widest: int) -> tuple[Pixels, int, bool]:
    """How a localiser with its errors cuts the register at `corners` (4 x 2): the homography from the photo to a
    strip of `height` x width, the strip's width, and whether it was meant to cut figures off."""
    across = float(np.linalg.norm(corners[1] - corners[0]))
    tall = float(np.linalg.norm(corners[3] - corners[0]))
    share = float(np.clip(rng.normal(0.66, 0.1), 0.44, 0.95))
    out_tall = height * share
    out_across = out_tall * across / tall * float(np.exp(rng.normal(0, 0.13)))
    cuts = bool(rng.random() < 0.08)
    sides = (rng.uniform(0.05, 1.2, 2) if rng.random() < 0.65 else rng.uniform(0.4, 2.5, 2)) * out_tall
    if cuts:
        sides[int(rng.integers(2))] = -float(rng.uniform(0.4, 1.6)) * out_tall
    squeeze = min(1.0, widest / (out_across + float(sides.sum())))
    out_across, sides = out_across * squeeze, sides * squeeze
    width = max(32, round(out_across + float(sides.sum())))
    top = (height - out_tall) / 2 + float(rng.normal(0, 0.2)) * (height - out_tall)
    target = np.array([(0, 0), (out_across, 0), (out_across, out_tall), (0, out_tall)], np.float64) + np.array(
        (sides[0], top)
    )
    centre = target.mean(axis=0)
    angle = np.radians(float(rng.normal(0, 1.5)))
    shear = float(rng.normal(0, 0.06))
    matrix = np.array([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle)]])
    target = (target - centre) @ matrix.T + centre
    target += rng.normal(0, 0.025 * out_tall, (4, 2))
    return cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32)), width, cuts


def moved(points: Pixels, matrix: Pixels) -> Pixels:
    """`points` (n x 2) through a homography."""
    if len(points) == 0:
        return points
    return cv2.perspectiveTransform(points.reshape(-1, 1, 2).astype(np.float32), matrix).reshape(-1, 2)
