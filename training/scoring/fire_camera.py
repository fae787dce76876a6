"""The 15 thermal features of a scene: images are painted (48 x 36 of a FLIR Lepton 3.5's 160 x 120), then measured.

Firmware differs, and the fire document fixes no formulas. Each camera therefore draws its own: the bound of "hot", the
unit of gradients, flow and velocities, whether frames or rows are compared, and its gain (where it saturates).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from training.scoring.fire_scene import Floats, Spot

WIDTH, HEIGHT = 48, 36
Image = NDArray[np.float32]
_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


@dataclass(frozen=True, slots=True)
class Camera:
    """How one camera measures. `hot` degrees; `top` degrees where it saturates; scales multiply what is computed."""

    hot: float
    top: float
    noise: float
    gradient: float
    flow: float
    between_frames: bool
    absolute: bool
    proxy: str
    velocity: str

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Camera":
        """One of the cameras that may be out there."""
        return cls(
            hot=float(rng.choice([40.0, 45.0, 50.0, 60.0], p=[0.55, 0.15, 0.2, 0.1])),
            top=float(rng.choice([140.0, 150.0, 400.0])),
            noise=float(rng.uniform(0.03, 0.3)),
            gradient=float(np.exp(rng.uniform(np.log(0.3), np.log(3.0)))),
            flow=float(np.exp(rng.uniform(np.log(0.1), np.log(10.0)))),
            between_frames=bool(rng.random() < 0.5),
            absolute=bool(rng.random() < 0.5),
            proxy=str(rng.choice(["max", "top", "mean"], p=[0.5, 0.35, 0.15])),
            velocity=str(rng.choice(["second", "minute", "row"])),
        )


def paint(
    ambient: Floats, layer: Floats, texture: Image, spots: list[Spot], camera: Camera, rng: np.random.Generator
) -> Image:
    """One image per row: walls, warm upper layer, hot spots, noise, saturation."""
    upper = np.clip(1.2 - _Y / HEIGHT, 0.0, 1.0)
    images = (ambient[:, None, None] + layer[:, None, None] * upper + texture).astype(np.float32)
    for spot in spots:
        _add(images, spot, rng)
    images += rng.normal(0.0, camera.noise, images.shape).astype(np.float32)
    return np.clip(images, -20.0, camera.top)


def _add(images: Image, spot: Spot, rng: np.random.Generator) -> None:
    rows = len(images)
    jitter = rng.normal(0.0, 1.0, (4, rows)) * spot.flicker
    radius = np.maximum(spot.radius * WIDTH * (1.0 + 0.25 * jitter[0]), 0.0)
    x = spot.x * WIDTH + 0.3 * radius * jitter[1]
    y = spot.y * HEIGHT + 0.3 * radius * jitter[2]
    for number in np.flatnonzero(radius > 0.02):
        size = radius[number]
        away = np.hypot(_X - x[number], _Y - y[number])
        # A spot smaller than a pixel fills only its share of one.
        share = np.clip(size - away + 0.5, 0.0, 1.0) * min(np.pi * size * size, 1.0)
        image = images[number]
        image += share * (spot.degrees[number] * (1.0 + 0.12 * jitter[3, number]) - image)


def measure(images: Image, second: Image, seconds: Floats, camera: Camera) -> dict[str, Floats]:
    """The 15 features of each image. `second`: the next frame of each row, a ninth of a second later."""
    flat = images.reshape(len(images), -1)
    down, right = np.gradient(images, axis=(1, 2))
    slope = np.hypot(down, right) * camera.gradient
    before = second if camera.between_frames else np.concatenate([images[:1], images[:-1]])
    change = images - before
    shown = np.abs(change) if camera.absolute else change
    flow = camera.flow * np.abs(change) / (np.hypot(down, right) + 0.5)
    hot = images > camera.hot
    peak = flat.max(axis=1).astype(float)
    ordered = np.sort(flat, axis=1)
    proxy = {"max": peak, "top": ordered[:, -17:].mean(axis=1), "mean": ordered[:, -173:].mean(axis=1)}[camera.proxy]
    delta = np.diff(proxy, prepend=proxy[0])
    features = {
        "t_mean": flat.mean(axis=1),
        "t_std": flat.std(axis=1),
        "t_max": peak,
        "t_p95": ordered[:, round(0.95 * flat.shape[1])],
        "t_hot_area_pct": 100.0 * hot.mean(axis=(1, 2)),
        "t_hot_largest_blob_pct": np.array([_largest(mask) for mask in hot]),
        "t_grad_mean": slope.mean(axis=(1, 2)),
        "t_grad_std": slope.std(axis=(1, 2)),
        "t_diff_mean": shown.mean(axis=(1, 2)),
        "t_diff_std": shown.std(axis=(1, 2)),
        "flow_mag_mean": flow.mean(axis=(1, 2)),
        "flow_mag_std": flow.std(axis=(1, 2)),
        "tproxy_val": proxy,
        "tproxy_delta": delta,
        "tproxy_vel": velocity(delta, seconds, camera.velocity),
    }
    return {name: values.astype(float) for name, values in features.items()}


def velocity(delta: Floats, seconds: Floats, unit: str) -> Floats:
    """`delta` per row as a speed, in the unit of the firmware: per `second`, per `minute`, or per `row`."""
    if unit == "row":
        return delta
    step = np.maximum(np.diff(seconds, prepend=seconds[0] - 1.0), 1e-3)
    return delta / step * (60.0 if unit == "minute" else 1.0)


def _largest(mask: NDArray[np.bool_]) -> float:
    """Percent of the image that the largest connected hot region covers."""
    if not mask.any():
        return 0.0
    regions, _ = ndimage.label(mask)
    return float(100.0 * np.bincount(regions.ravel())[1:].max() / mask.size)
