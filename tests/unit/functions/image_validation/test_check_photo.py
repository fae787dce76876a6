"""CheckPhoto: hostile files are refused, good ones lose everything but their pixels."""

import csv
import importlib
import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter, PngImagePlugin

from meterflow import clock, photo
from meterflow.adapters import validation_results
from meterflow.fingerprint import bands, fingerprint
from meterflow.photo import Fault
from meterflow.photo_reuse import Use, reused_from
from meterflow.picture import faults as picture_faults
from meterflow.picture import faults_at, glare

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
    assert check(content) == {
        "outcome": "UNUSABLE",
        "kept_key": None,
        "aspect": None,
        "content_hash": None,
        "reasons": [fault],
    }
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
        (picture().filter(ImageFilter.GaussianBlur(2)), []),
    ],
    ids=["dark", "glare", "blurred", "soft"],
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


def row_of(load_handler: Load, lambda_context: Any, upload: Upload, content: bytes) -> Any:
    """The photo's row after it was checked for an execution."""
    app = load_handler("image_validation", "check_photo")
    version = upload(content)
    photo_id = f"photo#{KEY}@{version}"
    validation_results.claim_photo(photo_id, "one", clock.now())
    answer = app.handler({"photo_key": KEY, "version": version, "photo_id": photo_id, "holder": "one"}, lambda_context)
    row = validation_results.photo(photo_id)
    assert row is not None
    assert row.fingerprint is not None
    assert answer["content_hash"] == row.fingerprint.content
    assert "measures" not in answer
    assert "greys" not in answer
    return row


def test_the_same_pixels_have_the_same_content_whatever_came_along(
    load_handler: Load, lambda_context: Any, upload: Upload
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CanaryPhone"
    plain = row_of(load_handler, lambda_context, upload, JPEG)
    tagged = row_of(load_handler, lambda_context, upload, encoded(picture(), exif=exif))
    other = row_of(load_handler, lambda_context, upload, encoded(picture().rotate(90)))
    assert plain.fingerprint == tagged.fingerprint
    assert plain.fingerprint.content != other.fingerprint.content


@pytest.mark.parametrize(
    ("tags", "taken"),
    [
        ({0x9003: "2026:11:20 08:00:00"}, "2026-11-20T08:00:00"),
        ({0x9003: "2026:11:20 08:00:00", 0x9011: "+01:00"}, "2026-11-20T08:00:00+01:00"),
        ({0x9003: "2026:11:20 08:00:00", 0x9011: "Berlin"}, "2026-11-20T08:00:00"),
        ({0x9003: "0000:00:00 00:00:00"}, "0000-00-00T00:00:00"),
        ({0x9003: "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_cameras_time_is_kept_and_nothing_else(
    load_handler: Load, lambda_context: Any, upload: Upload, tags: dict[int, str], taken: str | None
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(tags)
    assert row_of(load_handler, lambda_context, upload, encoded(picture(), exif=exif)).photographed_at == taken


def test_who_lost_the_claim_keeps_no_measures(load_handler: Load, lambda_context: Any, upload: Upload) -> None:
    app = load_handler("image_validation", "check_photo")
    version = upload(JPEG)
    photo_id = f"photo#{KEY}@{version}"
    validation_results.claim_photo(photo_id, "another", clock.now())
    app.handler({"photo_key": KEY, "version": version, "photo_id": photo_id, "holder": "one"}, lambda_context)
    row = validation_results.photo(photo_id)
    assert row is not None
    assert row.measures is None


# --- the faults' scores grow with the degradation ---------------------------------------------------------------


def scene(seed: int) -> Image.Image:
    """A face with a register: figures, a dial and print on a wall, with some grain."""
    from local.city import photo as city

    return Image.open(
        io.BytesIO(city.render(f"{seed % 100000:05d}.{seed % 1000:03d}", f"AL-{seed}", seed=seed))
    ).convert("RGB")


@pytest.fixture(scope="module")
def pixels() -> Any:
    folder = Path(__file__).parents[4] / "functions/image_validation/check_photo"
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return importlib.import_module("pixels")


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 99_999), st.floats(0.5, 5.0), st.floats(1.2, 3.0))
def test_more_blur_is_measured_as_more_blur(pixels: Any, seed: int, radius: float, factor: float) -> None:
    image = scene(seed)
    less = pixels.measure(image.filter(ImageFilter.GaussianBlur(radius))).blur
    more = pixels.measure(image.filter(ImageFilter.GaussianBlur(radius * factor))).blur
    assert pixels.measure(image).blur <= less + 0.1
    assert less < more
    # The number is the radius itself, in pixels of the measured picture (1200 are shrunk to 1024).
    assert less == pytest.approx(radius * 1024 / 1200, rel=0.45, abs=0.9)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 99_999), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_less_light_is_measured_as_darker(pixels: Any, seed: int, light: float, part: float) -> None:
    image = scene(seed)
    dim, dark = light, light * part
    found = [pixels.measure(image.point(lambda level, k=share: level * k)).bright for share in (1.0, dim, dark)]
    assert found == sorted(found, reverse=True)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 99_999), st.floats(0.1, 0.5), st.floats(1.1, 2.0))
