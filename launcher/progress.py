"""Shows what the launcher is doing: one line per step, with its time.

On a terminal the line of the running step changes in place. Elsewhere a step is printed when
it begins and when it ends, so that a log reads well.
"""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from launcher import signals
from launcher.problems import Problem

LINES_OF_A_FAILURE = 20


def say(text: str) -> None:
    """Print for a person. A terminal that is gone must not keep the launcher from its work."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  # open until the end


class Step:
    """One line of progress: `with Step("Starting the database") as step: ...`."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.note = ""
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._live = sys.stdout.isatty()
        self._painter = threading.Thread(target=self._paint, daemon=True)

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        if self._live:
            self._painter.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._ended.set()
        seconds = time.monotonic() - self._started
        if self._live:
            self._painter.join()
            say("\r\x1b[K")
        state = "ok" if kind is None else "--"
        note = f"  {self.note}" if self.note and kind is None else ""
        say(f"  {state}  {self.title:<34} {seconds:5.1f} s{note}\n")

    def _paint(self) -> None:
        while not self._ended.wait(0.2):
            seconds = time.monotonic() - self._started
            line = f"  ..  {self.title:<34} {seconds:5.1f} s  {self.note}"
            say("\r\x1b[K" + line[:100])


def run_quietly(
    command: Sequence[str | Path],
    on_line: Callable[[str], None],
    *,
    env: Mapping[str, str] | None = None,
    failure: str,
) -> list[str]:
    """Run a command, hand over each line of its output, return the lines. Raises Problem."""
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C reaches the launcher alone, which ends the command
    )
    lines: list[str] = []
    printed: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, printed), daemon=True)
    reader.start()
    try:
        while reader.is_alive() or not printed.empty():
            signals.check()
            with suppress(queue.Empty):
                lines.append(printed.get(timeout=0.1))
                on_line(lines[-1])
        code = process.wait()
    finally:
        _end(process)
    if code != 0:
        last = "\n".join(f"    {line}" for line in lines[-LINES_OF_A_FAILURE:])
        raise Problem(f"{failure} (exit code {code}). The last lines it printed:\n{last}")
    return lines


def _read(process: subprocess.Popen[str], printed: "queue.SimpleQueue[str]") -> None:
    for line in process.stdout or ():
        printed.put(line.rstrip("\n"))


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
