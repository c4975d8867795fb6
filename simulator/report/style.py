"""How charts look. Each colour has one role: by its value report.css finds what stands for it in the dark theme."""

from typing import Any, Final

# Names that need no quotes; the last ones have Chinese characters on macOS, Windows and Linux.
FONT: Final = "system-ui, -apple-system, Segoe UI, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"

SURFACE: Final = "#ffffff"
INK: Final = "#1c1d1f"
QUIET: Final = "#5f6368"
HAIR: Final = "#e2e2de"
EDGE: Final = "#c6c6c1"

# Told apart with any kind of colour vision; in grey by their lightness, and lines by their dashes.
SERIES: Final = ("#3949ab", "#d9822b", "#14848a", "#8e4585", "#a89200", "#6f757b")
DASHES: Final[tuple[tuple[int, ...], ...]] = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (12, 4), (4, 4))
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")

# Of heat, from nothing to the most: lightness falls evenly, so that it is also read in grey.
HEAT: Final = ("#f1f1f7", "#d5d9ef", "#b3bbe2", "#8f9ad3", "#6a78c1", "#4856ad", "#2a3588")

WIDE: Final = 880  # pixels: a page on a screen or on A4
NARROW: Final = 340  # a phone

# What stands for each colour in the dark theme.
DARK: Final[dict[str, str]] = {
    SURFACE: "#1c1e21",
    INK: "#ececea",
    QUIET: "#a0a5ab",
    HAIR: "#2d3035",
    EDGE: "#4a4e55",
    **dict(zip(SERIES, ("#8c9eff", "#ffb066", "#5fd0cc", "#dfa0dd", "#e3c84f", "#a9aeb5"), strict=True)),
    **dict(zip(HEAT, ("#24262c", "#2c3153", "#3a4276", "#4c589c", "#6472c0", "#8593e0", "#b3beff"), strict=True)),
}

CONFIG: Final[dict[str, Any]] = {
    "font": "sans-serif",  # to measure with, in half the time that a list takes; charts.py puts FONT in its place
    "background": SURFACE,
    "mark": {"aria": False},
    "view": {"stroke": None},
    "axis": {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": HAIR,
        "domainColor": EDGE,
        "tickColor": EDGE,
        "labelPadding": 6,
        "aria": False,
    },
    "axisQuantitative": {"ticks": False, "domain": False},
    "axisBand": {"ticks": False},
    "legend": {
        "orient": "top",
        "labelColor": INK,
        "titleColor": QUIET,
        "labelFontSize": 12,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "symbolType": "square",
        "symbolStrokeWidth": 2,
        "symbolOpacity": 1,
        "columnPadding": 20,
        "labelLimit": 280,
        "offset": 24,  # the title of the y axis stands between
        "aria": False,
    },
    "text": {"color": INK, "fontSize": 12},
}
