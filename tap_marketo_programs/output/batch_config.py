"""The user's `batch_config`, and what it cannot go together with.

It must not know how a file is made or stored.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import fsspec
from singer_sdk.helpers._batch import BatchConfig

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.output.storage import without_login

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


BATCH_SIZE = 100_000
"""Rows of a file unless the user says otherwise: fewer make Parquet slow to write and to read."""
_FORMATS = {"jsonl", "parquet"}
_COMPRESSIONS = {None, "gzip", "none"}


def read_config(raw: Mapping[str, Any]) -> BatchConfig:
    """The user's `batch_config`, proved usable before anything is extracted for it.

    Raises:
        MarketoConfigError: It is not complete, or a library for it is missing.
    """
    try:
        config = BatchConfig.from_dict({"batch_size": BATCH_SIZE, **raw})
        config.batch_size = int(config.batch_size)
        known = (
            config.encoding.format in _FORMATS
            and config.encoding.compression in _COMPRESSIONS
            and bool(config.storage.root)
            and config.batch_size > 0
        )
    except (AttributeError, TypeError, ValueError):
        known = False
    if not known:
        message = (
            'batch_config: expected {"encoding": {"format": "jsonl" or "parquet", "compression": '
            '"gzip" or "none"}, "storage": {"root": a folder or URL, "prefix": text}} and, if '
            "wanted, batch_size, a number of rows"
        )
        raise MarketoConfigError(message)
    if config.encoding.format == "parquet" and find_spec("pyarrow") is None:
        message = "batch_config: Parquet needs pyarrow: install tap-marketo-programs[parquet]"
        raise MarketoConfigError(message)
    try:
        fsspec.core.url_to_fs(config.storage.root, **config.storage.params)
    except (ImportError, ValueError) as error:
        message = (
            f"batch_config: {config.storage.root} cannot be used ({error}). For S3, install "
            "tap-marketo-programs[s3]"
        )
        raise MarketoConfigError(without_login(message)) from None
    return config


def refuse_versions(full_tables: Sequence[str]) -> None:
    """Refuse batches of streams that would also activate a version.

    Targets built on the Singer SDK load the rows of a file without a version,
    and a version that the BATCH message names is not looked at. After the
    batches, ACTIVATE_VERSION makes such a target drop every row of them. Before
    the first one it drops the rows of the run before, which are then missing
    until all files are loaded, or until a later run succeeds if they are not.
    `tests/targets/test_targets.py` shows both with a real target.

    Args:
        full_tables: The streams of this run whose replication method is FULL_TABLE.

    Raises:
        MarketoConfigError: There are any.
    """
    if full_tables:
        message = (
            "batch_config and emit_activate_version_messages cannot go together for "
            f"{', '.join(full_tables)} (FULL_TABLE): a target loads the rows of batch files "
            "without a version, so ACTIVATE_VERSION would make it drop them all. Remove one of "
            "the two settings, or deselect these streams"
        )
        raise MarketoConfigError(message)
