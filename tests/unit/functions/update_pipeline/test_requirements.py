"""What the generators carry is what the tests run: their pins are those of uv.lock."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
FUNCTIONS = ROOT / "functions/update_pipeline"


@pytest.mark.parametrize("path", sorted(FUNCTIONS.glob("*/requirements.txt")), ids=lambda path: path.parent.name)
def test_pins_are_those_of_the_lock(path: Path) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    locked = {(package["name"], package.get("version")) for package in lock["package"]}
    pins = re.findall(r"^([a-z0-9-]+)==([^;\s]+)", path.read_text(), flags=re.MULTILINE)
    assert pins
    # numpy is older where the runtime's system is (see the file); Folium needs nothing new of it.
    assert [pin for pin in pins if pin not in locked and pin[0] != "numpy"] == []
