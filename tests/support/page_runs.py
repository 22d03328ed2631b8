"""Runs the blocks of a page as its reader would: in a folder of their own, from built wheels.

All blocks of a page are one bash, so that a `cd` or a variable lasts; its HOME is empty,
and the checkout is nowhere to be found. `marketo-sandbox run` starts the Marketo it talks
to. It must not know any page.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import page_output
from waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from page_blocks import Block, Page

ROOT = Path(__file__).parents[2]

# What a reader replaces, by what the sandbox says.
_SANDBOX = {
    "https://123-ABC-456.mktorest.com": "$TAP_MARKETO_PROGRAMS_BASE_URL",
    "your-client-id": "$TAP_MARKETO_PROGRAMS_CLIENT_ID",
    "your-client-secret": "$TAP_MARKETO_PROGRAMS_CLIENT_SECRET",
}
# Where a reader's Meltano project is, in files that name it.
_PLACE = "/opt/marketo"
DATABASE_URL = "postgresql://loader:password@localhost:5432/warehouse"

# The variables that only a reader who has set them finds.
_CREDENTIALS = [name.removeprefix("$") for name in _SANDBOX.values()]
_CLONE = "tap-marketo-programs"
_PROJECT = "marketo"
_END = "END_OF_A_FILE_OF_THE_PAGE"


@dataclass
class Toolbox:
    """What is installed where a page is run.

    Args:
        folder: Where it is made.
        hub: The address of a Meltano Hub with the loaders of meltano.yml; empty for none.
        database: The URLs that stand for `DATABASE_URL`, of libpq and of SQLAlchemy.
        programs: Folders of other commands, such as `psql`.
        large: The folders of the commands of packages that are too large for a test, by
            package and version; without them, blocks that need one are left out.
    """

    folder: Path
    hub: str = ""
    database: tuple[str, str] = ("", "")
    programs: list[Path] = field(default_factory=list)
    large: dict[str, Path] = field(default_factory=dict)

    @property
    def wheels(self) -> Path:
        """Where pip and uv find the built wheels, as if these were on PyPI."""
        return self.folder / "wheels"

    def bin(self, *, new: bool) -> Path:
        """The folder of commands for a page."""
        return self.folder / ("new" if new else "bin")

    def make(self) -> None:
        """Build the wheels, install them, and collect the commands."""
        _run("uv", "build", "-q", "--all-packages", "--wheel", "-o", self.wheels, ROOT)
        venv = self.folder / "venv"
        _run("uv", "venv", "-q", "-p", sys.executable, venv)
        wheels = [str(path) for path in self.wheels.glob("*.whl")]
        (tap,) = [path for path in wheels if "sandbox" not in path]
        _run("uv", "pip", "install", "-q", "-p", venv, *wheels, f"{tap}[parquet]")
        tool = self.folder / "meltano"
        _run("uv", "venv", "-q", "-p", sys.executable, tool)
        # Without what pyproject.toml excludes for this checkout.
        wanted = f"meltano=={version('meltano')}"
        _run("uv", "pip", "install", "-q", "--no-config", "-p", tool, wanted)
        python = Path(sys.base_prefix) / "bin" / "python3"
        for new in (True, False):
            self._link("uv", _found("uv"), new=new)
            self._link("python3", python, new=new)
            self._link("meltano", tool / "bin" / "meltano", new=new)
        self._link("tap-marketo-programs", venv / "bin" / "tap-marketo-programs", new=False)
        self._link("marketo-sandbox", venv / "bin" / "marketo-sandbox", new=False)

    def make_large(self, package: str) -> None:
        """Install a package that is too large for a test, in an environment of its own."""
        venv = self.folder / package
        _run("uv", "venv", "-q", "-p", sys.executable, venv)
        # Without what pyproject.toml excludes for this checkout.
        _run("uv", "pip", "install", "-q", "--no-config", "-p", venv, package)
        self.large[package] = venv / "bin"

    def make_project(self) -> None:
        """Make a Meltano project as "Getting started" has it, for pages that begin there."""
        known = {name: value for name, value in os.environ.items() if not _is_of_a_pipeline(name)}
        variables = {
            **known,
            "MELTANO_HUB_API_ROOT": self.hub,
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "UV_FIND_LINKS": str(self.wheels),
        }
        for line in (
            ["init", _PROJECT],
            ["--cwd", _PROJECT, "add", _CLONE, "--from-ref", str(ROOT / f"{_CLONE}.yml")],
            ["--cwd", _PROJECT, "add", "target-jsonl"],
        ):
            subprocess.run(  # noqa: S603 - Meltano's command
                [self.bin(new=True) / "meltano", *line],
                cwd=self.folder,
                env=variables,
                check=True,
                capture_output=True,
            )

    def lay_out(self, page: Page, work: Path) -> None:
        """Put what a page begins with into its folder."""
        if "clone" in page.options:
            (work / _CLONE).symlink_to(ROOT)
        if "project" in page.options:
            made = self.folder / _PROJECT
            installed = shutil.ignore_patterns(".meltano")
            shutil.copytree(made, work / _PROJECT, ignore=installed)
            plugins = [*made.glob(".meltano/extractors/*"), *made.glob(".meltano/loaders/*")]
            for venv in plugins:
                link = work / _PROJECT / venv.relative_to(made)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(venv)

    def _link(self, name: str, command: Path, *, new: bool) -> None:
        folder = self.bin(new=new)
        folder.mkdir(exist_ok=True)
        (folder / name).symlink_to(command)


def _is_of_a_pipeline(variable: str) -> bool:
    """Whether a variable of ours would change what a page's commands do."""
    ours = ("TAP_", "TARGET_", "MELTANO_", "MARKETO_", "PYTHON", "VIRTUAL_ENV")
    return variable.startswith(ours)


