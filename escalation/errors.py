"""What this package raises while it runs."""


class EscalationError(Exception):
    """Base of everything this package raises while it runs."""


class Stale(EscalationError):
    """Somebody else has changed an incident or a delivery meanwhile: roll back, and do the tick again."""
