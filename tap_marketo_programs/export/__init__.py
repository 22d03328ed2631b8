"""The export engine: plan, jobs, files and rows of Bulk Program Member Extract.

Its parts are imported when they are first named: whoever only describes the
stream, as `--discover` does, needs none of them, and `tables` needs pyarrow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from tap_marketo_programs.export import (
        api,
        download,
        file_oddities,
        ledger,
        lines,
        plan,
        request,
        rows,
        run,
        tables,
    )

__all__ = [
    "api",
    "download",
    "file_oddities",
    "ledger",
    "lines",
    "plan",
    "request",
    "rows",
    "run",
    "tables",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
