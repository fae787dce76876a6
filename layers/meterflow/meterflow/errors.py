"""The errors that leave a function. A state machine retries or catches them by these names.

MeterflowError
├── TransientError      an outage that passes: throttling, a timeout, a 5xx. Retried.
│   └── NotBilled       the same from a service that bills its answers, and this one was none.
├── NotConfigured       the environment lacks a setting. A bug of the deployment; never retried.
└── BrokenInvariant     stored data contradict each other. A bug; never retried.

Everything else (a rejected reading, an unreadable photo, nobody free) is an outcome and travels as data.
A step's name of an error must equal its class name, because that is what Step Functions compares.
"""


class MeterflowError(Exception):
    """Root of the errors that Meterflow raises by design."""


class TransientError(MeterflowError):
    """The call may succeed later; whoever called should retry with backoff."""


class NotBilled(TransientError):
    """A paid service answered with an error that passes. It bills what it does, not what it turns away."""


class NotConfigured(MeterflowError):
    """A setting that the function needs is absent."""


class BrokenInvariant(MeterflowError):
    """Stored data contradict each other; retrying cannot help."""
