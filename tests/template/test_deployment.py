"""What is deployed comes from git, and a person sees what will change before it does."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from local import deploy
from tests.template.cloudformation import ROOT, template_files

Config = dict[str, Any]


def check_changes_are_shown(config: Config) -> list[str]:
    """Every environment that is an account asks before it applies a change set; the laptop does not."""
    problems = []
    for environment, tables in config.items():
        if isinstance(tables, dict) and "deploy" in tables:
            asks = tables["deploy"]["parameters"].get("confirm_changeset")
            if asks is not (environment != "local"):
                problems.append(f"{environment}: confirm_changeset is {asks}")
    return problems


def check_nothing_answers_for_the_person(recipe: str) -> list[str]:
    """`make deploy` takes the environment's own answer: no option of it says yes to everything."""
    return re.findall(r"--no-confirm-changeset|--no-execute-changeset|\byes\b", recipe)


def _config() -> Config:
    return tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))


def _recipe() -> str:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^deploy:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found, "the Makefile has no target deploy"
    return found[1]


def test_changes_are_shown_before_they_are_applied() -> None:
    config = _config()
    assert {"default", "local", "staging", "production"} <= set(config)
    assert check_changes_are_shown(config) == []
    assert "deploy --config-env" in _recipe()
    assert check_nothing_answers_for_the_person(_recipe()) == []


def test_an_environment_that_applies_unseen_is_refused() -> None:
    config = _config()
    config["production"]["deploy"]["parameters"]["confirm_changeset"] = False
    del config["staging"]["deploy"]["parameters"]["confirm_changeset"]
    assert check_changes_are_shown(config) == [
        "staging: confirm_changeset is None",
        "production: confirm_changeset is False",
    ]
    assert check_nothing_answers_for_the_person("\tsam deploy --no-confirm-changeset\n") != []


def _git(root: Path, *arguments: str, given: str | None = None) -> list[str]:
    done = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "-C", str(root), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    # check-ignore answers 1 where nothing is ignored.
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


def kept_from_git(root: Path, files: list[Path]) -> list[str]:
    """The files that git would never take: a rule in some .gitignore hides them from every commit."""
    names = "\n".join(path.relative_to(root).as_posix() for path in files)
    return _git(root, "check-ignore", "--no-index", "--stdin", given=names)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_everything_that_is_deployed_is_in_git() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this copy is no clone")
    deployed = sorted({*deploy.source_files(), *template_files()})
    assert kept_from_git(ROOT, deployed) == []
    tracked = set(_git(ROOT, "ls-files"))
    # The newest files may wait for their commit; the templates have a history.
    history = {path.relative_to(ROOT).as_posix() for path in [*template_files(), ROOT / "samconfig.toml"]}
    assert history - tracked == set()
    assert {"Makefile", "uv.lock", ".gitignore"} <= tracked
    assert _git(ROOT, "log", "--oneline", "--max-count=2", "--", "template.yaml")


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_hidden_source_is_found(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("build/\n")
    hidden, seen = tmp_path / "functions/build/app.py", tmp_path / "template.yaml"
    hidden.parent.mkdir(parents=True)
    hidden.write_text("1")
    seen.write_text("2")
    assert kept_from_git(tmp_path, [hidden, seen]) == ["functions/build/app.py"]
