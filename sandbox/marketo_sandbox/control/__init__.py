"""The control API under /__sandbox/, and its client."""

from marketo_sandbox.control.client import SandboxControl
from marketo_sandbox.control.connection import ControlError

__all__ = ["ControlError", "SandboxControl"]
