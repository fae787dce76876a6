"""Rule sets are data: whole, documented, and a utility's own document changes exactly what it names."""

import pytest
from pydantic import ValidationError

from meterflow.reading import Source
from meterflow.vee.check import PLAUSIBILITY_RULES, unknown_rules
from meterflow.vee.formal import RULES
from meterflow.vee.rule_sets import Limits, Priors, overlaid, shipped


def test_every_source_has_a_set_and_every_rule_a_use_and_a_source_in_its_words() -> None:
    sets = shipped().sets
    assert set(sets) == set(Source)
    assert unknown_rules(shipped()) == []
    used = {name for one in sets.values() for name in (*one.formal, *one.plausibility)}
    assert used == set(RULES) | set(PLAUSIBILITY_RULES)
    for rule in (*RULES.values(), *PLAUSIBILITY_RULES.values()):
        assert len(rule.__doc__ or "") > 30, rule.__name__


def test_every_threshold_is_explained() -> None:
    for model in (Limits, Priors):
        for name in set(model.model_fields) - {"priors"}:
            assert f"`{name}`" in (model.__doc__ or ""), name


def test_an_overlay_changes_what_it_names_and_nothing_else() -> None:
    mine = overlaid(
        {
            "version": "acme-3",
            "sets": {
                "customer": {"limits": {"high_factor": "4"}, "plausibility": {"zero_use": None, "low_use": "REVIEW"}}
            },
        }
    )
    before, after = shipped().sets[Source.CUSTOMER], mine.sets[Source.CUSTOMER]
    assert after.limits == before.limits.model_copy(update={"high_factor": after.limits.high_factor})
    assert (str(after.limits.high_factor), str(before.limits.high_factor)) == ("4", "2.5")
    assert set(before.plausibility) - set(after.plausibility) == {"zero_use"}
    assert after.plausibility["low_use"] == "REVIEW"
    assert mine.sets[Source.DEVICE] == shipped().sets[Source.DEVICE]
    assert mine.stamp.startswith("acme-3+")
    assert mine.stamp != shipped().stamp


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"version": shipped().version},
        {"version": "x", "sets": {"customer": {"limits": {"high_facktor": "4"}}}},
        {"version": "x", "sets": {"customer": {"limits": {"high_factor": "0.5"}}}},
        {"version": "x", "sets": {"customer": {"plausibility": {"late": "SHRUG"}}}},
        {"version": "x", "sets": {"customer": None}},
        {"version": "x", "sets": {"neighbour": {}}},
        {"version": "x", "sets": {"device": {"limits": None}}},
    ],
)
def test_a_document_that_is_not_understood_is_not_applied(document: dict[str, object]) -> None:
    with pytest.raises((ValueError, ValidationError)):
        overlaid(document)


def test_a_rule_that_nobody_has_written_is_named() -> None:
    mine = overlaid({"version": "x", "sets": {"customer": {"plausibility": {"hihg_use": "REVIEW"}}}})
    assert unknown_rules(mine) == ["hihg_use"]


def test_the_stamp_names_the_content() -> None:
    one = overlaid({"version": "x", "sets": {"customer": {"limits": {"high_factor": "4"}}}})
    other = overlaid({"version": "x", "sets": {"customer": {"limits": {"high_factor": "5"}}}})
    assert one.stamp != other.stamp
