"""Structured logs on standard error: counts, names of tables, ids of runs, and no people."""

import logging
import sys

import structlog


def set_up_logging(level: int = logging.INFO) -> None:
    """Write tollbook's own events, readable where a person watches and as JSON where none does."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
