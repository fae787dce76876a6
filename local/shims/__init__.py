"""Where the emulator differs from AWS, mended.

Each module here mends one measured difference and offers `install()`. `install_all()` refuses to run on a
version of the emulator that the shims were not checked against, and each shim fails loudly when the function it
wraps is gone, so that an upgrade can never drop one in silence.
"""

from importlib import metadata

from local.shims import (
    callbacks,
    error_names,
    function_interpreter,
    known_people,
    nested_update,
    policy_checks,
    same_execution,
    ses_identity,
    stream_positions,
)

CHECKED_AGAINST = "1.5.33"


class EmulatorChanged(RuntimeError):
    """The emulator is not the one the shims were written for."""


def install_all() -> None:
    """Install every shim into the emulator in this process."""
    found = metadata.version("ministack")
    if found != CHECKED_AGAINST:
        raise EmulatorChanged(f"the shims were checked against ministack {CHECKED_AGAINST}, found {found}")
    callbacks.install()
    error_names.install()
    function_interpreter.install()
    known_people.install()
    nested_update.install()
    policy_checks.install()
    same_execution.install()
    ses_identity.install()
    stream_positions.install()
