"""Makes docs/errors.md and docs/unknowns.md out of the matrix and the table of verdicts.

`uv run python tests/support/matrix_docs.py` writes both; a test fails while they differ.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matrix import (
    CASES,
    ENDPOINTS,
    GROUPS,
    MEANINGS,
    OTHER,
    TROUBLES,
    UNKNOWNS,
    Case,
    Must,
    Trouble,
)

from tap_marketo_programs.marketo.http_statuses import http_verdict
from tap_marketo_programs.marketo.verdicts import VERDICTS, verdict
from tap_marketo_programs.retry_policy import REQUEST_POLICY, Budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DOCS = Path(__file__).parents[2] / "docs"
MADE = "<!-- Made by tests/support/matrix_docs.py from tests/support/matrix; edit those. -->"

_ERRORS = f"""\
{MADE}

# Errors

What Marketo may answer, what the tap does about it, and what is left for you to do. Every row is \
a test that runs against the sandbox.

- **Exit code 0**: everything that was asked for was extracted. Otherwise the last line of the log \
says what ended the run, with Marketo's code and request id.
- **A run that stops loses nothing.** The STATE printed so far is true: the next run goes on from \
it, and resumes the export jobs that it names.
- A job or a file that is no good costs its own rows only; the other programs go on, and the run \
fails at its end.
"""

_UNKNOWNS = f"""\
{MADE}

# What nobody public knows of Marketo

No public source settles these points. The sandbox has a knob for each (`U1` to `U37`), and the \
tap is tested under every variant; the first one is the likeliest.
"""


def errors_page() -> str:
    """The page on codes and situations."""
    patience = (
        f"`Tries again`: at most {_bounds(REQUEST_POLICY.usual)}; "
        f"after a rate limit {_bounds(REQUEST_POLICY.rate_limited)}. "
        "Before Marketo has answered for the first time in a run, a few seconds: silence is more "
        "likely a wrong `base_url`.\n"
    )
    parts = [
        _ERRORS,
        "## Codes and answers\n",
        patience,
        *_table(("Marketo answers", "Meaning", "The tap", "If it stays so", "Error"), _codes()),
        "\n## Where an answer means something else\n",
        *_table(("Answer", "At", "The run", "That is"), _exceptions()),
    ]
    for title, cases in list(GROUPS.items())[1:-1]:
        parts += [f"\n## {title}\n", *_table(_SITUATION, _situations(cases))]
    return "\n".join(parts) + "\n"


def unknowns_page() -> str:
    """The page on the unknowns."""
    parts = [_UNKNOWNS, *_table(("", "Unknown", "Variants", "The tap"), _unknowns())]
    return "\n".join(parts) + "\n"


_SITUATION = ("Situation", "The run", "That is")


def _bounds(budget: Budget) -> str:
    return f"{budget.tries} times or {budget.seconds / 60:.0f} minutes"


def _codes() -> Iterator[Sequence[str]]:
    for trouble in TROUBLES:
        meaning = "" if trouble.name == OTHER else MEANINGS.get(trouble.name, "")
        yield (
            _shown(trouble.name),
            meaning,
            trouble.effect.value,
            trouble.advice,
            f"`{_class(trouble)}`",
        )
    for row in VERDICTS:
        if row.code in {"1029", "1035"}:
            words = f"words like `{row.words.pattern}`" if row.words else "No updatedAt filter"
            yield f"`{row.code}`", words, "see below", "", f"`{row.raises.__name__}`"


def _shown(name: str) -> str:
    """An answer as a reader looks it up."""
    if name == OTHER:
        return MEANINGS[OTHER].lower()
    return f"`{name}`" if name.removeprefix("HTTP ").isdigit() else name


def _class(trouble: Trouble) -> str:
    """The error that ends the run."""
    if trouble.kind == "error":
        return verdict(trouble.name, str(trouble.args.get("message", ""))).__name__
    if trouble.kind == "http":
        return http_verdict(int(trouble.args["status"])).__name__
    return {
        "redirect": "RequestRefused",
        "reset": "ConnectionFailed",
        "cut": "ConnectionFailed",
    }.get(trouble.kind, "BrokenAnswer")


def _exceptions() -> Iterator[Sequence[str]]:
    """Cases of the general kind that have a text of their own, those alike in one row."""
    told = [case for case in CASES if case.times and case.text and _is_general(case)]
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in told:
        groups.setdefault((case.text, case.endpoint), []).append(case)
    for (text, endpoint), cases in groups.items():
        codes = dict.fromkeys(_shown(case.what) for case in cases)
        yield ", ".join(codes), ENDPOINTS[endpoint].title, _outcome(cases[0]), text


def _is_general(case: Case) -> bool:
    return case in GROUPS["Codes and answers"]


def _situations(cases: Iterable[Case]) -> Iterator[Sequence[str]]:
    for case in cases:
        where = f" ({ENDPOINTS[case.endpoint].title})" if case.endpoint else ""
        again = ", again and again" if case.times == "for ever" else ""
        situation = f"{case.what[:1].upper()}{case.what[1:]}{where}{again}"
        yield situation, _outcome(case), case.text or "As if nothing were."


def _outcome(case: Case) -> str:
    if case.must is Must.SUCCEED:
        return "succeeds, with a WARNING" if case.words else "succeeds"
    return str(case.must)


def _unknowns() -> Iterator[Sequence[str]]:
    for number, what in UNKNOWNS.items():
        cases = [case for case in CASES if _stands_for(case, number)]
        variants = dict.fromkeys(
            reference.partition(" ")[2] if reference.startswith(f"{number} ") else reference
            for case in cases
            for reference in case.references
            if _is_of(reference, number)
        )
        texts = dict.fromkeys(case.text for case in cases if case.text)
        yield number, what, ", ".join(f"`{one}`" for one in variants), " ".join(texts)


def _stands_for(case: Case, number: str) -> bool:
    return any(_is_of(reference, number) for reference in case.references)


def _is_of(reference: str, number: str) -> bool:
    return reference.partition(" ")[0].partition("_")[0] == number and number in UNKNOWNS


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(head)
    yield _line(["---"] * len(head))
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


PAGES = {"errors.md": errors_page, "unknowns.md": unknowns_page}

if __name__ == "__main__":
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
