"""Threads are started and guarded in few places, and the engine has one lock."""

from __future__ import annotations

from sources import TAP, Package, differences, package, package_of

THREADING = {"_thread", "asyncio", "concurrent", "multiprocessing", "queue", "threading"}

# Where threads are known, with the reason.
PLACES: dict[str, str] = {
    "clock": "waits on a condition that is handed in; imports its type only",
    "export.coordinator": "the engine's only lock",
    "export.run": "starts the two workers and waits for their end",
    "marketo.auth": "one token for all threads, fetched once",
    "marketo.server_clock": "keeps what the answers of all threads tell of Marketo's clock",
    "marketo.limits": "counts the calls of all threads",
    "marketo.side_by_side": "asks for several programs at once, since most of a call is waiting",
    "output.batches": "stores one file while the next is filled",
    "process.signals": "waits for a signal, and ends a process that does not end",
}


def users(found: Package) -> set[str]:
    """The modules that know threads."""
    return {m for m, source in found.modules.items() if source.top_levels & THREADING}


def test_threads_are_known_where_the_table_says_so_and_nowhere_else() -> None:
    lines = differences(users(package(TAP)), PLACES)

    assert not lines, "\n".join(lines)


def locks(found: Package) -> list[str]:
    """The modules of the engine that make a lock, once for each."""
    kinds = ("Condition", "Event", "Lock", "RLock", "Semaphore")
    return [
        module
        for module, source in found.modules.items()
        if module.startswith("export.")
        for kind in kinds
        for _ in range(source.text.count(f"threading.{kind}("))
    ]


def test_the_engine_has_one_lock() -> None:
    assert locks(package(TAP)) == ["export.coordinator"]


def test_a_second_lock_is_found() -> None:
    text = "a = threading.Condition()\nb = threading.Lock()\n"

    assert locks(package_of(TAP, {"export.run": text})) == ["export.run", "export.run"]


def test_a_module_that_knows_threads_is_found() -> None:
    found = package_of(
        TAP, {"a": "import threading", "b": "from concurrent.futures import Future", "c": ""}
    )

    assert users(found) == {"a", "b"}
