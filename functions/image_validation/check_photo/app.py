"""CheckPhoto: refuse files that are no photo of ours, keep a clean copy of the others, and measure the picture.

The copy holds the pixels alone: EXIF with its place and phone, colour profiles, comments and thumbnails stay behind.
"""

import io
import struct
import warnings
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from PIL import Image, ImageFilter, ImageOps, ImageStat

from meterflow import photo
from meterflow.adapters import photos
from meterflow.contracts.image_validation import CheckPhotoInput, CheckPhotoResult
from meterflow.observability import step
from meterflow.photo import Fault, Measures

MEASURED_SIDE = 1024
# What Pillow raises on files that are not what they claim to be.
BROKEN = (OSError, SyntaxError, ValueError, struct.error, EOFError, IndexError, KeyError, TypeError)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)

Image.MAX_IMAGE_PIXELS = photo.MAX_PIXELS


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """What is wrong with the file is data: no retry makes a photo out of it."""
    request = CheckPhotoInput.model_validate(event)
    version = request.version or photos.newest_version(request.photo_key)
    content = photos.get_upload(request.photo_key, version) if version else None
    if version is None or content is None:
        return unusable(Fault.PHOTO_MISSING)
    kind = photo.content_type_of(content)
    if kind is None:
        return unusable(Fault.WRONG_TYPE if content else Fault.CORRUPT)
    picture = Fault.TOO_LARGE if len(content) > photo.MAX_BYTES else decode(content)
    if isinstance(picture, Fault):
        return unusable(picture)
    kept_key = photo.kept_key(request.photo_key, version, kind)
    photos.put_kept(kept_key, encode(picture, kind), kind)
    return CheckPhotoResult(
        outcome="USABLE",
        kept_key=kept_key,
        aspect=round(picture.width / picture.height, 4),
        reasons=photo.soft_faults(measure(picture)),
    ).payload()


def unusable(fault: Fault) -> dict[str, Any]:
    """Nothing is kept and nothing is read."""
    return CheckPhotoResult(outcome="UNUSABLE", reasons=(fault.value,)).payload()


def decode(content: bytes) -> Image.Image | Fault:
    """The upright picture in plain RGB, without a byte of the file's other contents; or why there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # Pillow warns of oddities in EXIF and the like; the copy has none of them.
        warnings.filterwarnings("ignore", module="PIL", category=UserWarning)
        try:
            # The list of formats keeps a file from choosing one of Pillow's rarer decoders.
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
                if fault := photo.fault_of_size(opened.width, opened.height):
                    return fault
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                clean = flatten(upright)
        except BOMBS:
            return Fault.TOO_LARGE
        except BROKEN:
            return Fault.CORRUPT
    clean.thumbnail((photo.MAX_KEPT_SIDE, photo.MAX_KEPT_SIDE), Image.Resampling.LANCZOS)
    # A strip so long that its short side is lost in shrinking is no photo of a meter.
    return photo.fault_of_size(clean.width, clean.height) or clean


def flatten(picture: Image.Image) -> Image.Image:
    """A new RGB picture: transparent parts on white, 16 bits scaled down, nothing taken along but pixels."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level / 256).convert("L")
    clean = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        clean.paste(layer, mask=layer.getchannel("A"))
    else:
        clean.paste(picture.convert("RGB"))
    return clean


def encode(picture: Image.Image, content_type: str) -> bytes:
    """The file to keep, shrunk until Rekognition takes its size: noise in a PNG can weigh more than the upload."""
    while True:
        file = io.BytesIO()
        if content_type == "image/png":
            picture.save(file, "PNG")
        else:
            picture.save(file, "JPEG", quality=92)
        if file.tell() <= photo.MAX_BYTES:
            return file.getvalue()
        picture = picture.reduce(2)


def measure(picture: Image.Image) -> Measures:
    """Brightness, contrast, sharpness and glare as `meterflow.photo` defines them."""
    grey = picture.convert("L")
    grey.thumbnail((MEASURED_SIDE, MEASURED_SIDE))
    edges = grey.filter(LAPLACIAN).crop((1, 1, grey.width - 1, grey.height - 1))
    levels, histogram = ImageStat.Stat(grey), grey.histogram()
    return Measures(
        brightness=levels.mean[0],
        contrast=levels.stddev[0],
        sharpness=ImageStat.Stat(edges).var[0],
        glare=sum(histogram[250:]) / sum(histogram),
    )
