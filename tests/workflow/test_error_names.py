"""Machines and code agree on the names of errors, in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow import asl, error_names, samples

FILES = asl.machine_files()
SOURCES = error_names.source_files()


def raised_by_our_code() -> set[str]:
    raised = {name for path in SOURCES for name in error_names.raised_in(path.read_text(encoding="utf-8"))}
    return raised & set(error_names.our_errors())


def test_the_code_raises_outages() -> None:
    assert "TransientError" in raised_by_our_code(), "the scan finds nothing: is it looking in the right folders?"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_machine_knows_our_errors(path: Path) -> None:
    machine = asl.load(path)
    assert error_names.check_names_exist(machine) == []
    assert error_names.check_only_outages_are_retried(machine) == []
    assert error_names.check_every_raised_error_has_an_end(machine, raised_by_our_code()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(asl.ROOT)))
def test_code_raises_named_errors(path: Path) -> None:
    assert error_names.check_code(path.read_text(encoding="utf-8"), path.name == "errors.py") == []


def test_a_name_that_no_code_raises_is_refused() -> None:
    machine = samples.good()
    assert error_names.check_names_exist(machine) == []
    machine["States"]["FindMeter"]["Catch"].insert(0, {"ErrorEquals": ["MeterMissing"], "Next": "Done"})
    assert error_names.check_names_exist(machine) == ["MeterMissing is no class of meterflow.errors"]


def test_a_retried_bug_is_refused() -> None:
    machine = samples.good()
    assert error_names.check_only_outages_are_retried(machine) == []
    machine["States"]["FindMeter"]["Retry"][0]["ErrorEquals"].append("BrokenInvariant")
    assert len(error_names.check_only_outages_are_retried(machine)) == 1


def test_an_error_without_an_end_is_refused() -> None:
    machine = samples.good()
    assert error_names.check_every_raised_error_has_an_end(machine, {"BrokenInvariant"}) == []
    machine["States"]["FindMeter"]["Catch"] = [{"ErrorEquals": ["TransientError"], "Next": "Done"}]
    assert error_names.check_every_raised_error_has_an_end(machine, {"TransientError"}) == []
    assert len(error_names.check_every_raised_error_has_an_end(machine, {"BrokenInvariant"})) == 1


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("raise Exception('no')", "says nothing"),
        ("raise errors.MeterflowError", "says nothing"),
        ("class Busy(TransientError): ...", "Busy"),
        ("class Busy(errors.TransientError): ...", "Busy"),
    ],
)
def test_code_that_hides_its_error_is_refused(source: str, word: str) -> None:
    assert any(word in problem for problem in error_names.check_code(source))


def test_named_errors_pass() -> None:
    source = (
        "try:\n    f()\nexcept ClientError as error:\n    raise\nraise TransientError('busy') from None\nraise error"
    )
    assert error_names.check_code(source) == []
    assert error_names.raised_in(source) == {"TransientError"}
