"""The physics behind the synthetic leak sensors: what a zone draws, what the pipe loses, what a hole lets out.

Sources: head loss by Hazen and Williams (1905) in SI units; leakage by FAVAD (May 1994; Van Zyl and Cassa 2014), an
orifice whose area grows with pressure; demand as a daily pattern with two peaks, a night base, weekends, days that
differ, and noise that fades over hours. Heads in metres, flows in m³/s unless a name says otherwise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BAR_PER_METRE = 0.0980665
GRAVITY = 9.80665


def head_loss(flow: Floats | float, length: float, roughness: float, diameter: float) -> Floats:
    """h = 10.67 L Q^1.852 / (C^1.852 d^4.8704), signed with the flow."""
    return np.sign(flow) * 10.67 * length * np.abs(flow) ** 1.852 / (roughness**1.852 * diameter**4.8704)


def leak_flow(head: Floats, area: Floats, slope: float, discharge: float = 0.6) -> Floats:
    """FAVAD: q = Cd sqrt(2 g) (A h^0.5 + m A h^1.5); `slope` m is the area's growth by metre of head, as a share."""
    safe = np.maximum(head, 0.0)
    return discharge * np.sqrt(2 * GRAVITY) * area * (np.sqrt(safe) + slope * safe**1.5)


@dataclass(frozen=True, slots=True)
class Pipe:
    """The main from the source to the sensor."""

    length: float
    roughness: float
    diameter: float

    @classmethod
    def for_flow(cls, mean: float, rng: np.random.Generator) -> "Pipe":
        """A main in which the mean flow runs at 0.2 to 0.8 m/s; C from old iron (70) to plastic (145)."""
        speed = rng.uniform(0.2, 0.8)
        return cls(10 ** rng.uniform(2.3, 3.7), rng.uniform(70, 145), float(np.sqrt(4 * mean / (np.pi * speed))))

    def loss(self, flow: Floats) -> Floats:
        """The head lost at `flow`."""
        return head_loss(flow, self.length, self.roughness, self.diameter)


def fading_noise(rows: int, hours: float, memory: float, rng: np.random.Generator) -> Floats:
    """Noise of variance 1 that forgets itself over `memory` hours (an AR(1) process)."""
    keep = float(np.exp(-hours / memory))
    white = rng.normal(size=rows) * np.sqrt(1 - keep**2)
    out = np.empty(rows)
    now = rng.normal()
    for at in range(rows):
        now = keep * now + white[at]
        out[at] = now
    return out


def demand(
    hour: Floats, weekday: NDArray[np.int64], day: NDArray[np.int64], mean: float, rng: np.random.Generator
) -> Floats:
    """What the zone draws, in m³/s: pattern by hour and weekend, days that differ, heat, growth, noise.

    Small zones are noisier: the share of noise falls with the square root of the flow, as a sum of many users does.
    """
    night = rng.uniform(0.1, 0.7)
    peaks = [
        (rng.normal(7.2, 0.7), rng.uniform(1.0, 2.0), 1.0),
        (rng.normal(19, 1.0), rng.uniform(1.5, 3.5), rng.uniform(0.4, 1.3)),
    ]
    if rng.random() < 0.25:  # offices and works: one plateau by day
        peaks = [(rng.normal(12.5, 0.7), rng.uniform(3, 5), 1.0), (18.5, 2.0, rng.uniform(0.1, 0.5))]
    late, less = rng.uniform(0, 2), rng.uniform(0.6, 1.25)
    days = int(day.max()) + 1
    off = (weekday >= 5) | np.isin(day, rng.integers(0, days, rng.integers(0, 3)))

    def shape(clock: Floats) -> Floats:
        waves = [
            height * np.exp(-0.5 * (((clock - centre + 12) % 24 - 12) / width) ** 2) for centre, width, height in peaks
        ]
        return night + (1 - night) * np.sum(waves, axis=0)

    pattern = np.where(off, shape(hour - late) * less, shape(hour))
    of_week = 1 + rng.uniform(0, 0.05) * rng.normal(size=7)
    by_day = 1 + rng.uniform(0.002, 0.03) * rng.normal(size=days)
    if rng.random() < 0.3:  # a hot spell
        first, length = rng.integers(0, days), rng.integers(2, 6)
        by_day[first : first + length] *= rng.uniform(1.1, 1.4)
    growth = 1 + rng.normal(0, 0.002) * np.arange(days)
    step = float(np.median(np.diff(hour) % 24))
    litres = mean * 1000
    wander = 1 + rng.uniform(0.005, 0.04) * fading_noise(len(hour), step, rng.uniform(1, 8), rng)
    users = 1 + (rng.uniform(0.03, 0.2) / np.sqrt(max(litres, 0.3)) + 0.003) * rng.normal(size=len(hour))
    drawn = pattern / pattern.mean() * of_week[weekday] * (by_day * growth)[day] * wander * np.maximum(users, 0.05)
    return np.maximum(drawn, 0.01) * mean


def source_head(hour: Floats, head: float, rng: np.random.Generator) -> Floats:
    """The head that feeds the zone: a reservoir that wanders, a pressure valve with a night setting, or pumps."""
    rows = len(hour)
    step = float(np.median(np.diff(hour) % 24))
    kind = rng.choice(["reservoir", "valve", "pump"], p=[0.45, 0.3, 0.25])
    if kind == "reservoir":
        return head + rng.uniform(0.02, 1.0) * fading_noise(rows, step, rng.uniform(6, 48), rng)
    if kind == "valve":
        lower = rng.uniform(0, 8) if rng.random() < 0.5 else 0.0
        return head - lower * ((hour < 5) | (hour >= 23)) + rng.uniform(0.01, 0.15) * rng.normal(size=rows)
    high = rng.uniform(1.0, 8.0)
    if rng.random() < 0.5:  # by the clock, switched within half an hour
        start, end = rng.uniform(4, 8), rng.uniform(19, 23)
        running = (hour + rng.normal(0, 0.1, rows) >= start) & (hour < end)
    else:  # by the level of a tank: turns of hours
        running = np.zeros(rows, dtype=bool)
        at, now = 0, False
        while at < rows:
            length = max(1, int(rng.uniform(2, 7) / step))
            running[at : at + length] = now
            at, now = at + length, not now
    return head + high * running + 0.1 * fading_noise(rows, step, 6.0, rng)
