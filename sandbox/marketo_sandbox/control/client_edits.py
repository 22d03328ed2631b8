"""The part of the control API's client that edits the world.

Each method is the verb of its name; what it does, the verb says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.control.connection import ControlConnection

if TYPE_CHECKING:
    from collections.abc import Sequence


class WorldEdits(ControlConnection):
    """Edits of programs, tags, members, leads and fields."""

    def add_program(self, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
        """A new program."""
        return dict(self._do("add_program", **fields))

    def edit_program(self, program_id: int, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
        """Change a program."""
        return dict(self._do("edit_program", program_id=program_id, **fields))

    def delete_program(self, program_id: int) -> None:
        """Delete a program."""
        self._do("delete_program", program_id=program_id)

    def tag_program(self, program_id: int, tag_type: str, tag_value: str) -> dict[str, Any]:
        """Tag a program."""
        keys = {"program_id": program_id, "tag_type": tag_type, "tag_value": tag_value}
        return dict(self._do("tag_program", **keys))

    def untag(self, program_id: int, tag_type: str, tag_value: str | None = None) -> dict[str, Any]:
        """Take a tag off a program; with `tag_value`, only if that is its value."""
        keys = {"program_id": program_id, "tag_type": tag_type, "tag_value": tag_value}
        return dict(self._do("untag_program", **keys))

    untag_program = untag

    def add_tag_type(
        self, name: str, values: Sequence[str] | None = None, *, required: bool = False
    ) -> dict[str, Any]:
        """A new tag type."""
        listed = None if values is None else list(values)
        return dict(self._do("add_tag_type", name=name, values=listed, required=required))

    def add_member(self, program_id: int, lead_id: int, **fields: Any) -> None:  # noqa: ANN401
        """Make a lead a member."""
        self._do("add_member", program_id=program_id, lead_id=lead_id, **fields)

    def edit_member(
        self,
        program_id: int,
        lead_id: int,
        *,
        touch: bool = True,
        **fields: Any,  # noqa: ANN401
    ) -> None:
        """Change a member; `touch` moves updatedAt to now unless it is given."""
        self._do("edit_member", program_id=program_id, lead_id=lead_id, touch=touch, **fields)

    def remove_member(self, program_id: int, lead_id: int) -> None:
        """End a membership."""
        self._do("remove_member", program_id=program_id, lead_id=lead_id)

    def edit_lead(self, lead_id: int, **fields: Any) -> None:  # noqa: ANN401
        """Change a lead's own fields."""
        self._do("edit_lead", lead_id=lead_id, **fields)

    def delete_lead(self, lead_id: int) -> None:
        """Delete a lead."""
        self._do("delete_lead", lead_id=lead_id)

    def add_member_field(
        self,
        name: str,
        dataType: str = "string",  # noqa: N803  # Marketo's own spelling
        values: Sequence[Any] | None = None,
        length: int | None = None,
    ) -> dict[str, Any]:
        """A new custom member field; members take their values from `values`."""
        listed = None if values is None else list(values)
        keys = {"name": name, "dataType": dataType, "values": listed, "length": length}
        return dict(self._do("add_member_field", **keys))

    def remove_member_field(self, name: str) -> None:
        """Hide or delete a member field."""
        self._do("remove_member_field", name=name)

    def edit_many(  # noqa: PLR0913  # keys of a JSON body, all but one by name
        self,
        programs: int | None = None,
        *,
        program_ids: Sequence[int] | None = None,
        change: str = "edit",
        each: int = 1,
        seed: int = 1,
        touch: bool = True,
        **fields: Any,  # noqa: ANN401
    ) -> list[dict[str, Any]]:
        """Change (`edit`, `add`, `remove`) `each` members of many programs, spread over all."""
        chosen = None if program_ids is None else list(program_ids)
        keys = {"change": change, "each": each, "seed": seed, "touch": touch, **fields}
        return list(self._do("edit_many", programs=programs, program_ids=chosen, **keys))

    def bulk_edit(self, seed: int = 1, count: int = 10) -> list[dict[str, Any]]:
        """Deterministic changes of members."""
        return list(self._do("bulk_edit", seed=seed, count=count))

    def life(self, seed: int = 1, count: int = 10) -> list[dict[str, Any]]:
        """Deterministic changes of everything."""
        return list(self._do("life", seed=seed, count=count))
