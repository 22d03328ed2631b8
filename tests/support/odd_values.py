"""What may be off with an answer, value by value, and how it is put into good ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from altering_proxy import Answer

Path = tuple[Any, ...]

MISSING = object()


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """The way to every value inside a JSON value, outermost first."""
    steps: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict):
        steps = iter(value.items())
    elif isinstance(value, list):
        steps = enumerate(value)
    for step, inner in steps:
        yield (*path, step)
        yield from paths(inner, (*path, step))


def at(value: Any, path: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
    """The value at the end of a path; MISSING where it leads nowhere."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return value


def put(value: Any, path: Sequence[Any], new: object) -> bool:  # noqa: ANN401 - JSON
    """Replace the value at the end of a path, or take it out; whether there was one."""
    holder = at(value, path[:-1])
    if holder is MISSING or at(value, path) is MISSING:
        return False
    if new is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return True


# What a value may turn into; each is given the value that was there.
ODD_VALUES: dict[str, Callable[[Any], Any]] = {
    "missing": lambda _: MISSING,
    "null": lambda _: None,
    "empty text": lambda _: "",
    "blank": lambda _: "  ",
    "another text": lambda _: "not, what, was expected",
    "a text in brackets": lambda _: "[EMEA,APAC]",
    "its own text": lambda value: value if isinstance(value, str) else json.dumps(value),
    "half a surrogate": lambda _: "\ud83d cut",
    "a reversed pair": lambda _: "\ude00\ud83d",
    "control characters": lambda _: "a\0b\x01c\nd\u2028e\u0085f\x7f",
    "a long text": lambda _: "x" * 5_000,
    "a fraction": lambda _: 7.5,
    "a negative number": lambda _: -1,
    "a huge number": lambda _: 10**30,
    "a number of 5,000 digits": lambda _: "__digits__",
    "1e999": lambda _: "__1e999__",
    "NaN": lambda _: float("nan"),
    "infinity as text": lambda _: "Infinity",
    "true": lambda _: True,
    "false": lambda _: False,
    "an empty array": lambda _: [],
    "an array of it": lambda value: [value],
    "an array of nothing": lambda _: [None, [], {}, 7.5],
    "an empty object": lambda _: {},
    "an object of it": lambda value: {"value": value},
}


@dataclass(frozen=True)
class OddValue:
    """One odd value at one place."""

    path: Path
    name: str

    def value(self, content: object) -> Any:  # noqa: ANN401 - JSON
        """What it puts into its place."""
        return ODD_VALUES[self.name](at(content, self.path))

    def put(self, content: Any) -> bool:  # noqa: ANN401 - JSON
        """Apply it; whether there was anything to apply it to."""
        there = at(content, self.path) is not MISSING
        return there and put(content, self.path, self.value(content))

    @property
    def field(self) -> str:
        """The names on the path, as a log line shows them."""
        return ".".join(step for step in self.path if isinstance(step, str))

    def __str__(self) -> str:
        return f"{self.field or self.path} is {self.name}"


def odd_values_for(*contents: object) -> list[OddValue]:
    """Every oddity at every place of like JSON values, in arrays at the first one's only."""
    places = {path: None for content in contents for path in paths(content)}
    first = [path for path in places if not any(isinstance(step, int) and step for step in path)]
    return [OddValue(path, name) for path in first for name in ODD_VALUES]


# What may come in place of a whole answer; each is given the body that was there.
BODIES: dict[str, Callable[[bytes], bytes]] = {
    "no byte": lambda _: b"",
    "blanks": lambda _: b" \n",
    "null": lambda _: b"null",
    "a number": lambda _: b"5",
    "a text": lambda _: b'"text"',
    "an empty array": lambda _: b"[]",
    "an empty object": lambda _: b"{}",
    "an array of it": lambda body: b"[" + body + b"]",
    "half of it": lambda body: body[: len(body) // 2],
    "a page": lambda _: b"<html>Welcome</html>",
    "a byte order mark and it": lambda body: b"\xef\xbb\xbf" + body,
    "itself in UTF-16": lambda body: body.decode().encode("utf-16"),
    "itself, not all of it UTF-8": lambda body: body.replace(
        b'"requestId":"', b'"requestId":"\xff'
    ),
    "100,000 brackets": lambda _: b"[" * 100_000,
    "400 arrays": lambda _: b'{"success":true,"result":' + b"[" * 400 + b"]" * 400 + b"}",
}


def altered(odd: OddValue) -> Callable[[Answer], bool]:
    """The change that one oddity makes of an answer."""

    def change(answer: Answer) -> bool:
        content = answer.json
        done = odd.put(content)
        if done:
            answer.write(content)
        return done

    return change


def replaced(name: str) -> Callable[[Answer], bool]:
    """The change of an answer into another body."""

    def change(answer: Answer) -> bool:
        answer.body = BODIES[name](answer.body)
        return True

    return change


class AlteredRows:
    """Changes rows of answers by their key, the same way wherever they come.

    Args:
        key: The field that tells rows apart.
        planned: What is to happen to which row.

    Attributes:
        met: The rows that were altered, with what was put into them.
    """

    def __init__(self, key: str, planned: Mapping[object, OddValue]) -> None:
        self.key = key
        self.planned = dict(planned)
        self.met: dict[object, Any] = {}

    def __call__(self, answer: Answer) -> bool:
        content = answer.json
        for row in content.get("result") or ():
            name = row[self.key]
            if name in self.planned:
                new = self.planned[name].value(row)
                if self.planned[name].put(row):
                    self.met[name] = new
        answer.write(content)
        return True


class InsertedRow:
    """Puts something among the rows of an answer: first, in the middle and last."""

    def __init__(self, what: object) -> None:
        self.what = what

    def __call__(self, answer: Answer) -> bool:
        content = answer.json
        rows = content.get("result") or []
        for place in (0, len(rows) // 2 + 1, len(rows) + 2):
            rows.insert(place, self.what)
        content["result"] = rows
        answer.write(content)
        return True


def spread_over_rows(
    rows: Mapping[Any, Any], wanted: Sequence[OddValue]
) -> Iterator[dict[Any, OddValue]]:
    """Oddities given out to rows that have the place for them, one to a row at a time."""
    left = list(wanted)
    while left:
        batch: dict[Any, OddValue] = {}
        for odd in list(left):
            free = (
                name
                for name, row in rows.items()
                if name not in batch and at(row, odd.path) is not MISSING
            )
            name = next(free, None)
            if name is not None:
                batch[name] = odd
                left.remove(odd)
        assert batch, f"no row has the place for {left[0]}"
        yield batch


def changes(content: object) -> dict[str, Callable[[Answer], bool]]:
    """All that may be off with an answer like this one."""
    found = {str(odd): altered(odd) for odd in odd_values_for(content)}
    return found | {name: replaced(name) for name in BODIES}
