"""Updating a nested stack keeps the attributes of what did not change, as on AWS.

The emulator forgets the attributes (Arn, StreamArn, DomainName …) of every unchanged resource of a nested stack when
the stack is updated, and then refuses the outputs that name them. They are still in the stack's own record.
"""

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners


def install() -> None:
    """Wrap the update of a resource. Raises AttributeError where the emulator has changed."""
    original, stacks = provisioners._update_resource, cloudformation._stacks

    def update(
        resource_type: str,
        physical_id: str,
        old_props: dict[str, Any],
        new_props: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
        old_attrs: dict[str, Any] | None = None,
    ) -> Any:
        # Only the nested stack's update passes no attributes.
        if old_attrs is None:
            record = (stacks.get(stack_name) or {}).get("_resources", {}).get(logical_id, {})
            old_attrs = record.get("Attributes")
        return original(resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs)

    provisioners._update_resource = update
