"""The sender of e-mails on the laptop cloud: its domain counts as verified, as an account's owner does once on AWS."""

import contextlib

from local import deploy

# The default of the template's parameter SenderDomain.
DOMAIN = "meterflow.example"


def verify() -> None:
    """Make the sender's domain an identity that SES accepts; doing it again changes nothing."""
    ses = deploy.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=DOMAIN)
