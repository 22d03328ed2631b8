"""Makes tap-marketo-programs.yml: the extractor's definition for `meltano add --from-ref`.

What meltano.yml says of the extractor is said once, there; Meltano wants one
plugin's definition and no project, and Meltano Hub the same with a few words more.
`reference` writes the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tap-marketo-programs.yml"

HEAD = """\
# One plugin's definition, as `meltano add tap-marketo-programs --from-ref` wants it and
# Meltano Hub's schema has it. Made from meltano.yml by `python tests/support/reference.py`.
"""


def extractor(project: str | None = None) -> dict[str, Any]:
    """The extractor, as meltano.yml has it.

    Args:
        project: The text of another meltano.yml than the checkout's.
    """
    text = (ROOT / "meltano.yml").read_text(encoding="utf-8") if project is None else project
    (found,) = yaml.safe_load(text)["plugins"]["extractors"]
    return dict(found)


def definition(project: str | None = None) -> dict[str, Any]:
    """The extractor with what a project of somebody else's needs to install it."""
    known = extractor(project)
    return {
        "name": known.pop("name"),
        "variant": "tap-marketo-programs",
        "namespace": known.pop("namespace"),
        "label": known.pop("label"),
        "description": known.pop("description"),
        "pip_url": "tap-marketo-programs",
        "executable": known.pop("executable"),
        "supported_python_versions": ["3.11", "3.12", "3.13", "3.14"],
        "domain_url": "https://business.adobe.com/products/marketo.html",
        "keywords": ["meltano_sdk"],
        "maintenance_status": "active",
        "quality": "unknown",
        **known,
    }


def text(project: str | None = None) -> str:
    """The file."""
    return HEAD + yaml.safe_dump(
        definition(project), sort_keys=False, allow_unicode=True, width=100
    )
