"""What the README of `dbt/` says of the package's variables is what the package has."""

from __future__ import annotations

import json
import re

import yaml
from dbt_runs import PACKAGE


def test_the_readme_lists_every_variable_with_its_default() -> None:
    project = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text(encoding="utf-8"))
    listed = re.findall(
        r"^\| ((?:`marketo_\w+`(?:, )?)+) \| ([^|]+) \|",
        (PACKAGE / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )

    told = {name: said for names, said in listed for name in re.findall(r"\w+", names)}

    assert told == {
        name: "the target's"
        if default is None
        else "the stream's name"
        if name.endswith("_identifier")
        else f"`{json.dumps(default).strip(chr(34))}`"
        for name, default in project["vars"].items()
    }
