"""The launcher's commands: run, test, exec, manage, demo-remove."""

import sys

from launcher import require_python

USAGE = """\
usage: python -m launcher run                     start the portal (settings: VAR PORT HOST DEMO
                                                  DATABASE_URL REDIS_URL)
       python -m launcher test [-- ARGUMENTS]     run pytest with servers to talk to
       python -m launcher exec -- COMMAND         run a command with these servers
       python -m launcher manage ARGUMENTS        run manage.py on the data of `run`
       python -m launcher demo-remove             remove the demo data
"""


def main(arguments: "list[str]") -> int:
    """Run one command and return the exit code."""
    problem = require_python.problem_with(sys.version_info[:3])
    if problem:
        sys.stderr.write(problem + "\n")
        return 1
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if rest[:1] == ["--"]:
        rest = rest[1:]
    # Late, so that an old Python, or one without our packages, reaches its message first.
    from launcher.problems import Problem

    try:
        return _dispatch(name, rest)
    except Problem as found:
        sys.stderr.write(f"\n{found}\n")
        return 1


def _dispatch(name: str, rest: "list[str]") -> int:
    try:
        from launcher import manage, options, run, testing
    except ModuleNotFoundError as error:
        sys.stderr.write(f"The package {error.name} is missing. Start with: make run\n")
        return 1
    if rest:
        commands = {"test": testing.test, "exec": testing.execute}
        if name in commands:
            return commands[name](rest)
        if name == "manage":
            return manage.manage(options.read(), rest)
    elif name == "test":
        return testing.test([])
    elif name in {"run", "demo-remove"}:
        start = run.run if name == "run" else manage.remove_demo
        return start(options.read())
    sys.stderr.write(USAGE)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
