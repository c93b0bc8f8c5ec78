"""What a consumer of the log is. Without tables, so that the settings may import it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consumer:
    """A reader of the log: its name, the kinds it wants, and the dotted path of its function.

    The function takes the wanted events of a batch, in order, inside the transaction that also
    moves the cursor: its rows are written exactly once. What must leave the database (a push, a
    hint) waits for `transaction.on_commit`.
    """

    name: str
    kinds: tuple[str, ...]
    handler: str
