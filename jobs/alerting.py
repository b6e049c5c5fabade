"""The job `alert`: tells the channels which thresholds of budgets are newly crossed, once each.

What a channel took is recorded after it took it. A kill in between tells it again in the next run;
no crossing is ever recorded untold.
"""

from collections.abc import Sequence
from itertools import groupby

import structlog

from jobs.ingestion import Run
from models.alerts import Crossing, crossings, message
from models.errors import NotificationError
from models.operations import alerts_delivered, operations, record_alerts
from models.publication import read_manifest
from models.viewer import operator

log = structlog.get_logger()


def alert(run: Run) -> None:
    """Tell every channel what it was not told yet, one message each.

    Does nothing, and says so, without a channel, a publication or a crossing. Raises
    NotificationError when a channel did not take its message: the next run tries again.
    """
    settings = run.settings
    if not settings.notify_urls:
        log.info("no alerts: no channel is set")
        return
    state = read_manifest(settings.publication_dir)
    if state is None or not state.days:
        log.info("no alerts: nothing is published")
        return
    found = crossings(settings.publication_dir, operator(settings), state, run.clock.now())
    if not found:
        log.info("no alerts: no threshold of a budget is crossed")
        return
    _tell(run, found)


def _tell(run: Run, found: Sequence[Crossing]) -> None:
    # Apprise costs time to import; who has no channel does not pay it.
    from jobs.notification import channels_of, send  # noqa: PLC0415

    channels = sorted(channels_of(run.settings), key=lambda channel: channel.digest)
    with operations(run.settings.operations_file) as database:
        delivered = alerts_delivered(database)
    failed: list[str] = []
    for digest, alike in groupby(channels, key=lambda channel: channel.digest):
        new = [crossing for crossing in found if (crossing.digest, digest) not in delivered]
        if not new:
            continue
        untold = [channel for channel in alike if not send(channel, *message(new))]
        failed += [f"{channel.number} ({channel.kind})" for channel in untold]
        if untold:
            continue
        with operations(run.settings.operations_file) as database:
            record_alerts(database, run.clock.now(), digest, [one.digest for one in new])
        log.info("alerted", crossings=len(new))
    if failed:
        raise NotificationError(
            f"channel {', '.join(failed)} of TOLLBOOK_NOTIFY_URLS did not take the message: check"
            " its address and that it can be reached; the next run tries again"
        )
