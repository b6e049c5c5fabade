"""Answers that no patience changes: a service said no, or nobody here may ask it."""

from azure.core.exceptions import ClientAuthenticationError

from models.errors import SourceError


class RefusedError(SourceError):
    """The service said no with an HTTP status; `said` starts its words, and is not to be shown."""

    def __init__(self, message: str, status: int, said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.said = said


class NoCredentialError(SourceError):
    """This machine has no identity to ask the service with, so it was not asked."""


def no_credential(service: str, error: ClientAuthenticationError) -> NoCredentialError:
    """Return the error for a question to `service` for which azure-identity found no token."""
    return NoCredentialError(
        f"{service}: there is no credential ({type(error).__name__}): run where tollbook has a"
        " managed identity, or sign in with `az login`"
    )
