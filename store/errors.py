"""What can go wrong with the database, said to whoever runs the service."""


class StoreError(Exception):
    """Base of all errors of the store."""


class UnsupportedDatabase(StoreError):
    """The URL names a kind of database that Tocsin does not work on."""


class NewerDatabase(StoreError):
    """The database was last used by a newer Tocsin than this one."""


class StaleWrite(StoreError):
    """Somebody else has written the row since it was read; nothing of the transaction may be kept."""