def _found(command: str) -> Path:
    """A command's own path, and not that of a shim, which needs the real HOME."""
    shown = subprocess.run(  # noqa: S603 - asks for a path
        [command, "--version"], capture_output=True, check=True, text=True
    )
    assert shown.stdout
    for folder in (Path(sys.base_prefix) / "bin", *map(Path, os.get_exec_path())):
        if "shims" not in folder.parts and (folder / command).exists():
            return folder / command
    message = f"{command} is not installed"
    raise FileNotFoundError(message)


def _run(*line: str | Path) -> None:
    subprocess.run(line, check=True)  # noqa: S603 - CI's uv


@dataclass
class Ran:
    """What became of a page.

    Args:
        code: The exit code of its bash.
        outputs: What each block that was run printed, by the line of its fence.
    """

    code: int
    outputs: dict[int, str]

    @property
    def last(self) -> str:
        """What the last block that began has printed."""
        return list(self.outputs.values())[-1] if self.outputs else ""


@contextmanager
def ran(page: Page, toolbox: Toolbox) -> Iterator[Ran]:
    """Run a page's blocks; its folder is there until the block ends."""
    with TemporaryDirectory(prefix="page") as name:
        home = Path(name).resolve()
        work, outputs = home / "work", home / ".outputs"
        work.mkdir()
        outputs.mkdir()
        toolbox.lay_out(page, work)
        (home / ".page").write_text(script(page, toolbox, outputs), encoding="utf-8")
        said = home / ".sandbox"
        with said.open("wb") as log:
            done = subprocess.run(  # noqa: S603 - our own commands
                [*_sandbox(page, toolbox), "bash", "-c", _start(home)],
                cwd=work,
                env=environment(page, toolbox, home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=PATIENCE,
                check=False,
            )
        words = {str(work): "~/work", str(home): "~"}
        found = {
            int(path.name): page_output.shown(_text(path, home), words)
            for path in sorted(outputs.iterdir(), key=lambda path: int(path.name))
        }
        if not found:
            found = {0: said.read_text(encoding="utf-8")}
        yield Ran(done.returncode, found)


def _text(path: Path, home: Path) -> str:
    """An output; the sandbox's address as a reader's own."""
    text = path.read_text(encoding="utf-8", errors="replace")
    url = (home / ".url").read_text(encoding="utf-8").strip()
    return text.replace(url, next(iter(_SANDBOX)))


def _sandbox(page: Page, toolbox: Toolbox) -> list[str]:
    command = str(toolbox.folder / "venv" / "bin" / "marketo-sandbox")
    named = {"world": "tiny", "speed": "600", "programs": "", "members-per-program": ""}
    options = {name: page.option(name, without) for name, without in named.items()}
    given = [word for name, value in options.items() if value for word in (f"--{name}", value)]
    return [command, "run", *given, "--"]


def _start(home: Path) -> str:
    """Puts the sandbox's address and credentials where a reader puts theirs."""
    meant = {**_SANDBOX, _PLACE: f"$PWD/{_PROJECT}"}
    edits = " ".join(f'-e "s|{said}|{one}|g"' for said, one in meant.items())
    page = shlex.quote(str(home / ".page"))
    url = shlex.quote(str(home / ".url"))
    return f'echo "$MARKETO_SANDBOX_URL" >{url}; sed -i {edits} {page} && exec bash {page}'


def script(page: Page, toolbox: Toolbox, outputs: Path) -> str:
    """A page's blocks as one script."""
    lines = ["set -euo pipefail"]
    if "new" in page.options:
        lines.append(f"unset {' '.join(_CREDENTIALS)}")
    if "clone" in page.options:
        lines.append("unset UV_FIND_LINKS PIP_FIND_LINKS")
    said = f"exec >{shlex.quote(str(outputs))}"
    for block in page.blocks:
        if block.kind == "run":
            lines += [f"{said}/{block.line} 2>&1", _mine(block, toolbox)]
        elif block.kind == "run with" and block.name in toolbox.large:
            beside = shlex.quote(str(toolbox.large[block.name]))
            lines += [f"{said}/{block.line} 2>&1", f"MINE=$PATH PATH={beside}:$PATH"]
            lines += [_mine(block, toolbox), "PATH=$MINE"]
        elif block.kind == "file":
            folder = shlex.quote(os.path.dirname(block.name) or ".")  # noqa: PTH120 - of a page's own folder
            lines.append(f"mkdir -p {folder}; cat >{shlex.quote(block.name)} <<'{_END}'")
            lines.append(f"{_mine(block, toolbox)}{_END}")
    if folder := page.option("equal", ""):
        check = [sys.executable, str(Path(__file__).with_name("landed.py")), folder]
        lines += [f"{said}/{len(page.text.splitlines()) + 1} 2>&1", shlex.join(check)]
    return "\n".join(lines) + "\n"


def _mine(block: Block, toolbox: Toolbox) -> str:
    """A block with the test's database in place of a reader's."""
    plain, loader = toolbox.database
    sqlalchemy = DATABASE_URL.replace("postgresql://", "postgresql+psycopg://")
    return block.text.replace(sqlalchemy, loader).replace(DATABASE_URL, plain)


def environment(page: Page, toolbox: Toolbox, home: Path) -> Mapping[str, str]:
    """The variables that a page's bash begins with."""
    known = {name: value for name, value in os.environ.items() if not _is_of_a_pipeline(name)}
    cache = subprocess.run(["uv", "cache", "dir"], capture_output=True, check=True, text=True)  # noqa: S607 - CI's uv
    beside = [home / ".local" / "bin", toolbox.bin(new="new" in page.options), *toolbox.programs]
    links = f"{known.get('PIP_FIND_LINKS', '')} {toolbox.wheels}".strip()
    return {
        **known,
        "HOME": str(home),
        "PATH": os.pathsep.join([*map(str, beside), "/usr/local/bin", "/usr/bin", "/bin"]),
        "UV_FIND_LINKS": str(toolbox.wheels),
        "PIP_FIND_LINKS": links,
        # What was downloaded once need not be so again; nothing else of the real HOME is used.
        "UV_CACHE_DIR": cache.stdout.strip(),
        "PIP_CACHE_DIR": str(Path(cache.stdout.strip()).parent / "pip"),
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "MELTANO_HUB_API_ROOT": toolbox.hub,
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "TERM": "dumb",
    }
