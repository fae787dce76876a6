"""What burns, glows, steams and breathes in front of a fire sensor: heat release, plume, gas and hot spots over time.

Sources: t-squared fires (NFPA 72, annex B: slow, medium, fast, ultra-fast), the ceiling jet of Alpert (1972), flame
height of Heskestad (1983), about 0.09 g of CO2 per kJ burnt, one well-mixed room with air changes, 5e-6 m3/s CO2 a
person. Nuisances are what fire brigades are called to in vain: heaters, sun, cooking, welding, steam, engines, people.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# kW/s2 of the four standard fires.
GROWTH = {"slow": 0.00293, "medium": 0.01172, "fast": 0.0469, "ultra-fast": 0.1876}
_KW_PER_M2 = 500.0
_CO2_M3_PER_KJ = 0.09e-3 / 1.8
NUISANCES = ("heater", "gas heater", "sun", "cooking", "gas cooking", "welding", "steam", "people", "engine", "lighter")


@dataclass(frozen=True, slots=True)
class Spot:
    """A hot disc in the view: per row its centre and radius (share of the view's width), and degrees Celsius.

    `flicker` 0 to 1: how much shape and heat change from one frame to the next; `edge`: share of its radius that fades.
    """

    x: Floats
    y: Floats
    radius: Floats
    degrees: Floats
    flicker: float


@dataclass(frozen=True, slots=True)
class Room:
    """`distance` of the camera and `height` in m, `volume` in m3, `air` changes per second, `ambient` degrees."""

    distance: float
    height: float
    volume: float
    air: float
    ambient: float

    @property
    def width(self) -> float:
        """Metres that the camera sees across: 57 degrees."""
        return 2.0 * self.distance * float(np.tan(np.radians(28.5)))


@dataclass(slots=True)
class Happening:
    """What a cause adds: hot spots, warm upper layer (degrees), and CO2 (m3/s)."""

    spots: list[Spot]
    layer: Floats
    co2: Floats


def room(rng: np.random.Generator) -> Room:
    """A bathroom to a warehouse."""
    volume = float(np.exp(rng.uniform(np.log(25.0), np.log(3000.0))))
    height = float(np.clip(volume ** (1 / 3) * rng.uniform(0.5, 0.8), 2.2, 12.0))
    distance = float(rng.uniform(1.5, max(2.0, 0.9 * (volume / height) ** 0.5)))
    return Room(distance, height, volume, float(rng.uniform(0.3, 4.0)) / 3600.0, float(rng.normal(21.0, 6.0)))


def heat_release(seconds: Floats, start: float, rng: np.random.Generator) -> tuple[Floats, str]:
    """kW over time of a fire that starts at `start`: growing by t squared, smouldering first, or smouldering only."""
    burning = np.maximum(seconds - start, 0.0)
    kind = str(rng.choice(["slow", "medium", "fast", "ultra-fast", "smouldering"], p=[0.2, 0.3, 0.2, 0.1, 0.2]))
    most = float(np.exp(rng.uniform(np.log(50.0), np.log(3000.0))))
    if kind == "smouldering":
        smoulder = np.minimum(burning / rng.uniform(60.0, 900.0), 1.0) * rng.uniform(0.5, 6.0)
        flames = np.maximum(burning - rng.uniform(600.0, 3600.0), 0.0)
        return np.minimum(smoulder + GROWTH["slow"] * flames**2, most), kind
    return np.minimum(GROWTH[kind] * burning**2, most), kind


def ceiling_jet(kilowatts: Floats, height: float, radius: float) -> Floats:
    """Degrees above ambient under the ceiling at `radius` m from the plume (Alpert)."""
    if radius / height <= 0.18:
        return 16.9 * kilowatts ** (2 / 3) / height ** (5 / 3)
    return 5.38 * (kilowatts / radius) ** (2 / 3) / height


def fire(seconds: Floats, start: float, place: Room, rng: np.random.Generator) -> tuple[Happening, Floats, str]:
    """A fire, its kW, and how it grows. A fifth is hidden from the camera: only layer and gas tell of it."""
    kilowatts, kind = heat_release(seconds, start, rng)
    flaming = np.ones_like(seconds) if kind != "smouldering" else (kilowatts > 8.0).astype(float)
    diameter = np.sqrt(4.0 * kilowatts / _KW_PER_M2 / np.pi)
    flame = np.maximum(0.235 * kilowatts**0.4 - 1.02 * diameter, 0.0) * flaming
    radius = 0.5 * np.sqrt(np.maximum(diameter * np.maximum(flame, diameter), 1e-9)) / place.width
    hidden = rng.random() < 0.2
    x, y = rng.uniform(0.15, 0.85), rng.uniform(0.35, 0.8)
    ones = np.ones_like(seconds)
    degrees = np.where(flaming > 0.0, rng.uniform(450.0, 850.0), rng.uniform(180.0, 420.0))
    visible = np.where(kilowatts > 0.0, radius, 0.0) * (0.0 if hidden else 1.0)
    jet = np.minimum(ceiling_jet(kilowatts, place.height, rng.uniform(0.5, 4.0)), 500.0)
    layer = _lagged(jet * rng.uniform(0.3, 0.9), seconds, 20.0)
    return (
        Happening([Spot(x * ones, y * ones, visible, degrees, 0.6)], layer, kilowatts * _CO2_M3_PER_KJ),
        kilowatts,
        kind,
    )


def nuisance(kind: str, seconds: Floats, start: float, place: Room, rng: np.random.Generator) -> Happening:
    """One of NUISANCES, from `start` on, for some minutes, on and off as it is."""
    on = _on_off(seconds, start, kind, rng)
    ones, still = np.ones_like(seconds), np.zeros_like(seconds)
    x, y = rng.uniform(0.1, 0.9) * ones, rng.uniform(0.2, 0.9) * ones
    co2, layer = still.copy(), still.copy()
    size, degrees, flicker, lag = rng.uniform(0.02, 0.12), rng.uniform(55.0, 95.0), 0.0, 1.0
    if kind in {"heater", "gas heater"}:
        degrees, lag = rng.choice([rng.uniform(45.0, 90.0), rng.uniform(120.0, 350.0)]), rng.uniform(60.0, 400.0)
        layer = _lagged(on * rng.uniform(1.0, 8.0), seconds, 600.0)
        if kind == "gas heater":
            co2 = on * rng.uniform(1.0, 5.0) * _CO2_M3_PER_KJ
    elif kind == "sun":
        size, degrees, lag = rng.uniform(0.05, 0.25), rng.uniform(38.0, 62.0), rng.uniform(100.0, 900.0)
    elif kind in {"cooking", "gas cooking"}:
        size, degrees, lag, flicker = rng.uniform(0.02, 0.1), rng.uniform(90.0, 230.0), rng.uniform(60.0, 300.0), 0.05
        layer = _lagged(on * rng.uniform(0.0, 6.0), seconds, 300.0)
        if kind == "gas cooking":
            co2 = on * rng.uniform(1.0, 7.0) * _CO2_M3_PER_KJ
    elif kind == "welding":
        size, degrees, flicker = rng.uniform(0.003, 0.02), rng.uniform(400.0, 1500.0), 1.0
        co2 = on * rng.uniform(0.0, 1.0) * _CO2_M3_PER_KJ
    elif kind == "steam":
        size, degrees, flicker = rng.uniform(0.08, 0.3), rng.uniform(45.0, 80.0), 0.5
    elif kind == "people":
        x, y = _walk(x, rng), _walk(y, rng)
        size, degrees, flicker = rng.uniform(0.05, 0.2), rng.uniform(29.0, 36.0), 0.1
        co2 = on * rng.integers(1, 12) * 5e-6
    elif kind == "engine":
        x = _walk(x, rng)
        size, degrees, lag = rng.uniform(0.04, 0.15), rng.uniform(60.0, 130.0), 120.0
        co2 = on * rng.uniform(0.5, 8.0) * _CO2_M3_PER_KJ
    elif kind == "lighter":
        size, degrees, flicker = rng.uniform(0.003, 0.01), rng.uniform(300.0, 700.0), 0.6
    warm = _lagged(on, seconds, lag)
    return Happening(
        [Spot(x, y, size * (warm > 0.02), place.ambient + warm * (degrees - place.ambient), flicker)], layer, co2
    )


def carbon_dioxide(emitted: Floats, seconds: Floats, place: Room, rng: np.random.Generator) -> Floats:
    """ppm at the sensor: one mixed room, outdoor air of about 420 ppm, a sensor that lags a minute."""
    outdoor = rng.normal(425.0, 15.0)
    level = outdoor + rng.uniform(0.0, 500.0)
    ppm = np.empty_like(seconds)
    steps = np.diff(seconds, prepend=seconds[0])
    for number, (source, step) in enumerate(zip(emitted, steps, strict=True)):
        settled = outdoor + 1e6 * source / (place.volume * place.air)
        level = settled + (level - settled) * np.exp(-place.air * step)
        ppm[number] = level
    return _lagged(np.minimum(ppm, 40_000.0), seconds, rng.uniform(15.0, 60.0))


def _on_off(seconds: Floats, start: float, kind: str, rng: np.random.Generator) -> Floats:
    """1 while the cause acts: a burst of a lighter, minutes of welding, a heater that cycles."""
    length = {"lighter": rng.uniform(3.0, 20.0), "welding": rng.uniform(60.0, 900.0)}.get(
        kind, rng.uniform(300.0, 7200.0)
    )
    on = (seconds >= start) & (seconds < start + length)
    period = {"welding": rng.uniform(5.0, 60.0), "heater": rng.uniform(300.0, 1500.0)}.get(kind)
    if period:
        on &= ((seconds - start) % period) < rng.uniform(0.3, 0.8) * period
    if kind == "sun":
        clouds = np.cumsum(rng.normal(0.0, 0.15, len(seconds)))
        return on * np.clip(0.8 + 0.3 * np.sin(clouds), 0.0, 1.0)
    return on.astype(float)


def _walk(first: Floats, rng: np.random.Generator) -> Floats:
    return np.clip(first + np.cumsum(rng.normal(0.0, 0.05, len(first))), 0.0, 1.0)


def _lagged(signal: Floats, seconds: Floats, lag: float) -> Floats:
    """`signal` as something sees it that follows with a time constant of `lag` seconds."""
    seen = np.empty_like(signal)
    level, steps = float(signal[0]), np.diff(seconds, prepend=seconds[0])
    for number, (value, step) in enumerate(zip(signal, steps, strict=True)):
        level += (1.0 - np.exp(-step / lag)) * (value - level)
        seen[number] = level
    return seen
