"""A restarted emulator reads its tables' streams from their start.

It keeps how far each event source mapping has read, and not the records: after a restart the stream begins at nought,
the mapping waits where it was, and everything between the two is never delivered. AWS's streams do not restart.
"""

from typing import Any

from ministack.services import lambda_svc


def install() -> None:
    """Wrap the restoring of positions. Raises AttributeError where the emulator has changed."""
    original, of_streams = lambda_svc._restore_esm_positions, lambda_svc._dynamodb_stream_positions

    def restore(store: Any, positions: Any) -> None:
        if store is not of_streams:
            original(store, positions)

    lambda_svc._restore_esm_positions = restore
