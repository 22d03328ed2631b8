"""The blocks of commands, files and output in the pages, and what is said of each.

A page says of every block what holds it to the truth. A comment directly above the block
is for the tests, a sentence in italics for readers:

- `<!-- run -->`: the test of the page runs it, in bash, after the blocks above it;
- `<!-- run with: PACKAGE==VERSION -->`: the same with the commands of that package, which is
  too large for a test; `captures.py --large` runs it, and a sentence in italics says when;
- `<!-- file: NAME -->`: the test of the page writes it to that file, for the blocks below;
- `<!-- output -->`: what the block above it printed; where figures depend on the pace of
  the machine, `<!-- output like -->`;
- `<!-- run by: PATH -->`: that test, or script of CI, reads the page and runs the block;
- `<!-- output by: PATH -->`: that script writes what such a block printed;
- `<!-- drawing -->`: letters that draw something;
- `*Not run here: REASON.*`: nothing runs it, so it cannot be an output.

It must not know how a block is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"( *)(```+|~~~+)(?: *(\S+))?.*")
_KINDS = "run|run by|run with|file|output|output like|output by|drawing"
_COMMENT = re.compile(rf"<!-- ({_KINDS})(?:: (\S+))? -->")
_SENTENCE = re.compile(r"\*(Not run here: .{10,})\.\*")
_DATED = re.compile(r"\*Run on (?P<date>\d{4}-\d\d-\d\d) with (?P<versions>[^*]{4,})\.\*")
_PAGE = re.compile(r"<!-- page: (.*) -->")

# The kinds of marks that name something.
_NAMED = {"file", "run by", "run with", "output by"}

# What is drawn, or read by the site's generator alone.
_DRAWN = {"mermaid", "{toctree}", "{include}"}


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Args:
        line: Of its opening fence, from 1.
        language: As the fence says it; empty if it does not.
        text: Its lines, each with its end.
        kind: Of its mark: `run`, `run by`, `run with`, `file`, `output`, `output like`,
            `output by`, `drawing` or `sentence`; empty where it has none.
        name: The file, test or package that the mark names, or the sentence.
    """

    line: int
    language: str
    text: str
    kind: str
    name: str


@dataclass(frozen=True)
class Page:
    """A page and its blocks.

    Args:
        path: As the repository spells it.
        text: The whole page.
        blocks: In their order, without drawings.
        options: Words of its comment `<!-- page: WORDS -->`, which say what its test starts
            from: `new` (nothing installed, no credentials), `clone` (a clone of the repository,
            and no wheels), `project` (a Meltano project as "Getting started" makes it),
            `postgres` (a server), and the sandbox's `world=`, `speed=`, `programs=`
            and `members-per-program=`; and `equal=FOLDER`, where the files of target-jsonl
            are compared with the truth at the end.
    """

    path: str
    text: str
    blocks: tuple[Block, ...]
    options: frozenset[str]

    def option(self, name: str, without: str) -> str:
        """The value of an option such as `world=demo`."""
        values = [one.partition("=")[2] for one in self.options if one.startswith(f"{name}=")]
        return values[0] if values else without

    @property
    def runs(self) -> bool:
        """Whether its test has anything to do."""
        return any(block.kind == "run" for block in self.blocks)

    def above(self, output: Block) -> Block | None:
        """The block whose output a block is: the nearest one above that is none itself."""
        earlier = [block for block in self.blocks if block.line < output.line]
        commands = [block for block in earlier if not block.kind.startswith("output")]
        return commands[-1] if commands else None

    def outputs(self, *, large: bool) -> list[Block]:
        """The outputs that a test compares with a run, or those that need large packages."""
        outputs = [block for block in self.blocks if block.kind.startswith("output")]
        commands = ((block, self.above(block)) for block in outputs)
        return [block for block, by in commands if by and (by.kind == "run with") is large]

    @property
    def packages(self) -> set[str]:
        """The packages, with their versions, that are too large for its test."""
        return {block.name for block in self.blocks if block.kind == "run with"}

    @property
    def dated(self) -> list[tuple[str, str]]:
        """When blocks were run with such packages, and the versions of all that took part."""
        return [(found["date"], found["versions"]) for found in _DATED.finditer(self.text)]


def page(path: str, text: str) -> Page:
    """Read a page.

    Raises:
        ValueError: A block does not end.
    """
    words = _PAGE.search(text)
    return Page(
        path, text, tuple(_blocks(path, text)), frozenset(words[1].split() if words else [])
    )


def _blocks(path: str, text: str) -> list[Block]:
    lines = text.splitlines(keepends=True)
    found: list[Block] = []
    number = 0
    while number < len(lines):
        opened = _FENCE.fullmatch(lines[number].rstrip("\n"))
        if not opened:
            number += 1
            continue
        first = number + 1
        number = first
        while number < len(lines) and lines[number].strip() != opened[2]:
            number += 1
        if number == len(lines):
            message = f"{path}:{first}: the block does not end"
            raise ValueError(message)
        language = opened[3] or ""
        if language not in _DRAWN:
            kind, name = _mark(lines[: first - 1])
            found.append(Block(first, language, "".join(lines[first:number]), kind, name))
        number += 1
    return found


def _mark(above: list[str]) -> tuple[str, str]:
    """The kind and the name of the mark that the lines above a block end with."""
    if above and (comment := _COMMENT.fullmatch(above[-1].strip())):
        kind, name = comment[1], comment[2] or ""
        return (kind, name) if bool(name) is (kind in _NAMED) else ("", "")
    said = [line.strip() for line in above if line.strip()]
    if said and (sentence := _SENTENCE.fullmatch(said[-1])):
        return "sentence", sentence[1]
    return "", ""


def replaced(page: Page, texts: dict[int, str]) -> str:
    """The page with other texts in some blocks, by the lines of their fences."""
    lines = page.text.splitlines(keepends=True)
    for block in sorted(page.blocks, key=lambda one: -one.line):
        if block.line in texts:
            count = len(block.text.splitlines())
            lines[block.line : block.line + count] = [texts[block.line]]
    return "".join(lines)


def redated(text: str, date: str, versions: dict[str, str]) -> str:
    """A page whose sentences on runs have another date and other versions.

    Args:
        text: The page.
        date: In ISO 8601.
        versions: Of programs, by the names that sentences give them.
    """

    def now(found: re.Match[str]) -> str:
        words = found["versions"]
        for name, version in versions.items():
            words = re.sub(rf"\b{re.escape(name)} \d[\d.]*\d", f"{name} {version}", words)
        return f"*Run on {date} with {words}.*"

    return _DATED.sub(now, text)
