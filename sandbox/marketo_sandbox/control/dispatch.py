"""Carries HTTP requests under /__sandbox/ to the verbs and back as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from marketo_sandbox.control import expected
from marketo_sandbox.data.world import NotFound
from marketo_sandbox.errors import Refusal
from marketo_sandbox.http.messages import LINES_TYPE, Reply, json_reply

if TYPE_CHECKING:
    from marketo_sandbox.control.verbs import Verbs

_FORMS = ("lines", "array")


async def dispatch(
    verbs: Verbs, method: str, path: str, query: dict[str, list[str]], body: bytes
) -> Reply:
    """Answer one control request. `path` begins after /__sandbox/."""
    try:
        return await _answer(verbs, method, path, query, body)
    except NotFound as error:
        return json_reply({"error": str(error)}, status=404)
    except Refusal as error:
        return json_reply({"error": str(error)}, status=409)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # A tester's body may be of any shape; none of them is the server's failure.
        return json_reply({"error": f"{type(error).__name__}: {error}"}, status=400)


async def _answer(
    verbs: Verbs, method: str, path: str, query: dict[str, list[str]], body: bytes
) -> Reply:
    if method == "GET" and path == "truth":
        return await verbs.expected.truth(query, array=_form(query, "lines") == "array")
    verb = verbs.find(method, path)
    if verb is None:
        return json_reply({"error": f"no {method} /__sandbox/{path}"}, status=404)
    if method == "GET" and path in expected.ROWS:
        return _rows(expected.mended(verb()), _form(query, "array"))
    return json_reply(verb(**(json.loads(body) if body else {})))


def _form(query: dict[str, list[str]], default: str) -> str:
    """Whether rows are wanted as lines or as one array.

    Members, of which there may be millions, are lines by default; the rest is an array.
    """
    form = query.get("form", [default])[0]
    if form not in _FORMS:
        message = f"form is one of {list(_FORMS)}, not {form!r}"
        raise ValueError(message)
    return form


def _rows(rows: list[object], form: str) -> Reply:
    if form == "array":
        return json_reply(rows)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return Reply(lines.encode(), 200, {"Content-Type": LINES_TYPE})
