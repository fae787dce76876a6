"""Labels of alarms: what an answer says about whether the alarm was right. docs/labels.md describes the file.

`labels/alerts/<alert_id>.json`, written once. The comment is left out, and who answered is a pseudonym.
"""

import json
from collections.abc import Mapping

from meterflow.alert import Acknowledgement, Alert, Reason
from meterflow.review_label import pseudonym

VERSION = 1
# Whether there was what the alarm said: known work is none of its business, and who was not reached says nothing.
RIGHT: Mapping[Reason, bool | None] = {
    "fixed": True,
    "normal_for_me": False,
    "false_alarm": False,
    "known_work": None,
    "not_reachable": None,
}


def name(alert_id: str) -> str:
    """The label's name under `labels/`, without its ending."""
    return f"alerts/{alert_id}"


def label(alert: Alert, answer: Acknowledgement) -> bytes:
    """The file: what was alarmed, what the model said, and what a person said to that."""
    document = {
        "version": VERSION,
        "alert_id": alert.alert_id,
        "sensor_id": alert.sensor_id,
        "submission_id": alert.submission_id,
        "subject": alert.subject,
        "zone": alert.facility_zone,
        "alert_type": alert.alert_type,
        "severity": alert.severity,
        "score": alert.score,
        "probabilities": alert.probabilities,
        "model_version": alert.model_version,
        "taken_at": alert.taken_at,
        "raised_at": alert.raised_at,
        "reason": answer.reason,
        "right": RIGHT[answer.reason],
        "role": answer.role,
        "answered_by": pseudonym(answer.by),
        "answered_at": answer.at,
    }
    return json.dumps(document, sort_keys=True).encode()
