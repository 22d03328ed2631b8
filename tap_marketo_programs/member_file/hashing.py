"""Values that leave as hashes, so that nobody reads a person's data in a target.

A value's hash is the HMAC of RFC 2104 with SHA-256, keyed by the salt, of the text that
the value is in a RECORD, in UTF-8; it is written in lower-case hex. So equal values have
one hash, however their cells are spelt: a boolean is `true` or `false`, a whole number has
no point, a date and time is in UTC. A text is taken as it is, letter case and blanks
included. Null, and what does not fit its type, stays null.

It must not know files, nor where the salt comes from. No message of this module holds
the salt or a value.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.member_file.columns import Column, column_of
from tap_marketo_programs.schemas.values import text_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping, Sequence

    from tap_marketo_programs.member_file.cells import Value

_BLOCK = 64  # bytes that SHA-256 takes at once
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


class Hashing:
    """Which columns are hashed, and how.

    Args:
        salt: The key, a text.
        types: For each hashed column the JSON Schema by which its cells are read before
            they are hashed; all of them may be null.
    """

    def __init__(
        self, salt: str = "", types: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self._types = types or {}
        key = salt.encode()
        key = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        # What HMAC hashes before the message, and before the first hash: once for all cells.
        # `hmac.digest` would do both for each, and take twice the time.
        self._inner = hashlib.sha256(key.translate(_INNER))
        self._outer = hashlib.sha256(key.translate(_OUTER))

    def __contains__(self, name: object) -> bool:
        """Whether a column is hashed."""
        return name in self._types

    @property
    def salt_mark(self) -> str:
        """Four characters that tell the salt from another one; empty where nothing is hashed.

        They are 24 bits of a hash by the salt, so that they say less of it than any value
        that leaves.
        """
        if not self._types:
            return ""
        (of_nothing,) = self.hashes([""])
        return base64.b64encode(bytes.fromhex(str(of_nothing))[:3]).decode()

    def column(self, name: str, schema: Mapping[str, Any], nulled: Counter[str]) -> Column:
        """The column for a property.

        Args:
            name: Its name.
            schema: Its JSON Schema, as it is written.
            nulled: Counts the cells that became null because they did not fit, by property.
        """
        if name not in self._types:
            return column_of(name, schema, nulled)
        plain = column_of(name, self._types[name], nulled)
        hashes = ColumnHashes(self)

        def convert(cells: Sequence[str]) -> Sequence[Value]:
            return hashes.of(plain.convert(cells))

        return Column(name, convert, required=False, nullable=True)

    def hashes(self, values: Iterable[Value]) -> list[Value]:
        """The hash of each value; null of null."""
        # Nearly all the time that hashing takes is spent here.
        new_inner, new_outer = self._inner.copy, self._outer.copy
        found: list[Value] = []
        for value in values:
            if value is None:
                found.append(None)
                continue
            inner = new_inner()
            inner.update((value if type(value) is str else hashed_text(value)).encode())
            outer = new_outer()
            outer.update(inner.digest())
            found.append(outer.hexdigest())
        return found


# Values of a column that are remembered with their hashes: a few megabytes.
MAX_KNOWN = 1 << 14
# Of all values looked up, one in this many must have been known, or none is looked up.
_WORTH_IT = 8


class ColumnHashes:
    """The hashes of one column's values, each made once if they repeat.

    To look a hash up takes a twentieth of the time that making it does: leads are members
    of several programs, and companies and states are those of many leads. Where values do
    not repeat, remembering them would make hashing slower by a third.
    """

    def __init__(self, hashing: Hashing) -> None:
        self._hashing = hashing
        self._known: dict[Value, Value] | None = {}
        self._looked_up = 0

    def of(self, values: Sequence[Value]) -> Sequence[Value]:
        """The hash of each value of a block; null of null."""
        known = self._known
        if known is None:
            return self._hashing.hashes(values)
        found = list(map(known.get, values))
        self._looked_up += len(values)
        if None in found:
            new = [value for value, known_hash in zip(values, found, strict=True) if not known_hash]
            known.update(zip(new, self._hashing.hashes(new), strict=True))
            found = list(map(known.get, values))
        if len(known) > MAX_KNOWN:
            repeats = self._looked_up - len(known) > self._looked_up // _WORTH_IT
            self._known = {} if repeats else None
            self._looked_up = 0
        return found


NO_HASHING = Hashing()
"""All values leave as they are."""


def hashed_text(value: object) -> str:
    """What of a value is hashed: its text in a RECORD, of equal numbers the same.

    Whole numbers are written without a point or an exponent, whatever they are in JSON.
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return text_of(value)
