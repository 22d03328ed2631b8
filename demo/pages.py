"""The statements of a page of the documentation, as a reader would copy them.

It must not know which database they are for.
"""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def statements(page: str) -> dict[str, str]:
    """The SQL of a page, by the heading above it.

    Raises:
        LookupError: A heading has two statements.
    """
    text = (DOCS / page).read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for part in re.split(r"^#{2,3} ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        for sql in re.findall(r"```sql\n(.*?)```", body, flags=re.DOTALL):
            if heading in found:
                message = f"docs/{page} has two statements below {heading}"
                raise LookupError(message)
            found[heading] = sql.strip()
    return found
