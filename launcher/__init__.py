"""Starts the portal on one machine: embedded servers, migrations, processes, tests.

Nothing here imports Django or the portal: the launcher answers in a fraction of a second and
gives a clear sentence even where the portal itself cannot start.
"""
