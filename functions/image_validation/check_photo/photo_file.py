"""The file: what is decoded of an upload, when its camera says it was taken, and how the clean copy is written."""

import io
import re
import struct
import warnings

from PIL import Image, ImageOps

from meterflow import photo
from meterflow.photo import Fault

# What Pillow raises on files that are not what they claim to be.
BROKEN = (OSError, SyntaxError, ValueError, struct.error, EOFError, IndexError, KeyError, TypeError)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
FORMATS = ("JPEG", "PNG")
# EXIF 2.32: the folder of the camera's own tags, the time of the exposure and its offset from UTC.
EXIF_FOLDER, TAKEN_AT, TAKEN_OFFSET = 0x8769, 0x9003, 0x9011
_EXIF_TIME = re.compile(r"([0-9]{4}):([0-9]{2}):([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})")
_EXIF_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}")

Image.MAX_IMAGE_PIXELS = photo.MAX_PIXELS


def decode(content: bytes) -> Image.Image | Fault:
    """The upright picture in plain RGB, without a byte of the file's other contents; or why there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # Pillow warns of oddities in EXIF and the like; the copy has none of them.
        warnings.filterwarnings("ignore", module="PIL", category=UserWarning)
        try:
            # The list of formats keeps a file from choosing one of Pillow's rarer decoders.
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
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


def photographed_at(content: bytes) -> str | None:
    """The camera's time of a file that was decoded: `2026-11-20T08:00:00`, with its offset where it says one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                tags = opened.getexif().get_ifd(EXIF_FOLDER)
        except (*BROKEN, *BOMBS):
            return None
    time = _EXIF_TIME.fullmatch(str(tags.get(TAKEN_AT, "")).strip("\x00 "))
    if time is None:
        return None
    offset = str(tags.get(TAKEN_OFFSET, "")).strip("\x00 ")
    year, month, day, clock = time.groups()
    return f"{year}-{month}-{day}T{clock}{offset if _EXIF_OFFSET.fullmatch(offset) else ''}"


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
    """The file to keep, shrunk until Rekognition takes its size: noise in a PNG can weigh more than the upload.

    The same picture gives the same bytes, so their SHA-256 finds it again whatever the upload's EXIF said.
    """
    while True:
        file = io.BytesIO()
        if content_type == "image/png":
            picture.save(file, "PNG")
        else:
            picture.save(file, "JPEG", quality=92)
        if file.tell() <= photo.MAX_BYTES:
            return file.getvalue()
        picture = picture.reduce(2)
