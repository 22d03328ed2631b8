"""Where programs lie: folders, workspaces, and programs within programs.

Folders are no objects of their own here, only what a program says of its place. Their
ids and those of programs are numbers of two kinds: one number may be both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marketo_sandbox.data.programs import Program

DEFAULT_WORKSPACE, EMEA = "Default", "EMEA Workspace"


@dataclass(frozen=True)
class Folder:
    """One folder; its name may be that of another folder."""

    id: int
    name: str
    workspace: str = DEFAULT_WORKSPACE

    def take(self, program: Program) -> None:
        """Put a program here."""
        program.folder_type, program.folder_id, program.folder_name = "Folder", self.id, self.name
        program.workspace = self.workspace


def nest(program: Program, parent: Program) -> None:
    """Put a program into another one, such as an invitation into its event."""
    program.folder_type = "Program"
    program.folder_id, program.folder_name = parent.id, parent.name
    program.workspace = parent.workspace
