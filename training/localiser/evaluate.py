"""How often the register is found: `python -m training.localiser.evaluate --half a`.

A row counts as found where it covers the marked corners (marks.json, by eye) with an intersection over union of 0.5 or
more and reads within 30 degrees of the mark. "Either way up" also takes the opposite direction: the recogniser looks at
every place both ways. `first` is the best place, `any` the best of all that are returned.
`--rendered 200` measures on fresh rendered photos instead (seeds that training never uses).
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "functions/image_validation/read_photo"))

from open_reader.locate import Found, locate  # noqa: E402

UNSEEN = 9_000_000


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two convex quadrangles."""
    shared, _ = cv2.intersectConvexConvex(np.float32(one), np.float32(other))
    both = cv2.contourArea(np.float32(one)) + cv2.contourArea(np.float32(other)) - shared
    return float(shared / both) if both > 0 else 0.0


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Degrees between the ways two rows read."""
    angles = [np.arctan2(*(corners[1] + corners[2] - corners[0] - corners[3])[::-1]) for corners in (one, other)]
    return float(np.degrees(abs((angles[0] - angles[1] + np.pi) % (2 * np.pi) - np.pi)))


def real(folder: Path, half: str) -> Iterator[tuple[str, Image.Image, np.ndarray | None]]:
    """The development photos: half a = even rows of labels.csv (counted from 0), b = odd rows."""
    marks = json.loads((Path(__file__).parent / "marks.json").read_text())
    with (folder / "labels.csv").open() as file:
        for at, line in enumerate(csv.DictReader(file)):
            if half in ("all", "ab"[at % 2]):
                marked = marks[line["file"]]
                yield (
                    line["file"],
                    Image.open(folder / "images" / line["file"]).convert("RGB"),
                    None if marked is None else np.array(marked, float),
                )


def rendered(count: int) -> Iterator[tuple[str, Image.Image, np.ndarray | None]]:
    """Fresh photos of 640 x 480."""
    from training.faces.camera import shoot
    from training.faces.scene import backdrop, scene

    for number in range(count):
        rng = np.random.default_rng(UNSEEN + number)
        made = scene(rng)
        view = shoot(rng, made.picture, made.corners, backdrop(rng), (640, 480))
        yield f"{number} {made.kind}", Image.fromarray(view.picture), view.corners


def draw(image: Image.Image, found: list[Found], path: Path) -> None:
    """The photo with its places, and under it their strips."""
    small = image.copy()
    small.thumbnail((480, 480))
    factor = small.width / image.width
    sheet = Image.new("RGB", (480, small.height + 50 * max(1, len(found))))
    sheet.paste(small, (0, 0))
    pen = ImageDraw.Draw(sheet)
    for at, one in enumerate(found):
        line = [(x * factor, y * factor) for x, y in one.corners]
        pen.polygon(line, outline=[(255, 0, 255), (0, 255, 255), (255, 255, 0), (255, 255, 255)][at % 4])
        pen.ellipse([line[0][0] - 3, line[0][1] - 3, line[0][0] + 3, line[0][1] + 3], fill=(0, 255, 0))
        sheet.paste(Image.fromarray(one.strip), (0, small.height + 50 * at))
        pen.text((400, small.height + 50 * at + 18), f"{one.confidence:.2f}", fill=(255, 255, 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=Path, default=ROOT.parent / "shared/data/meter-photos")
    arguments.add_argument("--half", choices=["a", "b", "all"], default="a")
    arguments.add_argument("--rendered", type=int, default=0)
    arguments.add_argument("--draw", type=Path, help="folder for pictures of what was found")
    options = arguments.parse_args()
    tally = {"first, direction right": 0, "first, either way up": 0, "any of three, either way up": 0}
    registers = 0
    empty: list[float] = []
    times: list[float] = []
    photos = rendered(options.rendered) if options.rendered else real(options.photos, options.half)
    for name, image, marked in photos:
        begun = time.process_time()
        found = locate(image)
        times.append((time.process_time() - begun) * 1000)
        if options.draw:
            draw(image, found, options.draw / f"{name.split('.')[0]}.png")
        if marked is None:
            empty.append(found[0].confidence if found else 0.0)
            print(f"{name}: no register; best place {empty[-1]:.2f}")
            continue
        registers += 1
        pairs = [(np.array(one.corners), one.confidence) for one in found]
        scores = [(overlap(corners, marked), apart(corners, marked), sure) for corners, sure in pairs]
        lies = [score >= 0.5 and min(degrees, 180 - degrees) <= 30 for score, degrees, _ in scores]
        right = bool(scores) and lies[0] and scores[0][1] <= 30
        for key, value in zip(tally, (right, bool(lies[:1] == [True]), any(lies)), strict=True):
            tally[key] += value
        if not options.rendered or not any(lies):
            said = [f"IoU {score:.2f} turn {degrees:.0f}° sure {sure:.2f}" for score, degrees, sure in scores]
            print(f"{name}: " + ("; ".join(said) or "nothing"))
    for key, count in tally.items():
        print(f"{registers} registers, {key}: {count} ({count / registers:.0%})")
    print(f"{len(empty)} photos without: {sum(score < 0.5 for score in empty)} with no place of 0.5 or more")
    print(f"{np.median(times[1:]):.0f} ms per photo on one core (median), {np.max(times[1:]):.0f} ms at most")


if __name__ == "__main__":
    main()
