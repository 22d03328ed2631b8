"""The files a user hands over: config, state and catalog, and `.env`.

The SDK reads them without a second look. Each must be the JSON it takes it for,
or it ends in a traceback or, worse, starts from zero. It must not know what the
settings, bookmarks or streams mean.
"""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from dotenv import load_dotenv

from tap_marketo_programs.errors import MarketoConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    OptionCallback = Callable[[click.Context, click.Parameter, Any], Any]


def checked_config(callback: OptionCallback | None) -> OptionCallback:
    """Read the config files in the SDK's place, each once: a pipe has no second time.

    Args:
        callback: The SDK's; it makes of `ENV` what it makes of it.
    """

    def check(context: click.Context, option: click.Parameter, paths: tuple[str, ...]) -> Any:  # noqa: ANN401 - what the SDK makes of it
        if callback is None:  # pragma: no cover - the SDK has one
            return paths
        found = callback(context, option, tuple(path for path in paths if path == "ENV"))
        for path in paths:
            if path != "ENV":
                text = _text(option, path, partial(Path(path).read_text, "utf-8"))
                # `found` is of a private class of the SDK's, and `config` where the tap finds
                # what it was given; without it, the SDK would read the files itself.
                found.config |= json_object(option.opts[0], path, text)
        return found

    return check


def checked_file(
    problem: Callable[[dict[str, Any]], str | None],
    accept: Callable[[dict[str, Any]], None] = lambda _: None,
    unwrapped: Callable[[dict[str, Any]], dict[str, Any]] = lambda found: found,
) -> OptionCallback:
    """Read the state or catalog before the SDK does, and hand it on if it is one.

    Args:
        problem: Why it is none, if so.
        accept: Called with one that is.
        unwrapped: What of a file's content is the state or catalog.
    """

    def check(
        context: click.Context,  # noqa: ARG001 - click's signature
        option: click.Parameter,
        file: IO[str] | None,
    ) -> IO[str] | None:
        if file is None:
            return None
        with file:
            text = _text(option, file.name, file.read)
        found = unwrapped(json_object(option.opts[0], file.name, text))
        if reason := problem(found):
            message = (
                f"{option.opts[0]}: {file.name} is no {option.name}: {reason}. "
                "Nothing was extracted."
            )
            raise MarketoConfigError(message)
        accept(found)
        return io.StringIO(json.dumps(found))

    return check


def _text(option: click.Parameter, path: str, read: Callable[[], str]) -> str:
    try:
        return read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        message = f"{option.opts[0]}: {path} cannot be read ({reason})"
        raise MarketoConfigError(message) from None


def load_env_file(path: str = ".env") -> None:
    """Set the variables of the file `.env` in the working directory, if there is one.

    A variable that is set already stays as it is.

    Raises:
        MarketoConfigError: It cannot be read.
    """
    try:
        # As other files, it may begin with the mark that Windows puts in front of UTF-8.
        load_dotenv(path, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        message = f"{path} cannot be read ({reason})"
        raise MarketoConfigError(message) from None


class _NoJson(ValueError):
    """What Python reads and JSON does not have."""


def json_object(option: str, path: str, text: str) -> dict[str, Any]:
    """The JSON object that a file holds.

    Args:
        option: By which it was given.
        path: The file.
        text: What it holds.

    Raises:
        MarketoConfigError: It is none, or a name stands in an object twice, of
            which one would be lost; never with a value.
    """
    # Editors and shells of Windows put a mark in front of UTF-8, which JSON does not know.
    text = text.removeprefix("\ufeff")
    try:
        found = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        # Its place only: its words may repeat what stands there.
        place = f"is not JSON (line {error.lineno}, column {error.colno})"
        reason = place if text.strip() else "is empty"
    except _NoJson as error:
        reason = str(error)
    except (RecursionError, ValueError):
        reason = "is not JSON that can be read (too deep, or a number of too many digits)"
    else:
        if isinstance(found, dict):
            return found
        reason = "does not hold a JSON object"
    message = f"{option}: {path} {reason}. Nothing was extracted."
    raise MarketoConfigError(message)


def _refuse_constant(name: str) -> NoReturn:
    message = f"is not JSON (it holds {name}, which is no number)"
    raise _NoJson(message)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"holds {twice!r} twice in one object, and only one of the two would count"
        raise _NoJson(message)
    return found
