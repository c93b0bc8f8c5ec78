"""Looks for what would stop a start later, and names the remedy."""

import errno
import os
import shutil
import socket
from pathlib import Path

from launcher import processes
from launcher.problems import Problem

NEEDED_BYTES = 500 * 10**6


def check_platform(name: str = os.name) -> None:
    """Refuse a system without Unix sockets and file locks. Raises Problem."""
    if name != "posix":
        raise Problem("Portico starts on Linux and macOS. On Windows, use it inside WSL.")


def port_from(text: str) -> int:
    """Return the port of a setting. Raises Problem."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Problem(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Refuse a port that cannot be listened on. Raises Problem."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Problem(f"The address {host} is unknown here. Use HOST=127.0.0.1.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        # A port whose last connections are still closing is free for a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except PermissionError as error:
            raise Problem(
                f"This account may not listen on port {port}. "
                "Choose a port from 1024 on: make run PORT=8000"
            ) from error
        except OSError as error:
            raise _port_problem(host, port, error) from error


def check_disk(folder: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Refuse a disk that is nearly full. Raises Problem."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise Problem(
            f"The disk of {folder} has {free // 10**6} MB left; Portico needs "
            f"{needed_bytes // 10**6} MB. Free some space, or choose a folder on another disk "
            "with VAR=."
        )


def _port_problem(host: str, port: int, error: OSError) -> Problem:
    if error.errno == errno.EADDRINUSE:
        return Problem(
            f"Port {port} is taken by {processes.holder_of(port)}. "
            f"Stop it, or choose another port: make run PORT={port + 1 if port < 65535 else 8000}"
        )
    return Problem(f"Cannot listen on {host}:{port} ({error.strerror}). Use HOST=127.0.0.1.")
