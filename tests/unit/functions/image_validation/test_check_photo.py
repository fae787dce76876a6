"""CheckPhoto: hostile files are refused, good ones lose everything but their pixels."""

import io
import zlib
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from PIL import Image, ImageFilter, PngImagePlugin

from meterflow import photo
from meterflow.photo import Fault

Load = Callable[[str, str], Any]
Upload = Callable[..., str]
KEY = "uploads/00000000-0000-4000-8000-000000000001/4f5b.jpg"


def picture(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A bright picture with sharp edges."""
    drawn = Image.new("RGB", size, "#c8c8c0")
    for at in range(0, size[0], 16):
        drawn.paste("#203040", (at, 0, at + 8, size[1]))
    return drawn


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def check(load_handler: Load, lambda_context: Any, upload: Upload) -> Callable[..., dict[str, Any]]:
    app = load_handler("image_validation", "check_photo")

    def call(content: bytes, key: str = KEY) -> dict[str, Any]:
        version = upload(content, key)
        answer: dict[str, Any] = app.handler({"photo_key": key, "version": version}, lambda_context)
        return answer

    return call


def kept(key: str) -> tuple[bytes, str]:
    answer = boto3.client("s3").get_object(Bucket="meterflow-photos", Key=key)
    return answer["Body"].read(), answer["ContentType"]


def kept_keys() -> list[str]:
    answer = boto3.client("s3").list_objects_v2(Bucket="meterflow-photos")
    return [item["Key"] for item in answer.get("Contents", [])]


def png_of(width: int, height: int) -> bytes:
    """A PNG of one colour, made without unpacking it: 100 megapixels weigh 12 KB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_photo_is_kept_as_a_clean_copy(check: Callable[..., Any]) -> None:
    answer = check(encoded(picture()))
    assert answer["outcome"] == "USABLE"
    assert answer["reasons"] == []
    assert answer["aspect"] == pytest.approx(4 / 3, abs=0.001)
    content, kind = kept(answer["kept_key"])
    assert kind == "image/jpeg"
    assert Image.open(io.BytesIO(content)).size == (640, 480)


def test_checking_again_keeps_the_same_copy(load_handler: Load, lambda_context: Any, upload: Upload) -> None:
    app = load_handler("image_validation", "check_photo")
    event = {"photo_key": KEY, "version": upload(encoded(picture()))}
    assert app.handler(event, lambda_context) == app.handler(event, lambda_context)
    assert len(kept_keys()) == 1


def test_a_png_stays_a_png(check: Callable[..., Any]) -> None:
    answer = check(encoded(picture(), "PNG"), KEY.replace(".jpg", ".PNG"))
    content, kind = kept(answer["kept_key"])
    assert (kind, content[:4]) == ("image/png", b"\x89PNG")
    assert answer["kept_key"].endswith(".png")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_place_and_phone_are_gone_from_the_copy(check: Callable[..., Any], kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CanaryPhone"
    exif[0x9286] = "CanaryComment"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    options: dict[str, Any] = {"exif": exif, "icc_profile": b"CanaryProfile" * 20}
    if kind == "PNG":
        options["pnginfo"] = info = PngImagePlugin.PngInfo()
        info.add_text("Author", "CanaryName")
    else:
        options["comment"] = b"CanaryName"
    source = encoded(picture(), kind, **options)
    assert b"Canary" in source
    content, _ = kept(check(source)["kept_key"])
    assert b"Canary" not in content
    assert b"Exif" not in content
    assert not dict(Image.open(io.BytesIO(content)).getexif())


def test_the_copy_stands_upright(check: Callable[..., Any]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    answer = check(encoded(picture((640, 480)), exif=exif))
    assert answer["aspect"] == pytest.approx(480 / 640, abs=0.001)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("CMYK", (200, 200), (10, 200, 30, 0)),
        Image.new("L", (200, 200), 128),
    ],
    ids=["cmyk", "grey"],
)
def test_other_colour_modes_of_jpeg(check: Callable[..., Any], image: Image.Image) -> None:
    assert check(encoded(image))["outcome"] == "USABLE"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_other_colour_modes_of_png(check: Callable[..., Any], mode: str) -> None:
    source = Image.new("I;16", (200, 200), 40_000) if mode == "I;16" else picture((200, 200)).convert(mode)
    answer = check(encoded(source, "PNG"))
    copy = Image.open(io.BytesIO(kept(answer["kept_key"])[0]))
    assert copy.mode == "RGB"
    if mode == "I;16":
        assert copy.getpixel((5, 5)) == (156, 156, 156)


def test_transparent_parts_are_white(check: Callable[..., Any]) -> None:
    answer = check(encoded(Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "PNG"))
    assert Image.open(io.BytesIO(kept(answer["kept_key"])[0])).getpixel((9, 9)) == (255, 255, 255)


JPEG = encoded(picture())
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "corrupt"),
        (JPEG[:300], "corrupt"),
        (JPEG[: len(JPEG) // 2], "corrupt"),
        (b"\xff\xd8\xff" + b"\x00" * 500, "corrupt"),
        (encoded(picture(), "PNG")[:400], "corrupt"),
        (encoded(picture(), "GIF"), "wrong_type"),
        (encoded(picture(), "WEBP"), "wrong_type"),
        (encoded(picture(), "TIFF"), "wrong_type"),
        (SVG, "wrong_type"),
        (b"just a text", "wrong_type"),
        (b"%PDF-1.7", "wrong_type"),
        (encoded(picture((79, 200))), "too_small"),
        (encoded(picture((1, 1)), "PNG"), "too_small"),
        (b"\xff\xd8\xff" + b"\x00" * (15 * 1024 * 1024), "too_large"),
        (encoded(Image.new("1", (9000, 100)), "PNG"), "too_small"),
    ],
    ids=lambda part: part if isinstance(part, str) else f"{len(part)} bytes",
)
def test_bad_files_are_refused_and_nothing_is_kept(check: Callable[..., Any], content: bytes, fault: str) -> None:
    assert check(content) == {"outcome": "UNUSABLE", "kept_key": None, "aspect": None, "reasons": [fault]}
    assert kept_keys() == []


