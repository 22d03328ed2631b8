"""Several questions at once, and their answers in the order of the questions.

A call for each of thousands of programs waits for its answer most of the time, so three
go on at once; the client keeps them within the limits. It must not know what is asked, nor
what an error means.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from tap_marketo_programs.clock import Clock

_Question = TypeVar("_Question")
_Result = TypeVar("_Result")

MAX_AT_ONCE = 3
# Questions begun whose answers nobody has taken yet: enough to go on while one waits for its
# next try, and few enough to be lost if the run ends.
MAX_AHEAD = 20
# How long the end waits for threads; what they are doing may last for minutes.
JOIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Answer(Generic[_Question, _Result]):
    """What came of a question."""

    question: _Question
    _read: Callable[[], _Result]

    def result(self) -> _Result:
        """The answer, or the error that came in its place, raised."""
        return self._read()


def side_by_side(
    ask: Callable[[_Question], _Result],
    questions: Sequence[_Question],
    clock: Clock,
    name: str,
) -> Generator[Answer[_Question, _Result]]:
    """The answer to each question, in order; close it to end its threads before the last one.

    Args:
        ask: Answers one question, or raises; called by several threads.
        questions: Asked from the first to the last, a few ahead of what was taken.
        clock: How to wait.
        name: What the names of the threads begin with.
    """
    shared = _Shared(ask, questions)
    # Daemons: the interpreter does not wait for a call that takes minutes.
    threads = [
        threading.Thread(target=shared.work, name=f"{name}_{number}", daemon=True)
        for number in range(min(MAX_AT_ONCE, len(questions)))
    ]
    try:
        for thread in threads:
            thread.start()
        for place, question in enumerate(questions):
            yield Answer(question, shared.take(place, clock))
    finally:
        shared.stop()
        _join(threads, clock)


def _join(threads: Sequence[threading.Thread], clock: Clock) -> None:
    give_up_at = clock.monotonic() + JOIN_SECONDS
    for thread in threads:
        # A signal may come before a thread has started, and what is abandoned is closed by
        # whichever thread finds that.
        if thread.ident and thread is not threading.current_thread():
            thread.join(max(0.0, give_up_at - clock.monotonic()))


class _Shared(Generic[_Question, _Result]):
    """What the asking threads and the one that takes the answers share."""

    def __init__(self, ask: Callable[[_Question], _Result], questions: Sequence[_Question]) -> None:
        self._ask = ask
        self._questions = questions
        self._changed = threading.Condition()
        self._begun = 0
        self._taken = 0
        self._is_over = False
        self._answers: dict[int, Callable[[], _Result]] = {}

    def work(self) -> None:
        """Ask until nothing is left to ask; whatever goes wrong is the answer."""
        while (place := self._next_place()) is not None:
            answer = self._answer(self._questions[place])
            with self._changed:
                self._answers[place] = answer
                self._changed.notify_all()

    def take(self, place: int, clock: Clock) -> Callable[[], _Result]:
        """What reads the answer to one question, once it is there."""
        with self._changed:
            while place not in self._answers:
                clock.wait(self._changed, None)
            self._taken = place + 1
            self._changed.notify_all()
            return self._answers.pop(place)

    def stop(self) -> None:
        """Let no thread ask another question."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _next_place(self) -> int | None:
        """The place of the question to ask next, as soon as it may be asked."""
        with self._changed:
            while not self._is_over and self._begun < len(self._questions):
                if self._begun - self._taken < MAX_AHEAD:
                    self._begun += 1
                    return self._begun - 1
                self._changed.wait()
            return None

    def _answer(self, question: _Question) -> Callable[[], _Result]:
        try:
            result = self._ask(question)
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is read
            # The name of the clause ends with it.
            raised = error
        else:
            return lambda: result

        def read() -> _Result:
            raise raised

        return read
