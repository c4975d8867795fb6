"""Shares of counts, and how sure they are."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

Z95: Final = 1.959963984540054  # of the normal distribution: 95 % lie within


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`count` of `of`."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies with 95 % confidence: the score interval of E. B. Wilson, "Probable inference, the
        law of succession, and statistical inference", JASA 22 (1927), 209-212. It stays between 0 and 1 and works for
        few counts.
        """
        if not self.of:
            return None
        share, z2 = self.count / self.of, Z95 * Z95
        middle = share + z2 / (2 * self.of)
        spread = Z95 * sqrt(share * (1 - share) / self.of + z2 / (4 * self.of * self.of))
        scale = 1 + z2 / self.of
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
