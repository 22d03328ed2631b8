"""How the pages of this folder become a site.

`uv run --no-default-groups --group docs sphinx-build -W -n --keep-going docs output/site`
builds it. The pages are read in the repository, too: so they are plain Markdown, whose
only directives are the lists of pages in `index.md` and the files shown from elsewhere.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

_PROJECT = tomllib.loads(
    (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
)["project"]

project = _PROJECT["name"]
author = _PROJECT["authors"][0]["name"]
project_copyright = author
version = release = _PROJECT["version"]

extensions = ["myst_parser", "sphinxcontrib.mermaid"]
# GitHub draws a fence of this language; so does the site.
myst_fence_as_directive = ["mermaid"]
# A link to a section of a page, as GitHub names it.
myst_heading_anchors = 3
# A warning fails the build, so none is silenced here.
nitpicky = True

html_theme = "furo"
html_title = project
html_copy_source = False
# The pages name no person and no date of their building: the same text gives the same site.
html_last_updated_fmt = None
