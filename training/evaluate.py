"""Measure the open reader: `python -m training.evaluate --out docs/models`.

Development photos in two halves (A was tuned on, B was not), beside the general OCR engine of the laptop's Rekognition
with the register finder, and "any of its words equals the reading". Writes evaluation.json and coverage.svg.
"""

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training import photos
from training.photos import Labelled
from training.reader import ROOT, reading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/models")
    parser.add_argument("--halves", default="AB")
    parser.add_argument("--rendered", type=int, default=0, help="rendered photos that calibration did not see, too")
    parser.add_argument("--engine", action="store_true", help="the general OCR engine, too")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sources: dict[str, Iterable[Labelled]] = {half: photos.development(half) for half in options.halves}
    if options.rendered:
        sources["rendered"] = photos.rendered(options.rendered, photos.NEVER_TRAINED + 1_000_000)
    engine = _Engine(options.out / "engine.json") if options.engine else None
    report: dict[str, Any] = {}
    curves: dict[str, list[tuple[float, bool]]] = {}
    for name, source in sources.items():
        rows = [_row(photo, engine if name in "AB" else None) for photo in source if photo.scored]
        report[name] = {
            "summary": _summary(rows),
            "photos": rows if name in "AB" else [row for row in rows if row["accepted"] and not row["right"]],
        }
        curves[name] = [(row["odds"], row["right"]) for row in rows if row["value"] is not None]
        report[name]["curve"] = coverage(curves[name], len(rows))
        print(name, json.dumps(report[name]["summary"]), flush=True)
    if engine and engine.silent():
        raise SystemExit("the OCR engine saw no word on any photo: it did not work, and nothing was written")
    (options.out / "evaluation.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.out / "coverage.svg").write_text(drawing({name: report[name]["curve"] for name in report}))


def _row(photo: Labelled, engine: "_Engine | None") -> dict[str, Any]:
    """One photo: read with nothing known of the meter, and with its figures known where the label tells them."""
    began = time.perf_counter()
    found = reading.read(photo.image)
    seconds = time.perf_counter() - began
    known = (
        reading.read(photo.image, photo.digits, photo.decimals) if photo.digits or photo.decimals is not None else found
    )
    right = photo.right(found.value) if found else False
    row = {
        "photo": photo.name,
        "reading": photo.reading,
        "value": found.value if found else None,
        "odds": round(found.odds, 4) if found else 0.0,
        "right": right,
        "right_known": photo.right(known.value) if known else False,
        "odds_known": round(known.odds, 4) if known else 0.0,
        "accepted": bool(found and found.accepted),
        "accepted_known": bool(known and known.accepted),
        "reasons": list(found.reasons) if found else [],
        "figure_errors": _distance(_figures(photo.reading), _figures(found.value if found else None))
        if photo.reading
        else 0,
        "figures": len(_figures(photo.reading)),
        "seconds": round(seconds, 2),
    }
    return row | (engine.read(photo) if engine else {})


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    readable = [row for row in rows if row["reading"]]
    others = [row for row in rows if not row["reading"]]
    figures = sum(row["figures"] for row in readable)
    summary = {
        "readable": len(readable),
        "exact": sum(row["right"] for row in readable),
        "exact_meter_known": sum(row["right_known"] for row in readable),
        "accepted": sum(row["accepted"] for row in rows),
        "accepted_wrong": sum(row["accepted"] and not row["right"] for row in rows),
        "accepted_meter_known": sum(row["accepted_known"] for row in rows),
        "accepted_wrong_meter_known": sum(row["accepted_known"] and not row["right_known"] for row in rows),
        "figure_error_rate": round(sum(row["figure_errors"] for row in readable) / max(1, figures), 4),
        "to_refuse": len(others),
        "refused": sum(not row["accepted"] for row in others),
        "seconds_median": round(float(np.median([row["seconds"] for row in rows])), 2),
    }
    if rows and "engine" in rows[0]:
        summary |= {
            "engine_exact": sum(row["engine_right"] for row in readable),
            "engine_exact_meter_known": sum(row["engine_right_known"] for row in readable),
            "engine_any_token": sum(row["any_token"] for row in readable),
            "engine_any_token_figures": sum(row["any_token_figures"] for row in readable),
            "engine_accepted": sum(row["engine_accepted"] for row in rows),
            "engine_accepted_wrong": sum(row["engine_accepted"] and not row["engine_right"] for row in rows),
            "engine_accepted_meter_known": sum(row["engine_accepted_known"] for row in rows),
            "engine_accepted_wrong_meter_known": sum(
                row["engine_accepted_known"] and not row["engine_right_known"] for row in rows
            ),
        }
    return summary


class _Engine:
    """The laptop's Rekognition with the register finder: what the workflow had before."""

    def __init__(self, kept: Path) -> None:
        """`kept` holds what it said before: it does not change with our training, and takes seconds a photo."""
        self._kept = kept
        said: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else {}
        # What was kept without the words cannot be told from an engine that did not answer: it is read anew.
        self._said = {name: told for name, told in said.items() if "words" in told}
        self._reader: Any = None

    def read(self, photo: Labelled) -> dict[str, Any]:
        if photo.name not in self._said:
            self._said[photo.name] = self._read(photo)
            self._kept.write_text(json.dumps(self._said, indent=1) + "\n")
        said = self._said[photo.name]
        numbers = [number for word in said["words"] if _is_number(number := word.replace(",", "."))]
        wanted = _figures(photo.reading)
        return {
            "engine": said["engine"],
            "engine_right": photo.right(said["engine"]),
            "engine_accepted": said["accepted"],
            "engine_known": said["engine_known"],
            "engine_right_known": photo.right(said["engine_known"]),
            "engine_accepted_known": said["accepted_known"],
            "any_token": any(photo.right(number) for number in numbers),
            "any_token_figures": bool(wanted) and any(_figures(number) == wanted for number in numbers),
        }

    def silent(self) -> bool:
        """Whether it saw no word on any photo: then it did not work, and its readings say nothing."""
        return not any(told["words"] for told in self._said.values())

    def _read(self, photo: Labelled) -> dict[str, Any]:
        if self._reader is None:
            self._reader = _reading_once()
        content = (photos.FOLDER / "images" / photo.name).read_bytes()
        told = self._reader.read(photo.name, content, None, None, None)
        known = self._reader.read(photo.name, content, photo.digits, photo.decimals, None)
        return {
            "engine": told["reading"],
            "accepted": told["decision"] == "ACCEPT",
            "engine_known": known["reading"],
            "accepted_known": known["decision"] == "ACCEPT",
            "words": [word.text for word in self._reader.seen[1]],
        }


def _reading_once() -> Any:
    """A PhotoReader that looks at a photo once where it is asked about it twice."""
    from cli.read import PhotoReader

    class Once(PhotoReader):
        seen: tuple[bytes, list[Any]] = b"", []

        def _words(self, content: bytes, aspect: float) -> list[Any]:
            if self.seen[0] != content:
                self.seen = content, super()._words(content, aspect)
            return self.seen[1]

    return Once("rekognition")


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()


def _figures(text: str | None) -> str:
    return (text or "").replace(".", "").lstrip("0")


def _distance(one: str, other: str) -> int:
    """Figures to change, add or take away (Levenshtein)."""
    row = list(range(len(other) + 1))
    for at, a in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, b in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (a != b))
    return row[-1]


