"""An end to answers that drip: a read timeout starts anew with every byte and does not end them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any

from azure.core.exceptions import ServiceResponseTimeoutError
from azure.core.rest import HttpResponse


@contextmanager
def deadline(response: HttpResponse, seconds: float) -> Iterator[None]:
    """Break off whatever is read of `response` in the block once so many seconds have passed.

    Then, and when the block ends later than that, raises ServiceResponseTimeoutError.
    """
    # A reader waits in the system for a block to fill up, and looks at no clock meanwhile.
    body: Any = getattr(response, "_internal_response").raw  # noqa: B009 (the SDK's only way down)
    over = Event()

    def end() -> None:
        over.set()
        # Nothing is left to be read, or nobody reads any more.
        with suppress(ValueError, RuntimeError, OSError):
            body.shutdown()

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if over.is_set():
            raise _late(seconds) from error
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise _late(seconds)


def _late(seconds: float) -> ServiceResponseTimeoutError:
    return ServiceResponseTimeoutError(f"the answer was not complete after {seconds:g} s")