@pytest.mark.parametrize("side", [5001, 10_000, 20_000])
def test_a_bomb_is_refused_before_it_is_unpacked(
    check: Callable[..., Any], side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = png_of(side, side)
    assert len(bomb) < 60_000
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda _self: pytest.fail("the bomb was unpacked"))
    assert check(bomb)["reasons"] == ["too_large"]


def test_the_largest_photo_is_taken_and_shrunk(check: Callable[..., Any]) -> None:
    answer = check(png_of(5000, 5000))
    assert answer["outcome"] == "USABLE"
    assert Image.open(io.BytesIO(kept(answer["kept_key"])[0])).size == (4096, 4096)


def test_a_copy_that_would_be_too_heavy_is_shrunk(load_handler: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    app = load_handler("image_validation", "check_photo")
    monkeypatch.setattr(photo, "MAX_BYTES", 100_000)
    noise = Image.effect_noise((800, 600), 200).convert("RGB")
    content = app.encode(noise, "image/png")
    assert len(content) <= 100_000
    assert Image.open(io.BytesIO(content)).size == (200, 150)


@pytest.mark.parametrize(
    ("image", "faults"),
    [
        (picture().point(lambda level: level // 9), ["dark"]),
        (Image.new("RGB", (640, 480), "white"), ["glare", "blurred"]),
        (picture().filter(ImageFilter.GaussianBlur(12)), ["blurred"]),
    ],
    ids=["dark", "glare", "blurred"],
)
def test_soft_faults_go_along(check: Callable[..., Any], image: Image.Image, faults: list[str]) -> None:
    answer = check(encoded(image))
    assert (answer["outcome"], answer["reasons"]) == ("USABLE", faults)


def test_a_version_that_is_gone_is_missing(load_handler: Load, lambda_context: Any, upload: Upload) -> None:
    app = load_handler("image_validation", "check_photo")
    version = upload(JPEG)
    boto3.client("s3").delete_object(Bucket="meterflow-uploads", Key=KEY, VersionId=version)
    answer = app.handler({"photo_key": KEY, "version": version}, lambda_context)
    assert (answer["outcome"], answer["reasons"]) == ("UNUSABLE", ["photo_missing"])


def test_without_a_version_the_newest_counts(load_handler: Load, lambda_context: Any, upload: Upload) -> None:
    app = load_handler("image_validation", "check_photo")
    upload(JPEG)
    upload(b"later")
    assert app.handler({"photo_key": KEY}, lambda_context)["reasons"] == ["wrong_type"]


def test_broken_bytes_never_crash(load_handler: Load) -> None:
    app = load_handler("image_validation", "check_photo")
    for whole in (JPEG, encoded(picture((200, 200)), "PNG")):
        for at in range(8, len(whole), max(1, len(whole) // 100)):
            found = app.decode(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
            assert isinstance(found, Image.Image | Fault)
