"""The examples of the README, sandbox/README.md, work as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from marketo_sandbox import Sandbox

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def example(language: str, begin: str) -> str:
    """The block that begins so."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(begin))
    return str(found)


def test_the_example_in_python_runs() -> None:
    names: dict[str, Any] = {}

    exec(example("python", "from marketo_sandbox"), names)  # noqa: S102 - of our own README

    assert names["sandbox"].url.startswith("http://127.0.0.1:")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl, which is no part of Python")
@pytest.mark.parametrize("world", ["demo", "tiny"])
def test_the_examples_with_curl_are_answered(world: str) -> None:
    with Sandbox(world) as sandbox:
        port = sandbox.url.rpartition(":")[2]
        commands = example("sh", "S=http").replace("PORT", port).replace("curl ", "curl -sfS ")
        done = subprocess.run(  # noqa: S603 - of our own README
            ["bash", "-euc", commands],  # noqa: S607 - the README is for any bash
            capture_output=True,
            check=False,
            text=True,
        )

    assert done.returncode == 0, done.stderr
    assert '"programId":1001' in done.stdout.replace(" ", "")
