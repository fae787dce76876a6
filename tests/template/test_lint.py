"""cfn-lint finds nothing in any template. In this process: loading its 300 rules is what takes time."""

from __future__ import annotations

from pathlib import Path

from cfnlint.api import ManualArgs, lint_by_config

from tests.template.cloudformation import template_files

BAD = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeOut: 30}
"""


def findings(*paths: Path) -> list[str]:
    found = lint_by_config(ManualArgs(templates=[str(path) for path in paths], regions=["eu-central-1"]))
    return [f"{Path(match.filename).name}:{match.linenumber} {match.rule.id} {match.message[:200]}" for match in found]


def test_cfn_lint_finds_nothing() -> None:
    files = template_files()
    assert files, "there is no template"
    assert not (found := findings(*files)), "\n".join(found[:30])


def test_cfn_lint_finds_a_misspelt_property(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD)
    assert any("VisibilityTimeOut" in finding for finding in findings(bad))
