"""The open reader as it is deployed, for training's own use: found beside its function."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
for folder in (ROOT / "functions/image_validation/read_photo", ROOT / "layers/meterflow"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from open_reader import read as reading  # noqa: E402
from open_reader.locate import locate  # noqa: E402
from open_reader.straighten import Sheet  # noqa: E402

from meterflow import point  # noqa: E402

__all__ = ["Sheet", "locate", "point", "reading"]
