"""What each workflow's steps take and give, one module per workflow.

Contracts change additively: executions wait for days while code moves on.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Base of every step's input and output: frozen, and deaf to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def payload(self) -> dict[str, Any]:
        """The JSON-ready form that a handler returns; absent optional values stay in as null."""
        return self.model_dump(mode="json")
