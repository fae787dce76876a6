"""Names that derive from the business key, so that doing a thing twice finds the first."""

import hashlib
import uuid

# The namespace of every UUIDv5 that Meterflow makes.
NAMESPACE = uuid.UUID("6f0a5a3e-6c1b-5d59-9c53-2b7f0d3f6d0b")


def execution_name(business_key: str) -> str:
    """The name of a Step Functions execution: the first 40 hex digits of SHA-256 of its business key."""
    return hashlib.sha256(business_key.encode()).hexdigest()[:40]


def submission_id(user_id: str, client_token: str) -> str:
    """The id of a submission: UUIDv5 of the user and the token that the client chose for it."""
    return str(uuid.uuid5(NAMESPACE, f"submission\n{user_id}\n{client_token}"))


def derived_id(*parts: str) -> str:
    """A UUIDv5 of `parts`: the id of an event, a job or an alert that has a business key."""
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))
