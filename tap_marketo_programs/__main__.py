"""`python -m tap_marketo_programs` is the command."""

from tap_marketo_programs.tap import TapMarketoPrograms

TapMarketoPrograms.cli()
