"""Carries HTTP requests under /__sandbox/ to the verbs and back as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from marketo_sandbox.control import expected as truth
from marketo_sandbox.data.world import NotFound
from marketo_sandbox.errors import Refusal
from marketo_sandbox.http.messages import LINES_TYPE, Reply, json_reply

if TYPE_CHECKING:
    from marketo_sandbox.control.verbs import Verbs

_FORMS = ("lines", "array")
_PREFIXES = {"GET": "get_", "POST": "do_", "DELETE": "delete_"}


async def control(
    verbs: Verbs, method: str, path: str, query: dict[str, list[str]], body: bytes
) -> Reply:
    """Answer one control request. `path` begins after /__sandbox/."""
    try:
        if method == "GET" and path in truth.ROWS:
            return await _rows(verbs, path, query)
        verb = getattr(verbs, _PREFIXES.get(method, "?") + path, None)
        if verb is None:
            return json_reply({"error": f"no {method} /__sandbox/{path}"}, status=404)
        keys = json.loads(body) if body else {}
        return json_reply(verb(**keys))
    except NotFound as error:
        return json_reply({"error": str(error)}, status=404)
    except Refusal as error:
        return json_reply({"error": str(error)}, status=409)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # A tester's body may be of any shape; none of them is the server's failure.
        return json_reply({"error": f"{type(error).__name__}: {error}"}, status=400)


async def _rows(verbs: Verbs, path: str, query: dict[str, list[str]]) -> Reply:
    """Rows that are true, each in a line of its own, or as an array.

    Members, of which there may be millions, are lines unless told; the rest is an array.
    """
    form = query.get("form", ["lines" if path == "truth" else "array"])[0]
    if form not in _FORMS:
        message = f"form is one of {list(_FORMS)}, not {form!r}"
        raise ValueError(message)
    if path == "truth":
        return await verbs.truth(query, array=form == "array")
    rows = truth.mended(getattr(verbs, f"get_{path}")())
    if form == "array":
        return json_reply(rows)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return Reply(lines.encode(), 200, {"Content-Type": LINES_TYPE})
