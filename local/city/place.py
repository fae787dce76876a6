"""Where the city's homes stand: invented streets inside the built-up area of Alicante, Spain."""

import math
from dataclasses import dataclass
from random import Random

# Corners of the inhabited districts (Benalúa, Centro, Carolinas, Pla, Garbinet, Virgen del Remedio, Los Ángeles,
# San Blas), in degrees, drawn some 300 m inland of harbour and beach so that no home stands in the sea.
OUTLINE: tuple[tuple[float, float], ...] = (
    (38.3375, -0.4955),
    (38.3402, -0.4912),
    (38.3440, -0.4870),
    (38.3472, -0.4828),
    (38.3530, -0.4790),
    (38.3590, -0.4720),
    (38.3660, -0.4685),
    (38.3738, -0.4800),
    (38.3718, -0.4960),
    (38.3610, -0.5040),
    (38.3480, -0.5080),
    (38.3405, -0.5040),
)
# The two directions of the grid of the city's extensions, in degrees clockwise from north.
BEARINGS = (38.0, 128.0)
METRES_A_DEGREE = 111_320.0
HOUSE_SPACING = 24.0
POSTCODES = ("03001", "03003", "03004", "03005", "03007", "03010", "03012", "03013", "03015")
STREET_NAMES = (
    "Calle del Almendro Viejo",
    "Calle de los Alfareros",
    "Calle del Aljibe",
    "Calle de las Acequias",
    "Calle del Azahar",
    "Calle de la Barraca",
    "Calle del Boticario Ferrán",
    "Calle de los Canteros",
    "Calle del Capitán Roig",
    "Calle de las Caracolas",
    "Calle del Cordelero",
    "Calle de la Escollera",
    "Calle del Farolero",
    "Calle de las Gaviotas",
    "Calle del Granado",
    "Calle de la Higuera",
    "Calle de los Hiladores",
    "Calle del Hinojo",
    "Calle de la Lonja Nueva",
    "Calle del Maestro Pastor",
    "Calle de los Marineros",
    "Calle del Molino Alto",
    "Calle de la Noria",
    "Calle del Olivar",
    "Calle de las Palmeras",
    "Calle del Pescador Ivars",
    "Calle de la Pinada",
    "Calle de los Salineros",
    "Calle del Tomillo",
    "Calle de la Turronera",
)


@dataclass(frozen=True)
class Home:
    """A home: degrees to six places, and an address that does not exist."""

    lat: float
    lon: float
    address: str


def homes(count: int) -> list[Home]:
    """`count` homes, always the same, a few on every street."""
    each = math.ceil(count / len(STREET_NAMES))
    streets = [_street(name, each) for name in STREET_NAMES]
    return [streets[number % len(streets)][number // len(streets)] for number in range(count)]


def inside(lat: float, lon: float, outline: tuple[tuple[float, float], ...] = OUTLINE) -> bool:
    """Whether a point lies inside `outline` (ray casting; the city is small enough to be flat)."""
    found = False
    for (lat_a, lon_a), (lat_b, lon_b) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if (lat_a > lat) != (lat_b > lat) and lon < lon_a + (lat - lat_a) * (lon_b - lon_a) / (lat_b - lat_a):
            found = not found
    return found


def moved(lat: float, lon: float, metres: float, bearing: float) -> tuple[float, float]:
    """The point `metres` away at `bearing` (degrees clockwise from north), to six places."""
    north = metres * math.cos(math.radians(bearing)) / METRES_A_DEGREE
    east = metres * math.sin(math.radians(bearing)) / (METRES_A_DEGREE * math.cos(math.radians(lat)))
    return round(lat + north, 6), round(lon + east, 6)


def _street(name: str, count: int) -> list[Home]:
    """`count` homes in a row, drawn again until the whole row is inside the outline."""
    random = Random(f"city street {name}")
    south, north = min(lat for lat, _ in OUTLINE), max(lat for lat, _ in OUTLINE)
    west, east = min(lon for _, lon in OUTLINE), max(lon for _, lon in OUTLINE)
    while True:
        lat, lon = random.uniform(south, north), random.uniform(west, east)
        bearing, first, postcode = random.choice(BEARINGS), random.randrange(1, 60), random.choice(POSTCODES)
        points = [moved(lat, lon, HOUSE_SPACING * number, bearing) for number in range(count)]
        if all(inside(*point) for point in points):
            return [
                Home(*point, f"{name} {first + 2 * number}, {postcode} Alicante") for number, point in enumerate(points)
            ]
