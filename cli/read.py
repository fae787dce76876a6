"""`meterflow read`: read photos of meters with the same code as the workflow. Needs no cloud."""

import argparse
import importlib
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from local import paths
from meterflow import photo, photo_decision, photo_reading, picture, register
from meterflow.adapters import rekognition

MOST_FIGURES = 12


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("read", help="read photos of meters; needs no cloud")
    command.add_argument("photos", nargs="+", metavar="PHOTO")
    command.add_argument("--digits", type=_wheels, metavar="N", help="wheels before the point")
    command.add_argument(
        "--decimals", type=_figures, metavar="N", help="figures after the point, even if more are seen"
    )
    command.add_argument("--previous", type=_value, metavar="V", help="the reading before this one")
    command.add_argument(
        "--reader",
        choices=photo_reading.READERS,
        default=photo_reading.OPEN,
        help="who reads: the project's own reader (default), the OCR engine behind the laptop's Rekognition, or both",
    )
    command.add_argument("--json", action="store_true", help="one JSON object per photo and nothing else")
    command.set_defaults(run=run)


def _wheels(text: str) -> int:
    return _count(text, 1)


def _figures(text: str) -> int:
    return _count(text, 0)


def _count(text: str, least: int) -> int:
    if not re.fullmatch("[0-9]{1,2}", text) or not least <= int(text) <= MOST_FIGURES:
        raise argparse.ArgumentTypeError(f"{text} is not a number of figures from {least} to {MOST_FIGURES}")
    return int(text)


def _value(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", text):
        raise argparse.ArgumentTypeError(f"{text} is not a reading such as 00123.456")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Read every photo in the order given. A broken file is an answer; exit 1 only where none could be opened."""
    reader = PhotoReader(arguments.reader)
    opened = False
    for number, name in enumerate(arguments.photos, start=1):
        if sys.stderr.isatty() and len(arguments.photos) > 1:
            print(f"{number}/{len(arguments.photos)} ", end="", file=sys.stderr, flush=True)
        try:
            content = first_bytes(name)
        except OSError as error:
            print(f"meterflow: {name}: {error.strerror}", file=sys.stderr)
            result = _answer(name, photo_decision.PhotoDecision("UNREADABLE", None, 0.0, ("not_found",)), [])
        else:
            opened = True
            result = reader.read(name, content, arguments.digits, arguments.decimals, arguments.previous)
        print(json.dumps(result) if arguments.json else describe(result), flush=True)
    return 0 if opened else 1


def first_bytes(name: str) -> bytes:
    """What the file holds, and no more than shows that it is too large."""
    with Path(name).open("rb") as file:
        return file.read(photo.MAX_BYTES + 1)


def describe(result: dict[str, Any]) -> str:
    """One line for a person."""
    why = f"  ({', '.join(result['reasons'])})" if result["reasons"] else ""
    reading = f"{result['reading']} " if result["reading"] else ""
    return f"{result['photo']}: {result['decision']} {reading}{result['confidence']:.2f}{why}"


class PhotoReader:
    """The file checks of CheckPhoto, and the readers of ReadPhoto: the open reader, the OCR engine behind the laptop's
    Rekognition with the register finder, or both."""

    def __init__(self, reader: str = photo_reading.REKOGNITION) -> None:
        """Load what `reader` needs: up to two seconds, once for all photos."""
        self._engine: Any = None
        self._openly: ModuleType | None = None
        # Imported here, because the other commands need none of it and it takes long.
        if reader != photo_reading.OPEN:
            from local.rekognition.engine import OcrEngine

            self._engine = OcrEngine(threads=1)
        if reader != photo_reading.REKOGNITION:
            self._openly = _open_photo()
        self._checks = _check_photo()

    def read(
        self, name: str, content: bytes, digits: int | None, decimals: int | None, previous: str | None
    ) -> dict[str, Any]:
        """One photo as the contract's JSON object; `name` is how the caller calls it."""
        kind = photo.content_type_of(content)
        if kind is None:
            fault = photo.Fault.WRONG_TYPE if content else photo.Fault.CORRUPT
            return _answer(name, photo_decision.PhotoDecision("UNREADABLE", None, 0.0, (fault.value,)), [])
        decoded = photo.Fault.TOO_LARGE if len(content) > photo.MAX_BYTES else self._checks.decode(content)
        if isinstance(decoded, photo.Fault):
            return _answer(name, photo_decision.PhotoDecision("UNREADABLE", None, 0.0, (decoded.value,)), [])
        faults = [fault.value for fault in picture.faults(self._checks.measure(decoded))]
        aspect = decoded.width / decoded.height
        clean = self._checks.encode(decoded, kind)
        words = self._words(clean, aspect) if self._engine else []
        lattice = self._openly.lattice_of(clean) if self._openly else None
        meter = photo_reading.Meter(digits, decimals, previous=previous)
        candidates = list(photo_reading.look(words, aspect, lattice, meter).candidates)
        return _answer(name, photo_decision.decide(candidates, previous, faults), candidates)

    def _words(self, content: bytes, aspect: float) -> list[register.Word]:
        from local.rekognition.detect_text import Filters, text_detections, told_lines
        from local.rekognition.images import decode

        picture = decode(content)
        lines = told_lines(self._engine.read(picture.pixels), picture, Filters())
        return rekognition.words({"TextDetections": text_detections(lines)}, aspect)


def _check_photo() -> ModuleType:
    """The module of the CheckPhoto function: the command measures and cleans photos exactly as the workflow does."""
    folder = paths.ROOT / "functions/image_validation/check_photo"
    if str(folder) not in sys.path:
        # A function finds the modules beside it as Lambda lets it: by its folder on the path.
        sys.path.append(str(folder))
    spec = importlib.util.spec_from_file_location("check_photo_app", folder / "app.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("functions/image_validation/check_photo/app.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _open_photo() -> ModuleType:
    """The open reader as the ReadPhoto function has it."""
    folder = str(paths.ROOT / "functions/image_validation/read_photo")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module("open_photo")


def _answer(name: str, decision: photo_decision.PhotoDecision, candidates: list[register.Candidate]) -> dict[str, Any]:
    return {
        "photo": name,
        "reading": decision.reading,
        "confidence": round(decision.confidence, 4),
        "decision": decision.decision,
        "reasons": list(decision.reasons),
        "candidates": [{"reading": c.reading, "confidence": round(c.confidence, 4)} for c in candidates[:5]],
    }