def coverage(odds: Sequence[tuple[float, bool]], count: int) -> list[tuple[float, float]]:
    """(share accepted, share of those that is wrong) for every threshold, from the strictest on."""
    wrong, curve = 0, []
    for at, (_, right) in enumerate(sorted(odds, key=lambda pair: -pair[0]), 1):
        wrong += not right
        curve.append((round(at / count, 4), round(wrong / at, 4)))
    return curve


def drawing(curves: dict[str, list[tuple[float, float]]]) -> str:
    """The coverage curves as an SVG: coverage to the right, share of wrong accepted readings upwards (0 to 50 %)."""
    wide, tall, left, foot = 560, 300, 50, 250
    inks = ["#1f6feb", "#d1242f", "#1a7f37"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" font-family="sans-serif" font-size="12">',
        f'<path d="M{left} 20V{foot}H540" stroke="#444" fill="none"/>',
        f'<text x="{left}" y="{foot + 35}">share of photos accepted</text>',
        f'<text x="{left}" y="14">wrong among accepted</text>',
    ]
    parts += [
        f'<text x="{left + share * 480 - 10:.0f}" y="{foot + 16}">{share:.0%}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    parts += [f'<text x="12" y="{foot - share * 440:.0f}">{share:.0%}</text>' for share in (0, 0.1, 0.2, 0.3, 0.4, 0.5)]
    for (name, curve), ink in zip(curves.items(), inks, strict=False):
        points = " ".join(f"{left + share * 480:.1f},{foot - min(0.5, wrong) * 440:.1f}" for share, wrong in curve)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>')
        parts.append(f'<text x="{430}" y="{30 + 16 * inks.index(ink)}" fill="{ink}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    main()
