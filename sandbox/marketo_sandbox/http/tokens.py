"""Access tokens: who may ask for one, how long it lives, whose it is.

Adobe: Authentication. Asking again returns the same token with its remaining
life, down to the last second; that is where clients fail.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field

from marketo_sandbox.errors import refuse

CLIENT_ID = "sandbox-client-id"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105  # public: it opens nothing but a sandbox
OTHER_CLIENT_ID = "other-client-id"
OTHER_CLIENT_SECRET = "other-client-secret"  # noqa: S105  # public, too


@dataclass
class Token:
    """One token of one custom service."""

    text: str
    client_id: str
    expires_at: float


@dataclass
class Tokens:
    """All tokens ever given, by text, and the present one of each client."""

    clients: dict[str, str] = field(
        default_factory=lambda: {
            CLIENT_ID: CLIENT_SECRET,
            OTHER_CLIENT_ID: OTHER_CLIENT_SECRET,
        }
    )
    _given: dict[str, Token] = field(default_factory=dict)
    _present: dict[str, Token] = field(default_factory=dict)

    def scope(self, client_id: str) -> str:
        """The API user's address, which usage reports by."""
        return f"{client_id}@sandbox.example.com"

    def issue(self, client_id: str, now: float, life: float) -> Token:
        """The present token of a client; a new one only when the old one has expired."""
        present = self._present.get(client_id)
        if present is None or present.expires_at <= now:
            text = f"{uuid.uuid4()}:int"
            present = Token(text, client_id, now + life)
            self._given[text] = self._present[client_id] = present
        return present

    def shorten(self, client_id: str, now: float, life: float) -> Token:
        """Let the present token expire in `life` seconds, however long it was valid."""
        present = self._present.get(client_id) or self.issue(client_id, now, life)
        present.expires_at = now + life
        return present

    def revoke(self, client_id: str | None = None) -> None:
        """Make tokens invalid (601) before their time."""
        revoked = [t for t in self._given.values() if client_id in {None, t.client_id}]
        for token in revoked:
            del self._given[token.text]
            self._present.pop(token.client_id, None)

    def owner(self, header: str | None, now: float) -> str:
        """The client a bearer token belongs to, or 601, 602, 603.

        No token is 603 since August 2022 (Adobe: release notes).
        """
        scheme, _, text = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            refuse("603")
        token = self._given.get(text.strip())
        if token is None:
            refuse("601")
        if token.expires_at <= now:
            refuse("602")
        return token.client_id


def remaining(token: Token, now: float) -> int:
    """`expires_in`: the seconds left, whole ones."""
    return max(0, math.floor(token.expires_at - now))
