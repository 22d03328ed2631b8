"""Verbs that edit the world: programs, tags, members, leads, fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.control import expected
from marketo_sandbox.control.verb_group import VerbGroup
from marketo_sandbox.data.fields import Field
from marketo_sandbox.data.programs import TagType
from marketo_sandbox.data.random_edits import RandomEdits
from marketo_sandbox.data.spread_edits import SpreadEdits
from marketo_sandbox.data.world import NotFound

if TYPE_CHECKING:
    from marketo_sandbox.control.verb_group import Answer
    from marketo_sandbox.data.fields import Value
    from marketo_sandbox.data.spread_edits import Change


class EditVerbs(VerbGroup):
    """Edits, one at a time or many by a seed."""

    def do_add_program(self, **values: object) -> Answer:
        """A new program; `member_count` and `first_lead` give it generated members."""
        return expected.program_row(self._subscription.world.add_program(self._now(), values))

    def do_edit_program(self, program_id: int, **values: object) -> Answer:
        """Change a program."""
        now = self._now()
        touch = self._subscription.knobs.choice("details_move_updated_at") == "yes"
        edited = self._subscription.world.edit_program(program_id, values, now, details_touch=touch)
        return expected.program_row(edited)

    def do_delete_program(self, program_id: int) -> Answer:
        """Delete a program."""
        self._now()
        self._subscription.world.delete_program(program_id)
        return {}

    def do_tag_program(self, program_id: int, tag_type: str, tag_value: str) -> Answer:
        """Tag a program, replacing its value of that type."""
        tags = {**self._subscription.world.program(program_id).tags, tag_type: tag_value}
        return self.do_edit_program(program_id, tags=tags)

    def do_untag_program(
        self, program_id: int, tag_type: str, tag_value: str | None = None
    ) -> Answer:
        """Take a tag off a program; with `tag_value`, only if that is its value."""
        tags = dict(self._subscription.world.program(program_id).tags)
        if tag_value is not None and tags.get(tag_type) != tag_value:
            message = f"program {program_id} has no tag {tag_type!r} of value {tag_value!r}"
            raise NotFound(message)
        tags.pop(tag_type, None)
        return self.do_edit_program(program_id, tags=tags)

    def do_add_tag_type(
        self,
        name: str,
        values: list[str] | None = None,
        required: bool = False,  # noqa: FBT001, FBT002  # a key of the JSON body
    ) -> Answer:
        """A new tag type; without `values`, byName leaves allowableValues out."""
        made = TagType(name, None if values is None else tuple(values), required=required)
        others = [t for t in self._subscription.world.tag_types if t.name != name]
        self._subscription.world.tag_types = [*others, made]
        return made.named()

    def do_add_member(self, program_id: int, lead_id: int, **values: Value) -> Answer:
        """Make a lead a member."""
        self._subscription.world.add_member(program_id, lead_id, values, self._now())
        return {}

    def do_edit_member(
        self,
        program_id: int,
        lead_id: int,
        touch: bool = True,  # noqa: FBT001, FBT002  # a key of the JSON body
        **values: Value,
    ) -> Answer:
        """Change a member; `touch` moves updatedAt to now unless it is given."""
        now = self._now()
        self._subscription.world.edit_member(program_id, lead_id, values, now, touch=touch)
        return {}

    def do_remove_member(self, program_id: int, lead_id: int) -> Answer:
        """End a membership."""
        self._now()
        self._subscription.world.remove_member(program_id, lead_id)
        return {}

    def do_edit_lead(self, lead_id: int, **values: Value) -> Answer:
        """Change a lead's own fields."""
        self._subscription.world.edit_lead(lead_id, values, self._now())
        return {}

    def do_delete_lead(self, lead_id: int) -> Answer:
        """Delete a lead."""
        self._now()
        self._subscription.world.delete_lead(lead_id)
        return {}

    def do_add_member_field(
        self,
        name: str,
        dataType: str = "string",  # noqa: N803  # Marketo's own spelling
        values: list[Value] | None = None,
        length: int | None = None,
    ) -> Answer:
        """A new custom member field; members take their values from `values`."""
        self._now()
        made = Field(
            name, dataType, length, updateable=True, custom=True, values=tuple(values or [None])
        )
        self._subscription.world.add_member_field(made)
        return made.described()

    def do_remove_member_field(self, name: str) -> Answer:
        """Hide or delete a member field."""
        self._now()
        self._subscription.world.remove_member_field(name)
        return {}

    def do_edit_many(  # noqa: PLR0913, PLR0917  # keys of a JSON body, all by name
        self,
        programs: int | None = None,
        program_ids: list[int] | None = None,
        change: Change = "edit",
        each: int = 1,
        seed: int = 1,
        touch: bool = True,  # noqa: FBT001, FBT002  # a key of the JSON body
        **values: Value,
    ) -> Answer:
        """Change `each` members of many programs: of `programs` of them, or of `program_ids`."""
        now, world = self._now(), self._subscription.world
        edits = SpreadEdits(change, each, seed, touch, values)
        if (programs is None) is (program_ids is None):
            message = "edit_many takes programs, a number, or program_ids"
            raise ValueError(message)
        if program_ids is None:
            chosen = edits.chosen(world, programs or 0)
        else:
            chosen = [world.program(program_id) for program_id in program_ids]
        return edits.apply(world, chosen, now)

    def do_bulk_edit(self, seed: int = 1, count: int = 10) -> Answer:
        """Deterministic changes of members."""
        return RandomEdits(self._subscription.world, seed, self._now()).members(count)

    def do_life(self, seed: int = 1, count: int = 10) -> Answer:
        """Deterministic changes of everything."""
        return RandomEdits(self._subscription.world, seed, self._now()).everything(count)
