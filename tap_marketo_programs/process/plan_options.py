"""The options of `--plan`: what they are, and what they do not go together with.

It must not know how a plan is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tap_marketo_programs.errors import MarketoConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The exit code of a plan that exceeds what is left of today's quota.
DOES_NOT_FIT = 3
TABLE = "table"
JSON = "json"

# Each of these is a task of its own.
_OTHERS = ("about", "discover", "test")


def plan_options() -> list[click.Option]:
    """`--plan`, which may have a value, and `--ask-changes`."""
    return [
        click.Option(
            ["--plan"],
            is_flag=False,
            flag_value=TABLE,
            default=None,
            callback=_checked_form,
            help=(
                "Say what a run would do (programs, export jobs, calls, MB, minutes) and do "
                "nothing; --plan=json for programs. Ends with 0 if it fits into what is left of "
                "today's export quota, with 3 if not."
            ),
        ),
        click.Option(
            ["--ask-changes"],
            is_flag=True,
            help="With --plan: ask Marketo what changed, with a call for each program.",
        ),
    ]


def refuse_together(given: Mapping[str, Any]) -> None:
    """Refuse what means nothing together.

    Args:
        given: The options of a command line by name; one that is not given is absent.

    Raises:
        MarketoConfigError: Two of them are tasks, or `--ask-changes` stands alone.
    """
    if "plan" in given:
        for name in _OTHERS:
            if name in given:
                message = f"--plan and --{name} do not go together; give one of them"
                raise MarketoConfigError(message)
    elif "ask_changes" in given:
        message = "--ask-changes goes with --plan only; nothing was done"
        raise MarketoConfigError(message)


def _checked_form(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value in {None, TABLE, JSON}:
        return value
    message = f"--plan: unknown form {value!r}; give --plan for a table, or --plan=json"
    raise MarketoConfigError(message)
