"""A config as it came, made one that can be used, or all that is wrong with it.

Here is the order in which values are read, the JSON Schema is applied and what
it cannot see is checked; the checks themselves are in `values`, `check`,
`hashing`, `stream_maps`, `lost_nulls` and `environment`. It must not know the
SDK's plugin classes, nor write a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from singer_sdk.plugin_base import JSONSchemaValidator

from tap_marketo_programs.config.check import check, unknown, useless
from tap_marketo_programs.config.hashing import unfit_hashing
from tap_marketo_programs.config.lost_nulls import lost_nulls
from tap_marketo_programs.config.schema_faults import explain
from tap_marketo_programs.config.stream_maps import misdirected, of_no_stream
from tap_marketo_programs.config.values import read_values

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from jsonschema import ValidationError

    from tap_marketo_programs.config.environment import Environment


@dataclass(slots=True)
class Findings:
    """Lines on a config: what is wrong with it, and what the user should know."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def validated(
    config: dict[str, Any],
    schema: Mapping[str, Any],
    environment: Environment,
    streams: Collection[str],
    now: datetime,
) -> Findings:
    """Read a config's values in place, fill in the defaults, and say what is wrong.

    Args:
        config: The settings as they came.
        schema: Their JSON Schema, the SDK's own settings included.
        environment: Where settings may come from, too, or seem to.
        streams: The streams there are.
        now: The time.
    """
    properties, found = schema["properties"], Findings()
    for name in read_values(config, properties, frozenset(schema["required"])):
        found.warnings.append(f"{name}: blanks or line ends around it were removed")
    strangers, remarks = unknown(config, properties)
    found.warnings += [f"{name}: is taken for a remark and sets nothing" for name in remarks]
    maps = config.get("stream_maps")
    violations = _violations(config, schema)
    found.errors += explain(violations, properties)
    found.errors += strangers.values()
    found.errors += misdirected(maps if isinstance(maps, dict) else {}, streams)
    if not environment.is_read:
        text = environment.settings({"stream_maps": {}}).get("stream_maps", "")
        found.errors += lost_nulls(maps if isinstance(maps, dict) else {}, text)
    refused, warned = environment.strangers(properties, config)
    found.errors += refused
    found.warnings += warned
    faulty = {str(error.path[0]) for error in violations if error.path}
    found.errors += check(config, now, faulty)
    found.errors += unfit_hashing(config, faulty)
    found.warnings += useless(config)
    found.warnings += of_no_stream(maps if isinstance(maps, dict) else {}, config)
    return found


def _violations(config: dict[str, Any], schema: Mapping[str, Any]) -> list[ValidationError]:
    """What does not fit the schema; the SDK's validator also fills in the defaults."""
    # The SDK's schema of stream maps is none in places, and fails on what does not fit it.
    is_object = isinstance(config.get("stream_maps"), dict)
    aside = {"stream_maps": config.pop("stream_maps")} if is_object else {}
    found = list(JSONSchemaValidator(schema).iter_errors(config))
    config |= aside
    return found
