"""Which of the SDK's log lines are for DEBUG: those from which a person learns nothing.

The SDK says at INFO how long each request took, how many rows each stream had (as JSON, for
a machine), and that it begins. None of it is lost: at DEBUG all of it is there, and whoever
has configured the logger of the metrics (`SINGER_SDK_LOG_CONFIG`) keeps what he asked for.
What a stream brought is said by the tap in words. It must not know streams or Marketo.

Source: https://sdk.meltano.com/en/latest/implementation/logging.html
"""

from __future__ import annotations

import logging

from singer_sdk import metrics

# How the SDK's lines begin, as templates. One that a later SDK words otherwise is shown again.
FOR_DEBUG = (
    "Beginning sync of",
    "Starting incremental sync of",
    "Parsing env var for settings",
    "Skipping parse of env var",
    "Skipping deselected stream",
)


class ForDebug(logging.Filter):
    """Makes DEBUG lines of those that are for DEBUG, and lets them pass if somebody debugs.

    Args:
        with_metrics: Whether metrics are among them.
    """

    def __init__(self, *, with_metrics: bool) -> None:
        super().__init__()
        self._with_metrics = with_metrics

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is shown."""
        if record.levelno > logging.INFO or not self._is_for_debug(record):
            return True
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        # The level of the metrics is the SDK's doing: that of its variable LOGLEVEL.
        loggers = (logging.getLogger(record.name), logging.getLogger())
        return any(logger.isEnabledFor(logging.DEBUG) for logger in loggers)

    def _is_for_debug(self, record: logging.LogRecord) -> bool:
        if record.name == metrics.METRICS_LOGGER_NAME:
            return self._with_metrics
        return isinstance(record.msg, str) and record.msg.startswith(FOR_DEBUG)


def keep_for_debug() -> None:
    """Keep out of the log what is for DEBUG; once the log is set up, and before any tap is made.

    The handlers of the root logger show what comes from every logger; one that a user has put
    elsewhere shows what it always did.
    """
    only = ForDebug(with_metrics=not _is_configured(metrics.get_metrics_logger()))
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, ForDebug) for one in handler.filters):
            handler.addFilter(only)


def _is_configured(logger: logging.Logger) -> bool:
    """Whether somebody has said what becomes of a logger's records."""
    return bool(logger.level or logger.handlers or logger.filters or not logger.propagate)
