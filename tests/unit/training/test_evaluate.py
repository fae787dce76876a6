"""What the OCR engine said is not mistaken for an engine that did not answer."""

import json
from pathlib import Path

from PIL import Image

from training.evaluate import _Engine
from training.photos import Labelled

NOTHING = {"engine": None, "accepted": False, "engine_known": None, "accepted_known": False}
PHOTO = Labelled("one.png", Image.new("RGB", (8, 8)), "0772.9", digits=4, decimals=1)


def kept(folder: Path, words: list[str]) -> _Engine:
    path = folder / "engine.json"
    path.write_text(json.dumps({"one.png": {**NOTHING, "words": words}}))
    return _Engine(path)


def test_an_engine_without_a_word_on_any_photo_is_silent(tmp_path: Path) -> None:
    assert kept(tmp_path, []).silent()
    assert not kept(tmp_path, ["kWh"]).silent()


def test_words_count_as_the_reading_or_as_its_figures(tmp_path: Path) -> None:
    said = kept(tmp_path, ["07729", "kWh"]).read(PHOTO)
    assert (said["any_token"], said["any_token_figures"]) == (False, True)
    assert kept(tmp_path, ["772.9"]).read(PHOTO)["any_token"]


def test_an_answer_kept_without_words_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "engine.json"
    path.write_text(json.dumps({"one.png": {"engine": None, "any_token": False}}))
    assert _Engine(path).silent()
