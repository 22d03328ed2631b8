"""What the workflows run is fixed to a commit, and they may do no more than they need."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import definition
import pytest
import yaml
from sources import ROOT, document

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKFLOWS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(".github/**/*.y*ml"))

USES = re.compile(r"^\s*(?:-\s+)?[\"']?uses[\"']?:\s*(.*)$", re.MULTILINE)
# A tag can be moved to other code; a commit cannot. The comment is for people and Dependabot.
PINNED = re.compile(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OURS = re.compile(r"\./\.github/[\w./-]+( # zizmor: ignore\[self-repository\])?")

# What a job may do beside reading the repository, with the reason.
PERMISSIONS = {
    ("release.yml", "publish"): {"id-token": "write"},  # trusted publishing
}


def unpinned(text: str) -> list[str]:
    """The actions and workflows of a file that whoever owns them can change."""
    named = [use.strip() for use in USES.findall(text)]
    return [use for use in named if not (PINNED.fullmatch(use) or OURS.fullmatch(use))]


def workflows() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        if path.startswith(".github/workflows/"):
            yield path.rpartition("/")[2], yaml.safe_load(document(path))


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, workflow in workflows():
        for job in workflow["jobs"].values():
            for step in job.get("steps", []):
                yield name, step


@pytest.mark.parametrize(
    ("use", "is_pinned"),
    [
        ("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", True),
        ("./.github/workflows/test.yml", True),
        ("actions/checkout@v7", False),
        ("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", False),
        ("actions/checkout@3d3c42e # v7.0.1", False),
        ("docker://python:3.13", False),
    ],
)
def test_a_commit_with_its_version_is_pinned_and_nothing_else(use: str, *, is_pinned: bool) -> None:
    for line in (f"      - uses: {use}\n", f"    uses: {use}\n"):
        assert unpinned(line) == ([] if is_pinned else [use])


@pytest.mark.parametrize("path", WORKFLOWS)
def test_every_action_is_pinned_by_its_commit(path: str) -> None:
    assert unpinned(document(path)) == []


def test_one_action_has_one_commit_in_all_workflows() -> None:
    found: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for use in USES.findall(document(path)):
            action, _, commit = use.partition("@")
            found.setdefault(action, set()).add(commit)

    assert {action: commits for action, commits in found.items() if len(commits) > 1} == {}


def test_a_workflow_reads_the_repository_and_a_job_does_no_more_without_a_reason() -> None:
    given = dict(workflows())

    assert given
    assert {name: one["permissions"] for name, one in given.items()} == {
        name: {"contents": "read"} for name in given
    }
    assert {
        (name, job): facts["permissions"]
        for name, workflow in given.items()
        for job, facts in workflow["jobs"].items()
        if "permissions" in facts
    } == PERMISSIONS


def test_a_checkout_leaves_no_credentials_behind() -> None:
    checkouts = [
        step.get("with", {}).get("persist-credentials")
        for _, step in steps()
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert checkouts
    assert set(checkouts) == {False}


def test_no_command_of_a_workflow_is_put_together_from_expressions() -> None:
    # What an expression stands for would be read as part of the script.
    commands = [(name, step["run"]) for name, step in steps() if "run" in step]

    assert commands
    assert [(name, text) for name, text in commands if "${{" in text] == []


def test_every_job_ends_at_some_time() -> None:
    endless = [
        (name, job)
        for name, workflow in workflows()
        for job, facts in workflow["jobs"].items()
        if "uses" not in facts and "timeout-minutes" not in facts
    ]

    assert endless == []


def test_the_suite_and_the_distributions_are_tried_on_every_python_that_is_promised() -> None:
    project = tomllib.loads(document("pyproject.toml"))["project"]
    promised = re.findall(r":: Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    jobs = dict(workflows())["test.yml"]["jobs"]

    assert promised[0] == project["requires-python"].removeprefix(">=")
    for job in ("suite", "distributions"):
        assert jobs[job]["strategy"]["matrix"]["python"] == promised
    assert definition.definition()["supported_python_versions"] == promised


def test_every_file_for_github_has_its_form_checked() -> None:
    checks = document(".ci/files")
    forms = [path for path in WORKFLOWS if not path.startswith(".github/workflows/")]

    assert forms
    assert [path for path in forms if path not in checks] == []


def test_a_commit_is_checked_by_the_same_tools_and_schemas_as_ci() -> None:
    checks = document(".ci/files")
    hooks = [
        hook["entry"]
        for repository in yaml.safe_load(document(".pre-commit-config.yaml"))["repos"]
        for hook in repository["hooks"]
    ]
    schemas = {name for hook in hooks for name in re.findall(r"vendor\.([\w-]+)", hook)}

    assert schemas == set(re.findall(r"^has_form ([\w-]+)", checks, re.MULTILINE))
    for tool in ("codespell", "zizmor --offline"):
        assert f"uv run --locked {tool}" in checks
        assert any(hook.startswith(f"uv run --locked {tool}") for hook in hooks)
