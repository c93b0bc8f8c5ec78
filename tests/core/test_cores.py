"""A core for each web process: who comes first takes it, and gives it back by ending."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system cannot bind a process to a core"
)
TAKE = """
import os, sys
from pathlib import Path
from apps.core.cores import freed, take_core
taken = take_core(Path(sys.argv[1]))
bound = os.sched_getaffinity(0)
with freed():
    free = os.sched_getaffinity(0)
print(taken, sorted(bound), sorted(free), sorted(os.sched_getaffinity(0)), flush=True)
sys.stdin.read()
"""


def taker(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TAKE, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line: str = process.stdout.readline()
    return line.strip()


def test_without_a_core_taken_a_thread_stays_where_the_operator_put_it() -> None:
    core = min(os.sched_getaffinity(0))
    code = "import os; from apps.core.cores import free_thread; free_thread(); "
    code += "print(sorted(os.sched_getaffinity(0)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )  # fmt: skip
    assert done.stdout.strip() == f"[{core}]"


def test_processes_take_one_core_each_and_one_too_many_stays_free(tmp_path: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))
    processes = [taker(tmp_path / "cores") for _ in cores]
    try:
        bound = sorted(said(process) for process in processes)
        assert bound == sorted(f"{core} [{core}] {cores} [{core}]" for core in cores)
        late = taker(tmp_path / "cores")
        processes.append(late)
        assert said(late) == f"None {cores} {cores} {cores}"
        processes[0].kill()
        processes[0].wait()
        after = taker(tmp_path / "cores")
        processes.append(after)
        assert said(after).split()[0] in {str(core) for core in cores}
    finally:
        for process in processes:
            process.kill()
            process.wait()
