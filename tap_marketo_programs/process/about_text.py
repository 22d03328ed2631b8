"""What `--about` prints: all there is to know of each setting and stream, in every format.

The SDK's own text tells of a setting its type and nothing more, its table no bounds, and
none of its formats which streams there are. It must not know any one setting or stream.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

from singer_sdk.about import AboutFormatter

from tap_marketo_programs.config.schema_faults import expected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk.about import AboutInfo

WIDTH = 96


@dataclass(frozen=True, slots=True)
class AboutStream:
    """A stream, for whoever has not asked Marketo yet.

    Args:
        name: Its name.
        key_properties: What tells its rows apart.
        replication_key: What its bookmark goes by; None if each run brings all rows.
        description: A line.
    """

    name: str
    key_properties: tuple[str, ...]
    replication_key: str | None
    description: str

    @property
    def replication(self) -> str:
        """How it is replicated, in Singer's words."""
        return f"INCREMENTAL by {self.replication_key}" if self.replication_key else "FULL_TABLE"


@dataclass(frozen=True, slots=True)
class AboutSetting:
    """A setting in words; one inside another has both names, as `batch_config.storage`.

    One of a list of objects is written `program_tags[].tag_type`.
    """

    name: str
    values: str
    required: bool
    default: str
    secret: bool
    variable: str
    description: str


def about_text(info: AboutInfo, streams: Sequence[AboutStream], form: str) -> str:
    """What the tap is, with a line end.

    Args:
        info: What the SDK knows of it.
        streams: All streams.
        form: `text`, `markdown` or `json`.
    """
    usual = AboutFormatter.get_formatter(form).format_about(info)
    if form == "json":
        return _as_json(info, streams, json.loads(usual))
    settings = list(settings_of(info.settings, info.env_var_prefix))
    if form == "markdown":
        head, _, _ = usual.partition("## Settings\n")
        return f"{head}{_as_markdown(settings, streams)}\n"
    head, _, _ = usual.partition("\nSettings:\n")
    return "\n".join([head, *_as_text(settings, streams)]) + "\n"


# Settings in words


def settings_of(schema: Mapping[str, Any], prefix: str, inside: str = "") -> Iterator[AboutSetting]:
    """The settings of a JSON Schema, each followed by those inside it."""
    for name, one in schema.get("properties", {}).items():
        full = f"{inside}{name}"
        yield AboutSetting(
            name=full,
            values=values_text(one),
            required=name in schema.get("required", ()),
            default=json.dumps(one["default"]) if "default" in one else "none",
            secret=bool(one.get("secret")),
            variable="" if inside else prefix + name.upper(),
            description=" ".join(str(one.get("description", "")).split()),
        )
        yield from settings_of(one, prefix, f"{full}.")
        yield from settings_of(one.get("items", {}), prefix, f"{full}[].")


def values_text(schema: Any) -> str:  # noqa: ANN401 - the SDK's schemas hold texts where one should be
    """Which values a schema allows: `integer, at least 1 and at most 10`."""
    if not isinstance(schema, dict):
        return ""
    if "const" in schema:
        return json.dumps(schema["const"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            texts = [values_text(one) for one in schema[several] if one != {"type": "null"}]
            return " or ".join(filter(None, texts))
    text = expected(schema)
    if "items" in schema:
        text += f" of {values_text(schema['items'])}"
    if schema.get("format") == "date-time":
        text += ", a date or a date and time (RFC 3339)"
    return text


# The formats


def _as_json(info: AboutInfo, streams: Iterable[AboutStream], usual: dict[str, Any]) -> str:
    names = info.settings.get("properties", {})
    usual["environment_variables"] = {name: info.env_var_prefix + name.upper() for name in names}
    usual["streams"] = [
        {
            **asdict(one),
            "replication_method": "INCREMENTAL" if one.replication_key else "FULL_TABLE",
        }
        for one in streams
    ]
    return json.dumps(usual, indent=2) + "\n"


def _as_text(settings: Iterable[AboutSetting], streams: Iterable[AboutStream]) -> Iterator[str]:
    yield "Settings:"
    for one in settings:
        yield f"  - Name: {one.name}"
        yield f"    Type: {one.values}"
        yield f"    Required: {'yes' if one.required else 'no'}"
        yield f"    Default: {one.default}"
        if one.secret:
            yield "    Secret: yes"
        if one.variable:
            yield f"    Environment Variable: {one.variable}"
        yield _wrapped(one.description)
    yield "Streams:"
    for stream in streams:
        yield f"  - Name: {stream.name}"
        yield f"    Key: {', '.join(stream.key_properties)}"
        yield f"    Replication: {stream.replication}"
        yield _wrapped(stream.description)


def _wrapped(text: str) -> str:
    return fill(f"    Description: {text}", WIDTH, subsequent_indent=" " * 6)


def _as_markdown(settings: Iterable[AboutSetting], streams: Iterable[AboutStream]) -> str:
    rows = [
        (
            f"`{one.name}`",
            one.values,
            "yes" if one.required else "",
            "" if one.default == "none" else f"`{one.default}`",
            "yes" if one.secret else "",
            one.variable and f"`{one.variable}`",
            one.description,
        )
        for one in settings
    ]
    heads = (
        "Setting",
        "Type",
        "Required",
        "Default",
        "Secret",
        "Environment Variable",
        "Description",
    )
    told = [
        (f"`{one.name}`", ", ".join(one.key_properties), one.replication, one.description)
        for one in streams
    ]
    stream_table = _table(("Stream", "Key", "Replication", "Description"), told)
    return f"## Settings\n\n{_table(heads, rows)}\n\n## Streams\n\n{stream_table}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    cells = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
