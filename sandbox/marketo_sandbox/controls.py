"""Carries HTTP requests under /__sandbox/ to the panel's verbs and back as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from marketo_sandbox.errors import Refusal
from marketo_sandbox.wire import Reply, json_reply
from marketo_sandbox.world import UnknownThing

if TYPE_CHECKING:
    from marketo_sandbox.panel import Panel

_PREFIXES = {"GET": "get_", "POST": "do_", "DELETE": "delete_"}


async def control(
    panel: Panel, method: str, path: str, query: dict[str, list[str]], body: bytes
) -> Reply:
    """Answer one control request. `path` begins after /__sandbox/."""
    try:
        if (method, path) == ("GET", "truth"):
            return await panel.truth(query)
        verb = getattr(panel, _PREFIXES.get(method, "?") + path, None)
        if verb is None:
            return json_reply({"error": f"no {method} /__sandbox/{path}"}, status=404)
        keys = json.loads(body) if body else {}
        return json_reply(verb(**keys))
    except UnknownThing as error:
        return json_reply({"error": str(error)}, status=404)
    except Refusal as error:
        return json_reply({"error": str(error)}, status=409)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # A tester's body may be of any shape; none of them is the server's failure.
        return json_reply({"error": f"{type(error).__name__}: {error}"}, status=400)