def test_a_larger_flash_is_more_glare(pixels: Any, seed: int, share: float, factor: float) -> None:
    image = scene(seed)
    found = []
    for size in (0.0, share, share * factor):
        flashed = image.copy()
        wide, high = int(image.width * size), int(image.height * size)
        flashed.paste("white", (600 - wide // 2, 450 - high // 2, 600 + wide // 2, 450 + high // 2))
        found.append(glare(pixels.measure(flashed)))
    assert found == sorted(found)
    assert found[0] < found[2]


def test_the_register_of_a_good_photo_has_no_fault_and_that_of_a_bad_one_has(pixels: Any) -> None:
    """The register of the rendered photos: 640 of 1200 pixels wide, 120 of 900 high, in the middle."""
    corners = ((0.28, 0.43), (0.97, 0.43), (0.97, 0.57), (0.28, 0.57))
    good = scene(7)
    assert faults_at(pixels.measure(good), corners) == ()
    assert faults_at(pixels.measure(good.filter(ImageFilter.GaussianBlur(4))), corners) == ()
    spoiled = {
        Fault.BLURRED: good.filter(ImageFilter.GaussianBlur(30)),
        Fault.DARK: good.point(lambda level: level // 8),
        Fault.TOO_SMALL: good.resize((80, 60)),
    }
    for fault, image in spoiled.items():
        assert fault in faults_at(pixels.measure(image), corners), fault
    flashed = good.copy()
    flashed.paste("white", (300, 350, 700, 550))
    assert faults_at(pixels.measure(flashed), corners) == (Fault.GLARE,)
    assert picture_faults(pixels.measure(flashed)) == ()


# --- real photos ------------------------------------------------------------------------------------------------

PHOTOS = Path(__file__).parents[5] / "shared/data/meter-photos"
on_photos = pytest.mark.skipif(not PHOTOS.exists(), reason="no development photos here")


def photos() -> list[tuple[dict[str, str], Image.Image]]:
    with (PHOTOS / "labels.csv").open() as rows:
        return [(row, Image.open(PHOTOS / "images" / row["file"]).convert("RGB")) for row in csv.DictReader(rows)]


@on_photos
def test_no_readable_photo_has_a_fault_and_those_to_be_refused_have(pixels: Any) -> None:
    found = {row["file"]: (row, picture_faults(pixels.measure(image))) for row, image in photos()}
    assert len(found) == 34
    faulty = {name: faults for name, (row, faults) in found.items() if faults and row["status"] in ("ok", "doubtful")}
    assert faulty == {}
    assert Fault.GLARE in found["gasmq_04.jpg"][1]
    assert Fault.DARK in found["gasmq_05.jpg"][1]


@on_photos
def test_a_photo_is_found_again_in_another_form(pixels: Any) -> None:
    """Of the development photos with contrast (33 of 34): re-encoded, smaller and cropped by 3 % a side."""
    forms: dict[str, Callable[[Image.Image], Image.Image]] = {
        "quality 30": lambda image: Image.open(io.BytesIO(encoded(image, quality=30))),
        "a third": lambda image: image.resize((image.width // 3, image.height // 3)),
        "cropped": lambda image: image.crop(
            (image.width * 3 // 100, image.height // 50, image.width, image.height * 97 // 100)
        ),
    }
    originals = []
    for row, image in photos():
        image.thumbnail((1400, 1400))
        originals.append((row["file"], image, fingerprint(row["file"].encode(), pixels.crops(image))))
    known = [
        (Use(submission_id=name, meter_id=name, value="1", taken_at="2026-11-20T08:00:00Z", photo_id=name), mark)
        for name, _, mark in originals
        if mark.hashes
    ]
    assert len(known) == 33
    for form, change in forms.items():
        right = wrong = 0
        for name, image, mark in originals[::3]:
            if not mark.hashes:
                continue
            seen = fingerprint(b"again", pixels.crops(change(image)))
            shared = {band for one in seen.hashes for band in bands(one)}
            near = [one for one in known if shared & {band for h in one[1].hashes for band in bands(h)}]
            mine = Use(submission_id="x", meter_id="x", value="2", taken_at="2026-11-20T08:00:00Z", photo_id="x")
            found = reused_from(mine, seen, near)
            right += found is not None and found[0].meter_id == name
            wrong += found is not None and found[0].meter_id != name
        print(form, "found", right, "wrong", wrong)
        assert wrong == 0
        assert right >= 11, form


@on_photos
def test_a_camera_on_a_bracket_is_not_accused(pixels: Any) -> None:
    """The gas meter's camera took four photos on four days; nothing was read on them, so only the greys can tell."""
    marks = {}
    for row, image in photos():
        if row["file"].startswith("gasmq_0") and row["status"] == "ok":
            marks[row["file"]] = fingerprint(row["file"].encode(), pixels.crops(image))
    assert len(marks) == 4
    uses = {
        name: Use(submission_id=name, meter_id="g", value=str(n), taken_at="2026-11-20T08:00:00Z", photo_id=name)
        for n, name in enumerate(marks)
    }
    for name, mark in marks.items():
        others = [(uses[other], marks[other]) for other in marks if other != name]
        assert reused_from(uses[name], mark, others) is None, name
