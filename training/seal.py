"""Note the checksums of what ships: `python -m training.seal`. The reader refuses files that differ from them."""

import hashlib
from pathlib import Path

WEIGHTS = Path(__file__).parents[1] / "functions/image_validation/read_photo/open_reader/weights"


def seal(folder: Path = WEIGHTS) -> None:
    """Write SHA256SUMS for every network and the calibration."""
    shipped = sorted([*folder.glob("*.onnx"), *folder.glob("*.json")])
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in shipped]
    (folder / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    seal()
