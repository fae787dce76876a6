"""Nothing on a laptop reports to anybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import paths

READ = """
import sys
from local.rekognition.engine import OcrEngine
import numpy
OcrEngine(threads=1).read(numpy.zeros((64, 64, 3), dtype=numpy.uint8))
"""


@pytest.mark.ocr
def test_the_ocr_engine_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")}
    environment |= {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", READ], cwd=paths.ROOT, env=environment, check=True)
    assert [str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*")] == []
