"""Render scenes to a folder: `python -m training.faces.render --count 8000 --out /tmp/faces`.

Each scene is a JPEG of 640 px and a line in scenes.jsonl (corners in reading order, reading, half-turned places).
The seed of a scene is its number: the same machine renders the same scenes. Fonts: training/README.md.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from training.faces.scene import scene


def main() -> None:
    """Goes on where an earlier run ended: a number that has its line is not rendered again."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=8000)
    arguments.add_argument("--first", type=int, default=0)
    arguments.add_argument("--out", type=Path, required=True)
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    lines = options.out / "scenes.jsonl"
    done = {json.loads(line)["number"] for line in lines.read_text().splitlines()} if lines.exists() else set()
    with lines.open("a") as file:
        for number in range(options.first, options.first + options.count):
            if number in done:
                continue
            made = scene(np.random.default_rng(number))
            cv2.imwrite(str(options.out / f"{number:06d}.jpg"), made.picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
            corners = None if made.corners is None else np.round(made.corners, 2).tolist()
            record = {
                "number": number,
                "corners": corners,
                "reading": made.reading,
                "half_turned": made.half_turned,
                "kind": made.kind,
            }
            file.write(json.dumps(record) + "\n")
            file.flush()


if __name__ == "__main__":
    main()
