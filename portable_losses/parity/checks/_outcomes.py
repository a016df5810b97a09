"""What a check raises."""


class Mismatch(AssertionError):
    """A loss does not do what it should."""


class NotApplicable(Exception):
    """A check has no meaning for this case; the message says why."""
