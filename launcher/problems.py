"""The one exception of the launcher that a person sees: what is wrong and what to do."""


class Problem(Exception):
    """Ends the launcher with exit code 1. Its text is one or two sentences, remedy included."""
