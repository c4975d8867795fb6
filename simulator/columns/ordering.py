"""Putting rows in order by several whole numbers."""

import numpy as np

from simulator.columns.column import Instants, Rows


def ordered(at: Instants, *codes: Rows) -> Rows:
    """The rows by the last code, then by those before it, then by `at`; as np.lexsort, but for the order of equal ones.

    One number for all, which has the row in its lowest bits, is sorted several times as quickly.
    """
    rows = np.argsort(at)
    key, size = np.zeros_like(rows), 1
    for code in reversed(codes):
        count = int(code.max(initial=0)) + 1
        key, size = key * count + code[rows], size * count
    bits = len(at).bit_length()
    if size << bits >= 2**63:
        return np.lexsort((at, *codes))
    ordered: Rows = rows[np.sort(key << bits | np.arange(len(at))) & ((1 << bits) - 1)]
    return ordered
