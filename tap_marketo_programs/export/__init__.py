"""The export engine: plan, jobs and files of Bulk Program Member Extract.

Its parts are imported when they are first named: whoever only describes the
stream, as `--discover` does, needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from tap_marketo_programs.export import api, bookmark, download, ledger, plan, request, run

__all__ = [
    "api",
    "bookmark",
    "download",
    "ledger",
    "plan",
    "request",
    "run",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
