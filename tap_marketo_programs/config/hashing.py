"""Whether `hash_fields` and `hash_salt` fit together, and what can never be hashed.

Whether the fields exist only Marketo knows. It must not know how a value is hashed, and
no line of this module holds a value of either setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

NEVER_HASHED = ("leadId", "programId", "updatedAt")
"""By these targets tell members apart, and runs tell what changed."""


def unfit_hashing(config: Mapping[str, Any], faulty: Collection[str]) -> Iterator[str]:
    """Lines on what is wrong with the two settings.

    Args:
        config: The settings.
        faulty: Settings of which the schema has said something already.
    """
    names, salt = config.get("hash_fields"), config.get("hash_salt")
    if names and "hash_fields" not in faulty:
        for fixed in NEVER_HASHED:
            if fixed.lower() in {name.strip().lower() for name in names}:
                yield (
                    f"hash_fields: {fixed} cannot be hashed, since "
                    + (
                        "runs go by it"
                        if fixed == "updatedAt"
                        else "it is part of the key by which a target tells members apart"
                    )
                )
    if "hash_salt" in faulty:
        return
    if names and salt is None:
        yield (
            "hash_salt: missing, and hash_fields needs it: without a secret, anybody could hash "
            "e-mail addresses and compare"
        )
    if salt is not None:
        yield from _unfit_salt(salt)


def _unfit_salt(salt: str) -> Iterator[str]:
    # Not removed, as around other secrets: whoever hashes the same values elsewhere would
    # get other hashes and find that out late.
    if salt != salt.strip():
        yield "hash_salt: has blanks or line ends around it; remove them"
    try:
        salt.encode()
    except UnicodeEncodeError:
        yield "hash_salt: is no text in Unicode"
