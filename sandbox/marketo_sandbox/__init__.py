"""A local server that behaves as Adobe Marketo Engage's program APIs are known to behave."""

from marketo_sandbox.control import ControlError, SandboxControl
from marketo_sandbox.http.tokens import (
    CLIENT_ID,
    CLIENT_SECRET,
    OTHER_CLIENT_ID,
    OTHER_CLIENT_SECRET,
)
from marketo_sandbox.sandbox import Sandbox

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "OTHER_CLIENT_ID",
    "OTHER_CLIENT_SECRET",
    "ControlError",
    "Sandbox",
    "SandboxControl",
]
