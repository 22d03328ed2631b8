"""What `--help` says: of the command, of the SDK's options, and of exit codes.

It must not know what an option does, only what it says, nor any one setting or stream.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from tap_marketo_programs.process.about_text import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.about import AboutInfo

    from tap_marketo_programs.process.about_text import AboutStream

SUMMARY = (
    "Extract programs, programs by tag and program members of Adobe Marketo Engage. Singer "
    "messages go to stdout, the log to stderr."
)

# The SDK's options by name; those of this tap bring their own words.
OPTIONS = {
    "about": (
        "Say what the tap is: its settings with types, bounds, defaults and environment "
        "variables, and its streams. Needs no config and asks nobody."
    ),
    "about_format": "Form of --about; plain text if it is not given.",
    "config": (
        "File with settings (JSON), or ENV to read environment variables. May be given several "
        "times: settings of later ones replace those of earlier ones."
    ),
    "discover": "Print the catalog: the streams and fields that this API user may read.",
    "test": (
        "Test the connection: write one record of each stream that needs no export, and of the "
        "others ask which fields and programs there are, and whether export jobs can be listed. "
        "Creates no export job and uses no export quota. --test=schema: write the SCHEMA messages "
        "only."
    ),
    "catalog": "Catalog of --discover, in which streams and fields are selected.",
    "state": "Last STATE of an earlier run, to go on from.",
}

# The first character keeps click from joining the lines.
EXIT_CODES = """\b
Exit codes:
  0    everything asked for was done
  1    it was not: the last ERROR line says why. What was written is true, and the
       next run goes on from the last STATE
  2    the command line cannot be understood
  3    --plan: it does not fit into what is left of today's export quota
  130  ended by SIGINT, and 143 by SIGTERM, after a last STATE
"""

_WIDTH = 84


def reference(info: AboutInfo, streams: Iterable[AboutStream]) -> str:
    """Every setting with its values, default and meaning, and every stream.

    Args:
        info: What the SDK knows of the tap.
        streams: All streams.
    """
    lines = [
        fill(
            f"Settings, in a file for --config or as variables {info.env_var_prefix}... with "
            "--config=ENV (--about has the keys inside them, too):",
            _WIDTH,
        ),
        *_settings(info),
        "",
        "Streams:",
        *_streams(streams),
    ]
    return "\n".join(lines) + "\n"


def _settings(info: AboutInfo) -> Iterator[str]:
    for one in settings_of(info.settings, info.env_var_prefix):
        if not one.variable:
            continue
        default = "" if one.default == "none" else f"; default {one.default}"
        yield f"  {one.name}: {one.values}{'; required' if one.required else default}"
        yield _indented(one.description)


def _streams(streams: Iterable[AboutStream]) -> Iterator[str]:
    for one in streams:
        yield f"  {one.name}: key {', '.join(one.key_properties)}; {one.replication}"
        yield _indented(one.description)


def _indented(text: str) -> str:
    return fill(text, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
