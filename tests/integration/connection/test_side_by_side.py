"""Several questions are asked at once, and answered in order, whatever becomes of one."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock
from waiting import PATIENCE, wait_until

from tap_marketo_programs.errors import RequestRefused
from tap_marketo_programs.marketo.side_by_side import MAX_AHEAD, MAX_AT_ONCE, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tap_marketo_programs.marketo.side_by_side import Answer

NAME = "test_of_questions"

# A run whose questions are never answered, and nobody waits for them.
ABANDONED = """
import sys, threading
from tap_marketo_programs.clock import SystemClock
from tap_marketo_programs.marketo.side_by_side import side_by_side

never = threading.Event()
answers = side_by_side(lambda n: n if n == 1 else never.wait(), [1, 2, 3, 4], SystemClock(), "x")
print(next(answers).result(), flush=True)
"""
WAITING = ABANDONED + "\nnext(answers)\n"


def asked(ask: Callable[[int], int], count: int) -> Generator[Answer[int, int]]:
    return side_by_side(ask, range(count), StillClock(), NAME)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(NAME)]


class Gates:
    """Answers each question once its gate is open, and knows what is being asked."""

    def __init__(self, count: int) -> None:
        self.gates = [threading.Event() for _ in range(count)]
        self.begun: list[int] = []
        self.answered: list[int] = []

    def ask(self, question: int) -> int:
        self.begun.append(question)
        assert self.gates[question].wait(PATIENCE)
        self.answered.append(question)
        return question * 10

    def open(self, *questions: int) -> None:
        for question in questions or range(len(self.gates)):
            self.gates[question].set()


@pytest.mark.parametrize("count", [0, 1, 2, MAX_AT_ONCE, 5 * MAX_AHEAD])
def test_every_answer_comes_once_and_in_order(count: int) -> None:
    answers = [(one.question, one.result()) for one in asked(lambda n: n * 10, count)]

    assert answers == [(number, number * 10) for number in range(count)]
    assert not threads()


def test_three_are_asked_at_once_and_no_more() -> None:
    gates = Gates(10)
    with closing(asked(gates.ask, 10)) as answers:
        gates.open(0)
        next(answers)
        wait_until(lambda: len(gates.begun) == MAX_AT_ONCE + 1)
        assert sorted(gates.begun) == [0, 1, 2, 3]
        gates.open()
        assert [one.question for one in answers] == list(range(1, 10))


def test_answers_that_come_out_of_order_are_taken_in_order() -> None:
    gates = Gates(4)
    answers = asked(gates.ask, 4)
    first: list[int] = []
    taker = threading.Thread(target=lambda: first.append(next(answers).result()))
    taker.start()
    for late, question in enumerate((2, 1, 3), start=1):
        gates.open(question)
        wait_until(lambda late=late: len(gates.answered) == late)
    assert not first
    gates.open(0)
    taker.join(PATIENCE)

    assert first == [0]
    assert [one.result() for one in answers] == [10, 20, 30]
    assert gates.answered == [2, 1, 3, 0]


def test_nobody_asks_far_ahead_of_who_takes_the_answers() -> None:
    begun: list[int] = []

    def ask(question: int) -> int:
        begun.append(question)
        return question

    with closing(asked(ask, 10 * MAX_AHEAD)) as answers:
        next(answers)
        wait_until(lambda: len(begun) == MAX_AHEAD + 1)
        next(answers)
        wait_until(lambda: len(begun) == MAX_AHEAD + 2)
        assert sorted(begun) == list(range(MAX_AHEAD + 2))


def test_an_error_is_the_answer_to_its_question_alone() -> None:
    def ask(question: int) -> int:
        if question == 1:
            message = "no"
            raise RequestRefused(message)
        return question

    zero, one, two = asked(ask, 3)

    assert (zero.result(), two.result()) == (0, 2)
    with pytest.raises(RequestRefused, match="no"):
        one.result()


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, MemoryError])
def test_what_ends_a_thread_reaches_who_takes_the_answers(kind: type[BaseException]) -> None:
    def ask(_: int) -> int:
        raise kind

    with closing(asked(ask, 5)) as answers, pytest.raises(kind):
        next(answers).result()
    wait_until(lambda: not threads())


@pytest.mark.parametrize("way", ["closed", "let go"])
def test_who_needs_no_more_answers_ends_the_threads(way: str) -> None:
    gates = Gates(100)
    gates.open(0, 1, 2)
    answers = asked(gates.ask, 100)
    next(answers)
    wait_until(lambda: len(gates.begun) == 2 * MAX_AT_ONCE)
    begun = len(gates.begun)

    # Opened a moment later, since the end waits for what is being asked.
    opening = threading.Timer(0.01, gates.open)
    opening.start()
    if way == "closed":
        answers.close()
    del answers
    gc.collect()

    wait_until(lambda: not threads())
    assert len(gates.begun) == begun


def test_a_question_that_takes_for_ever_holds_up_no_end() -> None:
    gates = Gates(3)
    gates.open(0)
    answers = side_by_side(gates.ask, range(3), StillClock(), NAME)
    next(answers)

    answers.close()

    assert len(threads()) == 2
    gates.open()
    wait_until(lambda: not threads())


def test_the_interpreter_ends_while_questions_are_open() -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", ABANDONED],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_a_signal_ends_the_wait_for_an_answer() -> None:
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", WAITING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)

    assert "KeyboardInterrupt" in errors
