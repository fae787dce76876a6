"""The rule sets that hold: the shipped ones, or a utility's document in the lake bucket laid over them.

`VEE_RULES_KEY` names the object (a parameter of the template; "none" or absent means the shipped sets). It is read
again after five minutes. A document that is missing, broken or names an unknown rule stops validation rather than being
passed over: the submission stays PROCESSING, the alarm rings, and a redrive goes on once it is mended.
"""

import json
import time

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client
from meterflow.errors import NotConfigured
from meterflow.vee.check import unknown_rules
from meterflow.vee.rule_sets import RuleSets, overlaid, shipped

KEPT_SECONDS = 300
_kept: dict[str, tuple[float, RuleSets]] = {}


def current() -> RuleSets:
    """The rule sets that hold now. Raises NotConfigured where the utility's document cannot be applied."""
    key = settings.optional_setting("VEE_RULES_KEY")
    if key is None:
        return shipped()
    if key in _kept and time.monotonic() - _kept[key][0] < KEPT_SECONDS:
        return _kept[key][1]
    with aws_calls():
        try:
            answer = client("s3").get_object(Bucket=settings.setting("LAKE_BUCKET"), Key=key)
        except client("s3").exceptions.NoSuchKey:
            raise NotConfigured(f"there are no rule sets at {key}") from None
    with answer["Body"] as body:
        content = body.read()
    try:
        rules = overlaid(json.loads(content))
    except ValueError as error:
        raise NotConfigured(f"the rule sets at {key} are not whole: {type(error).__name__}") from error
    if unknown := unknown_rules(rules):
        raise NotConfigured(f"the rule sets at {key} name unknown rules: {', '.join(unknown)}")
    _kept[key] = (time.monotonic(), rules)
    return rules
