"""The numbers of a picture: what `meterflow.picture` judges and `meterflow.fingerprint` recognises."""

from PIL import Image, ImageChops, ImageFilter

from meterflow.fingerprint import CROPS, SIDE
from meterflow.picture import BLOWN, MEASURED_SIDE, REBLUR, TILE, Measures, blur_radius, percentile

# A picture is smoothed before it is shrunk for good, so that a crop's greys fall between those of the whole.
_SMOOTHED_SIDE, _SMOOTHING = 128, 4


def measure(picture: Image.Image) -> Measures:
    """Light, glare and sharpness as `meterflow.picture` defines them."""
    grey = picture.convert("L")
    grey.thumbnail((MEASURED_SIDE, MEASURED_SIDE))
    tiles = (-(-grey.width // TILE), -(-grey.height // TILE))
    white = grey.point(lambda level: 255 * (level >= BLOWN))
    reblurred = grey.filter(ImageFilter.GaussianBlur(REBLUR))
    return Measures(
        width=grey.width,
        height=grey.height,
        kept_height=picture.height,
        bright=percentile(grey.histogram(), 0.95),
        blur=blur_radius(steepness(grey).histogram(), steepness(reblurred).histogram()),
        columns=tiles[0],
        # Lost is a tile in which 98 % and more are white: a single stroke of ink would leave less.
        lost="".join("1" if share >= 250 else "0" for share in white.resize(tiles, Image.Resampling.BOX).tobytes()),
        greys=grey.resize(tiles, Image.Resampling.BOX).tobytes().hex(),
    )


def steepness(grey: Image.Image) -> Image.Image:
    """How much each pixel differs from its left or upper neighbour, whichever is more."""
    width, height = grey.size
    here = grey.crop((1, 1, width, height))
    across = ImageChops.difference(here, grey.crop((0, 1, width - 1, height)))
    down = ImageChops.difference(here, grey.crop((1, 0, width, height - 1)))
    return ImageChops.lighter(across, down)


def crops(picture: Image.Image) -> list[bytes]:
    """The 32 x 32 greys of the picture and of its crops, as `meterflow.fingerprint` hashes them."""
    grey = picture.convert("L")
    found = []
    for left, top, right, bottom in CROPS:
        box = (grey.width * left, grey.height * top, grey.width * (1 - right), grey.height * (1 - bottom))
        smoothed = grey.resize((_SMOOTHED_SIDE, _SMOOTHED_SIDE), Image.Resampling.BOX, box).filter(
            ImageFilter.GaussianBlur(_SMOOTHING)
        )
        found.append(smoothed.resize((SIDE, SIDE), Image.Resampling.BOX).tobytes())
    return found
