"""The control API under /__sandbox/, and its client."""

from marketo_sandbox.control.client import ControlError, SandboxControl

__all__ = ["ControlError", "SandboxControl"]
