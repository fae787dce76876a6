"""Photos are forgotten by themselves: uploads after a day, checked copies after the days that a parameter says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.template.cloudformation import ROOT, Stack, parse, stack
from tests.template.rules import on_aws

STORAGE = (ROOT / "stacks" / "storage.yaml").read_text(encoding="utf-8")
# The most days that a photo may lie in each bucket.
BUCKETS = {"UploadsBucket": 1, "PhotosBucket": 730}
# Versions that were replaced or deleted are photos too.
REPLACED_DAYS = 30
NARROWER = {"Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"}


def check_photos_are_forgotten(here: Stack) -> list[str]:
    """Each bucket of photos deletes every object and every replaced version in time."""
    problems = []
    for name, days in BUCKETS.items():
        bucket = here.of_type("AWS::S3::Bucket")[name]
        rules = [
            rule
            for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", [])
            if rule["Status"] == "Enabled" and not NARROWER & set(rule)
        ]
        ages = [int(on_aws(here, rule["ExpirationInDays"])) for rule in rules if "ExpirationInDays" in rule]
        if not ages or min(ages) > days:
            problems.append(f"{name}: keeps photos longer than {days} days")
        replaced = [rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for rule in rules]
        if not any(age is not None and age <= REPLACED_DAYS for age in replaced):
            problems.append(f"{name}: keeps replaced photos for ever")
    return problems


def test_photos_are_forgotten() -> None:
    assert check_photos_are_forgotten(stack(parse(STORAGE))) == []


def _rule(template: dict[str, Any], bucket: str = "PhotosBucket") -> dict[str, Any]:
    rule: dict[str, Any] = template["Resources"][bucket]["Properties"]["LifecycleConfiguration"]["Rules"][0]
    return rule


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda t: _rule(t).pop("ExpirationInDays"), "PhotosBucket: keeps photos longer"),
        (lambda t: _rule(t, "UploadsBucket").update(ExpirationInDays=2), "UploadsBucket: keeps photos longer than 1"),
        (lambda t: _rule(t).update(Status="Disabled"), "PhotosBucket: keeps photos longer"),
        (lambda t: _rule(t).update(Prefix="photos/old/"), "PhotosBucket: keeps photos longer"),
        (lambda t: t["Parameters"]["PhotoRetentionDays"].update(Default=3650), "longer than 730"),
        (lambda t: _rule(t).pop("NoncurrentVersionExpiration"), "replaced photos for ever"),
    ],
)
def test_a_bucket_that_keeps_photos_is_refused(spoil: Callable[[dict[str, Any]], object], word: str) -> None:
    template = parse(STORAGE)
    spoil(template)
    assert any(word in problem for problem in check_photos_are_forgotten(stack(template)))
