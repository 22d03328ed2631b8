"""Says what is missing for a release, and which links the changelog's foot has.

Run as a program, with the tag and the repository's address, it prints one line for each fault
and exits with 1 if there is any; the release workflow does so before it builds. It needs nothing
but Python, and must not know what the tap does.
"""

from __future__ import annotations

import re
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PROJECTS = ("pyproject.toml", "sandbox/pyproject.toml")
CHANGELOG, OWNERS = "CHANGELOG.md", ".github/CODEOWNERS"

# Seen from a file in the repository's root, GitHub resolves these whatever its address is.
REPOSITORY = "../.."

UNRELEASED = re.compile(r"^## \[?Unreleased\]?$", re.MULTILINE)
VERSION = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", re.MULTILINE)


def changelog_links(changelog: str) -> str:
    """What a changelog's foot has to be: a link for each heading, the newest first."""
    versions = VERSION.findall(changelog)
    lines = [f"[{new}]: {REPOSITORY}/compare/v{old}...v{new}" for new, old in pairwise(versions)]
    if versions:
        # Nothing was before the first.
        lines.append(f"[{versions[-1]}]: {REPOSITORY}/releases/tag/v{versions[-1]}")
    if UNRELEASED.search(changelog):
        since = f"compare/v{versions[0]}...HEAD" if versions else "commits/HEAD"
        lines.insert(0, f"[Unreleased]: {REPOSITORY}/{since}")
    return "".join(f"{line}\n" for line in lines)


def owners(text: str) -> list[str]:
    """The accounts that a CODEOWNERS file names."""
    rules = [line.partition("#")[0].split() for line in text.splitlines()]
    return sorted({owner for rule in rules for owner in rule[1:]})


def faults(tag: str, repository: str, read: Callable[[str], str]) -> Iterator[str]:
    """What keeps a tag from being released.

    Args:
        tag: Such as `v0.1.0`.
        repository: Its address, such as `https://github.com/somebody/tap-marketo-programs`.
        read: Gives the text of a file, by its path in the repository.
    """
    for path in PROJECTS:
        project = tomllib.loads(read(path))["project"]
        if tag != f"v{project['version']}":
            yield f"{path}: the version is {project['version']}, the tag {tag}"
        urls = project.get("urls", {})
        for label in ("Repository", "Documentation", "Changelog", "Issues"):
            url = urls.get(label, "")
            # The documentation may be elsewhere.
            place = "https:/" if label == "Documentation" else repository
            if not f"{url}/".startswith(f"{place}/"):
                yield f"{path}: [project.urls] {label} is {url or 'missing'}, not of {repository}"
    changelog = read(CHANGELOG)
    if [f"v{version}" for version in VERSION.findall(changelog)[:1]] != [tag]:
        yield f"{CHANGELOG}: the newest version is not '## [{tag[1:]}] - YYYY-MM-DD'"
    if not changelog.endswith(f"\n{changelog_links(changelog)}"):
        yield f"{CHANGELOG}: the links at its foot are not these:\n{changelog_links(changelog)}"
    if not owners(read(OWNERS)):
        yield f"{OWNERS}: names no owner"


def main(tag: str, repository: str) -> int:
    """Print what is missing; 1 if anything is."""
    found = list(faults(tag, repository, lambda path: (ROOT / path).read_text(encoding="utf-8")))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
