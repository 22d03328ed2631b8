"""What `--help` says: of the command, of the SDK's options, and of exit codes.

It must not know what an option does, only what it says.
"""

from __future__ import annotations

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
