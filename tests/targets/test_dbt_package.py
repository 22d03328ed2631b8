"""What the README and the descriptions of `dbt/` say is what the package has."""

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


def test_every_model_is_described_and_none_that_is_not_there() -> None:
    said = {
        model["name"]: model["description"]
        for path in (PACKAGE / "models").rglob("schema.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }

    assert {*said} == {path.stem for path in (PACKAGE / "models").rglob("*.sql")}
    assert all(said.values())


def test_models_are_taken_from_the_package_itself_and_not_from_the_project() -> None:
    for path in (PACKAGE / "models").rglob("*.*"):
        for arguments in re.findall(r"\bref\((.*?)\)", path.read_text(encoding="utf-8")):
            assert arguments.startswith("'marketo_programs', '"), path.name
