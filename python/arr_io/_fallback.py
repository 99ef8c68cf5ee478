"""What is left to NumPy or to the module ``pickle``, and how often it was."""

from collections import Counter

#: How many calls were left to others since the package was imported, by function and reason. The page "from NumPy" lists
#: the reasons there are.
fallbacks: Counter[str] = Counter()


def left_to(what: str, reason: str) -> None:
    """Count a call that is left to others."""
    fallbacks[f"{what}: {reason}"] += 1
