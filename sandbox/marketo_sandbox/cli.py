"""The commands `marketo-sandbox serve` and `marketo-sandbox run -- COMMAND`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from marketo_sandbox.data.presets import WORLDS
from marketo_sandbox.http.tokens import CLIENT_ID, CLIENT_SECRET
from marketo_sandbox.knobs import find_knob, parse_setting
from marketo_sandbox.sandbox import Options, running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marketo_sandbox.knob_table import Setting

_NOT_STARTED = 127
_SIGNALLED = 128


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="marketo-sandbox",
        description="A local Marketo for programs and program members, on 127.0.0.1 only.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve until SIGINT or SIGTERM")
    run = commands.add_parser("run", help="serve while a command runs")
    for command, speed in ((serve, 1.0), (run, 60.0)):
        command.add_argument("--port", type=int, default=0, help="default: any free port")
        command.add_argument("--world", choices=sorted(WORLDS), default="demo")
        command.add_argument(
            "--speed", type=float, default=speed, help="how fast Marketo's waits pass"
        )
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--now", help="where the calendar begins, ISO 8601")
        command.add_argument(
            "--frozen", action="store_true", help="move the calendar by advance only"
        )
        command.add_argument("--programs", type=int, help="of the worlds demo and sized")
        command.add_argument("--members-per-program", type=int, help="of the world sized")
        command.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND ...")
    return parser


def _options(given: argparse.Namespace) -> Options:
    knobs: dict[str, Setting] = {}
    for text in given.knob:
        name, _, value = text.partition("=")
        knobs[find_knob(name).name] = parse_setting(name, value)
    sizes = {"programs": given.programs, "members_per_program": given.members_per_program}
    world_options = {k: v for k, v in sizes.items() if v is not None}
    return Options(
        world=given.world,
        speed=given.speed,
        now=given.now,
        frozen=given.frozen,
        knobs=knobs,
        port=given.port,
        world_options={"seed": given.seed, **world_options},
    )


async def _serve(options: Options) -> int:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    async with running(options) as url:
        line = f"{url} client_id={CLIENT_ID} client_secret={CLIENT_SECRET}"
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        await over.wait()
    return 0


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def environment(url: str, speed: float, given: dict[str, str]) -> dict[str, str]:
    """The command's environment: where the sandbox is, and a pace that fits its speed."""
    prefix = "TAP_MARKETO_PROGRAMS_"
    made = {
        **given,
        f"{prefix}BASE_URL": url,
        f"{prefix}CLIENT_ID": CLIENT_ID,
        f"{prefix}CLIENT_SECRET": CLIENT_SECRET,
        "MARKETO_SANDBOX_URL": url,
    }
    made.setdefault(f"{prefix}POLL_INTERVAL_SECONDS", _plain(60 / speed))
    made.setdefault(f"{prefix}MAX_CALLS_PER_20_SECONDS", str(max(1, int(50 * speed))))
    return made


class _Forwarding:
    """Sends the signals that reach us to the command, also those that came before it ran."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: list[int] = []
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._forward, number)

    def begin(self, process: asyncio.subprocess.Process) -> None:
        """Send them to this process from now on."""
        self._process = process
        for number in self._waiting:
            self._forward(number)

    def _forward(self, number: int) -> None:
        if self._process is None:
            self._waiting.append(number)
        elif self._process.returncode is None:
            self._process.send_signal(number)


async def _run(options: Options, argv: Sequence[str]) -> int:
    forwarding = _Forwarding()
    async with running(options) as url:
        variables = environment(url, options.speed, dict(os.environ))
        try:
            process = await asyncio.create_subprocess_exec(*argv, env=variables)
        except OSError as error:
            sys.stderr.write(f"marketo-sandbox: {argv[0]}: {error.strerror}\n")
            return _NOT_STARTED
        forwarding.begin(process)
        code = await process.wait()
    return code if code >= 0 else _SIGNALLED - code


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    parser = _parser()
    given = parser.parse_args(argv)
    try:
        options = _options(given)
        if given.command == "serve":
            return asyncio.run(_serve(options))
        command = given.argv[1:] if given.argv[:1] == ["--"] else given.argv
        if not command:
            parser.error("run needs a command after --")
        return asyncio.run(_run(options, command))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"marketo-sandbox: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
