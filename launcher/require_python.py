"""Says in one sentence whether this Python can run the portal.

The Makefile runs this file with whatever Python it finds. So the file keeps to a syntax that
Python 3.6 reads, and imports nothing of ours.
"""

import sys

NEEDED = (3, 11)


def problem_with(version: "tuple[int, ...]", *, has_venv: bool = True) -> str:
    """Return the sentence to print, or an empty text."""
    found = ".".join(str(part) for part in version[:2])
    if tuple(version[:2]) < NEEDED:
        return (
            "Portico needs Python 3.11 or newer; this is Python " + found + ". "
            "Install a newer one, or name it: make run PYTHON=/path/to/python3.11"
        )
    if not has_venv:
        return (
            "This Python cannot make virtual environments. "
            "Install its venv module (Debian, Ubuntu: apt install python" + found + "-venv)."
        )
    return ""


def main() -> int:
    """Print the problem of this Python and return the exit code."""
    try:
        import ensurepip  # noqa: F401  # Debian ships it in a package of its own

        has_venv = True
    except ImportError:
        has_venv = False
    problem = problem_with(sys.version_info[:3], has_venv=has_venv)
    if problem:
        sys.stderr.write(problem + "\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
