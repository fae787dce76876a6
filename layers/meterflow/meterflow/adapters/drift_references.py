"""What a version's world looked like, beside its models: `models/<kind>/<version>/reference.json`, written once."""

from meterflow.adapters import model_store
from meterflow.drift import Reference

NAME = "reference.json"


def load(kind: str, version: str) -> Reference | None:
    """The reference of a version, or None before there is one."""
    content = model_store.get(model_store.file_key(kind, version, NAME))
    return Reference.model_validate_json(content) if content else None


def keep(kind: str, version: str, reference: Reference) -> None:
    """Keep a version's reference. Raises BrokenInvariant where it has another."""
    content = reference.model_dump_json().encode()
    model_store.put_once(model_store.file_key(kind, version, NAME), content)
