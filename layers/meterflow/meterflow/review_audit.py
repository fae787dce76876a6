"""Which accepted readings a person looks at all the same: a random share, the same each time it is asked.

The rule is no secret, so it must not depend on what a customer chooses. A submission's id is made of the customer's own
`client_token`, and the photo's key and version are known before the reading is sent: whoever knew the rule could try
tokens at home until one escapes. So the hash also takes `received_at`, the moment to the millisecond at which *our*
clock took the reading in. It is stored with the first write and never changed, so anybody with the row can check the
choice; before the reading is sent nobody knows it, and sending again gives another reading, not another draw of this
one. What remains is luck.
"""

import hashlib
from decimal import Decimal

from meterflow.reading import Reading, Status

_SPACE = 2**64


def drawn(submission_id: str, received_at: str, share: Decimal) -> bool:
    """Whether a submission belongs to the audited `share` (0..1). A greater share takes in the smaller."""
    digest = hashlib.sha256(f"audit\n{submission_id}\n{received_at}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * _SPACE


def is_audited(reading: Reading, share: Decimal) -> bool:
    """Whether an accepted photo reading is audited. One that a person decided has been looked at already."""
    proven = reading.photo_key is not None and reading.photo is not None
    return proven and reading.status == Status.ACCEPTED and drawn(reading.submission_id, reading.received_at, share)
