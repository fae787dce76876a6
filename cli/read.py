"""`meterflow read`: read photos of meters with the same code as the workflow. Needs no cloud."""

import argparse
import importlib.util
import json
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import ModuleType
from typing import Any

from local import paths
from meterflow import photo, photo_decision, register
from meterflow.adapters import rekognition


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("read", help="read photos of meters; needs no cloud")
    command.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    command.add_argument("--digits", type=_count, metavar="N", help="wheels before the point")
    command.add_argument("--decimals", type=_count, metavar="N", help="figures after the point, even if more are seen")
    command.add_argument("--previous", type=_value, metavar="V", help="the reading before this one")
    command.add_argument("--json", action="store_true", help="one JSON object per photo and nothing else")
    command.set_defaults(run=run)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) > 12:
        raise argparse.ArgumentTypeError(f"{text} is not a number of figures from 0 to 12")
    return int(text)


def _value(text: str) -> str:
    try:
        if not Decimal(text).is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text} is not a reading") from None
    return text


def run(arguments: argparse.Namespace) -> int:
    """Read every photo in the order given. A broken file is an answer; exit 1 only where none could be opened."""
    reader = PhotoReader()
    results = []
    for number, path in enumerate(arguments.photos, start=1):
        if not arguments.json and len(arguments.photos) > 1:
            print(f"{number}/{len(arguments.photos)} ", end="", file=sys.stderr, flush=True)
        result = reader.read(path, arguments.digits, arguments.decimals, arguments.previous)
        results.append(result)
        print(json.dumps(result) if arguments.json else describe(result), flush=True)
    return 1 if all("not_found" in result["reasons"] for result in results) else 0


def describe(result: dict[str, Any]) -> str:
    """One line for a person."""
    why = f"  ({', '.join(result['reasons'])})" if result["reasons"] else ""
    return f"{result['photo']}: {result['decision']} {result['reading'] or ''} {result['confidence']:.2f}{why}"


class PhotoReader:
    """The file checks of CheckPhoto, the OCR engine behind the laptop's Rekognition, and the register finder."""

    def __init__(self) -> None:
        """Load the engine: about two seconds, once for all photos."""
        # Imported here, because the other commands need none of it and it takes long.
        from local.rekognition.engine import OcrEngine

        self._engine = OcrEngine(threads=1)
        self._checks = _check_photo()

    def read(self, path: Path, digits: int | None, decimals: int | None, previous: str | None) -> dict[str, Any]:
        """One photo as the contract's JSON object."""
        try:
            content = path.read_bytes()
        except OSError:
            return _answer(path, photo_decision.PhotoDecision("UNREADABLE", None, 0.0, ("not_found",)), [])
        kind = photo.content_type_of(content)
        if kind is None:
            fault = photo.Fault.WRONG_TYPE if content else photo.Fault.CORRUPT
            return _answer(path, photo_decision.PhotoDecision("UNREADABLE", None, 0.0, (fault.value,)), [])
        picture = photo.Fault.TOO_LARGE if len(content) > photo.MAX_BYTES else self._checks.decode(content)
        if isinstance(picture, photo.Fault):
            return _answer(path, photo_decision.PhotoDecision("UNREADABLE", None, 0.0, (picture.value,)), [])
        faults = [fault.value for fault in photo.soft_faults(self._checks.measure(picture))]
        aspect = picture.width / picture.height
        words = self._words(self._checks.encode(picture, kind), aspect)
        candidates = register.find(words, aspect, digits, decimals)
        return _answer(path, photo_decision.decide(candidates, previous, faults), candidates)

    def _words(self, content: bytes, aspect: float) -> list[register.Word]:
        from local.rekognition.detect_text import Filters, text_detections, told_lines
        from local.rekognition.images import decode

        picture = decode(content)
        lines = told_lines(self._engine.read(picture.pixels), picture, Filters())
        return rekognition.words({"TextDetections": text_detections(lines)}, aspect)


def _check_photo() -> ModuleType:
    """The module of the CheckPhoto function: the command measures and cleans photos exactly as the workflow does."""
    spec = importlib.util.spec_from_file_location(
        "check_photo_app", paths.ROOT / "functions/image_validation/check_photo/app.py"
    )
    if spec is None or spec.loader is None:
        raise RuntimeError("functions/image_validation/check_photo/app.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _answer(path: Path, decision: photo_decision.PhotoDecision, candidates: list[register.Candidate]) -> dict[str, Any]:
    return {
        "photo": str(path),
        "reading": decision.reading,
        "confidence": round(decision.confidence, 4),
        "decision": decision.decision,
        "reasons": list(decision.reasons),
        "candidates": [{"reading": c.reading, "confidence": round(c.confidence, 4)} for c in candidates[:5]],
    }
