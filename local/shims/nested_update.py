"""Updating a nested stack keeps the attributes of what did not change, as on AWS.

The emulator forgets the attributes (Arn, StreamArn, DomainName …) of every unchanged resource of a nested stack when
the stack is updated, and then refuses the outputs that name them. Where nothing changed, asking the resource's own
update for its state gives them back.
"""

from typing import Any

from ministack.services.cloudformation import provisioners


def install() -> None:
    """Wrap the update of a resource. Raises AttributeError where the emulator has changed."""
    original, handlers = provisioners._update_resource, provisioners._RESOURCE_HANDLERS

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
        handler = handlers.get(resource_type, {})
        if old_attrs is None and old_props == new_props and "update" in handler:
            more = (logical_id,) if handler.get("update_with_logical_id") else ()
            return handler["update"](physical_id, old_props, new_props, stack_name, *more)
        return original(resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs)

    provisioners._update_resource = update
