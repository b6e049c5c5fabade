"""Every error tollbook raises on purpose; each message ends with what to do.

TollbookError
├── SettingsError        a setting is missing or wrong (all of them listed at once)
├── SeedError            a reviewed seed file breaks its own rules
├── SourceError          a source outside answered wrongly or not at all
├── WarehouseError       the warehouse is locked, too new or broken
├── CheckError           a check found rows that must not exist; nothing was published
├── PublicationError     nothing is published, or what is asked for is not in it
├── OperationsError      the operations database is too new, damaged or cannot be written
├── NotificationError    a channel did not take a message
├── ForgetError          somebody cannot be forgotten, or something of them is left
└── ReportError          a report was asked for in a way it does not offer
"""


class TollbookError(Exception):
    """Base of all errors whose message is meant for the person at the keyboard."""


class SettingsError(TollbookError):
    """A setting is missing or wrong."""


class SeedError(TollbookError):
    """A reviewed seed file breaks its own rules."""


class SourceError(TollbookError):
    """A source outside answered wrongly or not at all."""


class WarehouseError(TollbookError):
    """The warehouse is locked, too new or broken."""


class CheckError(TollbookError):
    """A check found rows that must not exist; nothing was published."""


class PublicationError(TollbookError):
    """Nothing is published, or what is asked for is not in the publication."""


class OperationsError(TollbookError):
    """The operations database is too new, damaged or cannot be written."""


class NotificationError(TollbookError):
    """A channel did not take a message."""


class ForgetError(TollbookError):
    """Somebody cannot be forgotten, or something of them is left."""


class ReportError(TollbookError):
    """A report was asked for in a way it does not offer."""
