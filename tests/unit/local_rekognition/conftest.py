"""A stand-in on a free loopback port, asked through a real boto3 client."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from PIL import Image, ImageDraw, ImageFont

from local.rekognition.engine import OcrEngine
from local.rekognition.pool import ReaderPool
from local.rekognition.rate import TokenBucket
from local.rekognition.s3 import S3Object
from local.rekognition.server import RekognitionServer
from local.rekognition.service import Service
from tests.unit.local_rekognition.support import FakeReader, ImageFile, Serve, line, no_object, word


@contextmanager
def _serving(pool: ReaderPool, fetch: Callable[[S3Object], bytes] = no_object, per_second: float = 0) -> Iterator[Any]:
    server = RekognitionServer(("127.0.0.1", 0), Service(pool, fetch), TokenBucket(per_second))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    client = boto3.client(
        "rekognition",
        endpoint_url=server.url,
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=55),
    )
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()
        pool.__exit__(None, None, None)


@pytest.fixture
def serve() -> Serve:
    """Serves given readers (`serve(FakeReader(...))`); gives a client."""

    def start(*readers: Any, most_waiting: int = 8, patience: float = 50, **options: Any) -> Any:
        pool = ReaderPool(readers or (FakeReader(),), most_waiting, patience)
        return _serving(pool, **options)

    return start


@pytest.fixture
def client(serve: Serve) -> Iterator[Any]:
    """A client of a server that sees one line, `Serial 4711`, on a photo of 400 x 200."""
    seen = line(word("Serial", 99.0, 40, 60, 120, 40), word("4711", 70.0, 180, 60, 80, 40))
    with serve(FakeReader(seen)) as started:
        yield started


@pytest.fixture(scope="session")
def ocr_engine() -> OcrEngine:
    return OcrEngine(threads=1)


@pytest.fixture
def ocr_client(ocr_engine: OcrEngine, serve: Serve) -> Iterator[Any]:
    """A client of a server with the real engine."""
    with serve(ocr_engine) as started:
        yield started


@pytest.fixture
def image_file() -> ImageFile:
    """Renders text in the middle of a light page, as a file."""

    def render(
        text: str = "", kind: str = "PNG", size: tuple[int, int] = (400, 200), turn: float = 0, **options: Any
    ) -> bytes:
        page = Image.new("RGB", size, (235, 235, 228))
        if text:
            font = ImageFont.load_default(48)
            middle = (size[0] // 2, size[1] // 2)
            ImageDraw.Draw(page).text(middle, text, (20, 20, 30), font, anchor="mm")
        if turn:
            page = page.rotate(turn, expand=True, fillcolor=(235, 235, 228), resample=Image.Resampling.BICUBIC)
        file = io.BytesIO()
        page.save(file, kind, **options)
        return file.getvalue()

    return render
