"""A release is complete before it is built, and what it needs of the files is there."""

from __future__ import annotations

import tomllib

import pytest
import release

HEAD = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- More.\n"
TWO = f"{HEAD}\n## [0.2.0] - 2026-12-01\n\n- Much.\n\n## [0.1.0] - 2026-11-30\n\n- All.\n"
LINKS = """\
[Unreleased]: ../../compare/v0.2.0...HEAD
[0.2.0]: ../../compare/v0.1.0...v0.2.0
[0.1.0]: ../../releases/tag/v0.1.0
"""
HERE = "https://github.com/somebody/tap-marketo-programs"
PROJECT = f"""\
[project]
version = "0.2.0"
[project.urls]
Repository = "{HERE}"
Documentation = "https://somebody.github.io/tap-marketo-programs/"
Changelog = "{HERE}/blob/main/CHANGELOG.md"
Issues = "{HERE}/issues"
"""
READY = {
    "pyproject.toml": PROJECT,
    "sandbox/pyproject.toml": PROJECT,
    "CHANGELOG.md": f"{TWO}\n{LINKS}",
    ".github/CODEOWNERS": "# Whose review.\n* @somebody\n",
}


def document(path: str) -> str:
    return (release.ROOT / path).read_text(encoding="utf-8")


def test_the_changelogs_links_are_those_of_its_headings() -> None:
    changelog = document("CHANGELOG.md")
    links = release.changelog_links(changelog)

    assert links
    assert changelog.endswith(f"\n\n{links}"), f"end {release.CHANGELOG} with:\n{links}"


def test_each_version_is_compared_with_the_one_before() -> None:
    assert release.changelog_links(TWO) == LINKS


def test_before_the_first_version_the_link_leads_to_all_commits() -> None:
    assert release.changelog_links(HEAD) == "[Unreleased]: ../../commits/HEAD\n"


def test_what_is_ready_is_released() -> None:
    assert list(release.faults("v0.2.0", HERE, READY.__getitem__)) == []


@pytest.mark.parametrize(
    ("path", "was", "now", "words"),
    [
        ("pyproject.toml", '"0.2.0"', '"0.1.0"', "the version is 0.1.0, the tag v0.2.0"),
        ("sandbox/pyproject.toml", '"0.2.0"', '"0.1.0"', "the version is 0.1.0, the tag v0.2.0"),
        ("pyproject.toml", "Repository", "Home", "Repository is missing"),
        ("pyproject.toml", f'"{HERE}/issues"', '"https://example.org"', "Issues is https://exam"),
        ("pyproject.toml", f'Repository = "{HERE}', f'Repository = "{HERE}-2', "Repository is"),
        ("sandbox/pyproject.toml", "Documentation", "Docs", "Documentation is missing"),
        ("CHANGELOG.md", "[0.2.0] - 2026-12-01", "0.2.0", "the newest version is not"),
        ("CHANGELOG.md", "[0.2.0] - 2026-12-01", "[0.2.1] - 2026-12-01", "the newest version is"),
        ("CHANGELOG.md", "compare/v0.1.0...v0.2.0", "compare/v0.1.0...HEAD", "not these:"),
        (".github/CODEOWNERS", " @somebody", "", "names no owner"),
    ],
)
def test_what_is_missing_is_said(path: str, was: str, now: str, words: str) -> None:
    assert was in READY[path]
    files = {**READY, path: READY[path].replace(was, now)}

    found = list(release.faults("v0.2.0", HERE, files.__getitem__))

    assert found
    assert all(line.startswith(f"{path}: ") for line in found)
    assert any(words in line for line in found)


def test_nothing_is_released_from_an_address_that_the_project_does_not_name() -> None:
    elsewhere = "https://github.com/somebody-else/tap-marketo-programs"

    found = list(release.faults("v0.2.0", elsewhere, READY.__getitem__))

    assert len(found) == 6


def test_every_rule_about_owners_is_about_files_that_there_are() -> None:
    rules = [
        line.split()[0]
        for line in document(release.OWNERS).splitlines()
        if line.startswith(("*", "/"))
    ]

    assert "*" in rules
    assert [rule for rule in rules if not (release.ROOT / rule.lstrip("/*")).exists()] == []


def test_both_distributions_hold_the_licence() -> None:
    assert document("sandbox/LICENSE") == document("LICENSE")
    for path in release.PROJECTS:
        project = tomllib.loads(document(path))["project"]
        assert project["license-files"] == ["LICENSE"]
        assert project["license"] == "Apache-2.0"


def test_both_distributions_have_the_same_addresses() -> None:
    urls = [tomllib.loads(document(path))["project"]["urls"] for path in release.PROJECTS]

    assert urls[0] == urls[1]
    assert all(url.startswith("https://") for url in urls[0].values())
