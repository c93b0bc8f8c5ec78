"""Calls that leave the house: the guarded client, the addresses it may reach, what is masked."""
