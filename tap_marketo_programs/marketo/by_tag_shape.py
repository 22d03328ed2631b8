"""What byTag shows of a program, against what Get Program by Id shows of it.

Adobe's sample of byTag has one tag of a program and no costs; whether it shows all tags, and
the dates, is not documented (https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs).
So it is learned from some answers. Pure. It must not know how Marketo is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo_programs.marketo.records import program_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_marketo_programs.marketo.tag_index import Tag

Feature = tuple[str, bool]
"""A field of a program, and whether it is null; of `tags`, whether there are several."""

_ALL, _ONE, _NONE = "all", "the one asked for", "none"


def features(program: Mapping[str, Any]) -> set[Feature]:
    """What has to be known of byTag to say what it shows of a program that was read by id."""
    return {
        (name, value is None if name != "tags" else len(value or ()) > 1)
        for name, value in program.items()
    }


class ByTagShape:
    """What byTag shows of programs, as far as answers have told."""

    def __init__(self) -> None:
        self._shown: dict[Feature, bool] = {}
        self._tags = {_ALL, _ONE, _NONE}

    @property
    def known(self) -> set[Feature]:
        """What the answers have told."""
        several = ("tags", True)
        return {feature for feature in self._shown if feature != several or len(self._tags) == 1}

    def learn(self, program: Mapping[str, Any], row: Mapping[str, Any], tag: Tag) -> bool:
        """Take in how byTag shows a program that was read by id.

        Args:
            program: As it was read by id.
            row: As byTag shows it.
            tag: The tag that was asked for.

        Returns:
            Whether that can be explained: each field is shown as by id or never shown.
        """
        by_id, by_tag = program_record(program), program_record(row)
        if by_tag.keys() - by_id.keys():
            return False
        self._tags &= {way for way in self._tags if _tags(by_id, tag, way) == by_tag.get("tags")}
        for feature in features(program):
            name = feature[0]
            is_shown = name in by_tag
            if self._shown.setdefault(feature, is_shown) is not is_shown:
                return False
            if is_shown and name not in {"id", "tags"} and by_tag[name] != by_id[name]:
                return False
        return bool(self._tags)

    def row(self, program: Mapping[str, Any], tag: Tag) -> dict[str, Any]:
        """A program that was read by id, as byTag would show it; its features are known."""
        shown = {name for name, _ in filter(self._shown.get, features(program))}
        row = {name: value for name, value in program.items() if name in shown}
        if "tags" in row:
            row["tags"] = _tags(program, tag, next(iter(self._tags)))
        return row


def _tags(program: Mapping[str, Any], tag: Tag, way: str) -> list[Mapping[str, Any]] | None:
    """The tags of a program that was read by id, as byTag would show them."""
    tags = program.get("tags") or []
    if way == _NONE:
        return None
    return [
        each for each in tags if way == _ALL or (each.get("tagType"), each.get("tagValue")) == tag
    ]
