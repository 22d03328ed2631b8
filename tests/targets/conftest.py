"""What the tests with real targets share."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from real_targets import Postgres

from demo.database import SCHEMA, Database, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    """One PostgreSQL for all tests.

    Not in a folder of pytest's: run as root, the server is another user, from
    whom every pytest that begins locks those folders.
    """
    with TemporaryDirectory(prefix="postgres") as folder, running(Path(folder) / "data") as found:
        yield found


@pytest.fixture
def database(server: Database) -> Database:
    """Nothing in it, and in the zone of its machine."""
    server.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    server.execute("ALTER DATABASE postgres RESET timezone")
    return server


@pytest.fixture
def postgres(database: Database, tmp_path: Path) -> Postgres:
    """target-postgres, and the database that it loads."""
    return Postgres(database, tmp_path)
