"""The open reader behind the port: from the kept copy's bytes to the lattice that is stored with the photo."""

import io
from typing import Any

from PIL import Image

from meterflow.errors import NotConfigured
from meterflow.photo_reading import Calibration, Lattice, LatticePlace

# What the decoding says of the count of figures is said anew once the meter is known.
_ABOUT_THE_PLACE = ("cut_off",)


def lattice_of(content: bytes) -> Lattice | None:
    """What the reader sees of the register, or None where it finds none.

    Raises NotConfigured, saying what is missing, where the deployment has no libraries, weights or calibration, or
    other weights than were measured.
    """
    try:
        from open_reader import read
        from open_reader.weights import WeightsChanged
    except ImportError as error:
        raise NotConfigured(f"the open reader's libraries are not in this deployment: {error.name}") from error
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
        picture = opened.convert("RGB")
    try:
        calibration = Calibration.model_validate(read.calibration())
        seen = read.read(picture)
    except FileNotFoundError as error:
        raise NotConfigured(f"the open reader has no weights: {error.filename}") from error
    except (KeyError, WeightsChanged) as error:
        raise NotConfigured(f"the open reader's weights are not those that were measured: {error}") from error
    return None if seen is None else to_lattice(seen, picture.height, calibration)


def to_lattice(seen: Any, height: int, calibration: Calibration) -> Lattice:
    """The reader's answer in numbers that a table keeps: odds to four places, corners in photo heights."""
    return Lattice(
        places=tuple(
            LatticePlace(
                symbols=tuple(round(float(odds), 4) for odds in place.symbols),
                there=round(float(place.there), 4),
                decimal=round(float(place.decimal), 4),
            )
            for place in seen.places
        ),
        points=tuple(round(float(odds), 4) for odds in seen.points),
        corners=tuple((round(float(x) / height, 4), round(float(y) / height, 4)) for x, y in seen.corners),
        strip=round(float(seen.evidence.strip), 4),
        agreement=round(float(seen.evidence.agreement), 4),
        located=round(float(seen.evidence.located), 4),
        reasons=tuple(reason for reason in seen.reasons if reason in _ABOUT_THE_PLACE),
        calibration=calibration,
    )
