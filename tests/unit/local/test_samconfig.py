"""The parameters of an environment: `make deploy` hands them all to sam, because sam would drop the file's."""

import re
from pathlib import Path

import pytest

from local import paths, samconfig

ROOT = Path(__file__).parents[3]


def test_an_environments_parameters() -> None:
    assert samconfig.parameters("staging") == ["Stage=staging", "LogRetentionDays=30"]
    assert "Stage=local" in samconfig.parameters("local")
    assert samconfig.parameters("default") == []


def test_one_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "samconfig.toml").write_text("version = 0.1\n[default]\n[staging]\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"no environment stagin; it has default, staging$"):
        samconfig.parameters("stagin")


def test_make_deploy_gives_them_before_the_persons_own() -> None:
    recipe = re.search(r"^deploy:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    given = recipe[1].partition("--parameter-overrides")[2]
    # The last one counts.
    assert given.index("local.samconfig $(or $(ENV),default)") < given.index("$(PARAMETERS)")
