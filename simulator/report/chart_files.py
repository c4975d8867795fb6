"""Each chart of a report as a file of its own, for slides and papers."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from simulator.report.charts import chart_png, chart_svg, lacks_chinese_font, to_draw
from simulator.report.document import Chart, Document
from streams.text import Language, Text

Format = Literal["svg", "png"]
Progress = Callable[[int], None]  # called with the number of charts drawn since the last call

FORMATS: Final[tuple[Format, ...]] = ("svg", "png")
_ODD: Final = re.compile(r"[^\w-]+")


def charts_of(document: Document) -> list[Chart]:
    """Those that have anything to draw."""
    return [part for section in document.sections for part in section.parts if isinstance(part, Chart) and part.points]


def write_charts(
    document: Document,
    folder: Path,
    formats: Sequence[Format],
    language: Language,
    *,
    progress: Progress = lambda drawn: None,
) -> list[Text]:
    """Write NAME.svg and NAME.png into `folder`, which is made; return what the reader has to be warned of.

    Raises OSError where a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    boxes = False
    for chart in charts_of(document):
        svg = chart_svg(to_draw(chart)[0], language, document.zone)
        name = _ODD.sub("-", chart.name)
        if "svg" in formats:
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
        if "png" in formats:
            (folder / f"{name}.png").write_bytes(chart_png(svg))
            boxes = boxes or lacks_chinese_font(svg)
        progress(1)
    return [_BOXES] if boxes else []


_BOXES: Final = Text(
    zh="本机没有中文字体，PNG 中的汉字显示不出来。请安装中文字体（如 Noto Sans CJK），"
    "或在浏览器中打开 HTML 报告，从那里导出 PNG。",
    en="This machine has no font with Chinese characters, so they are missing from the PNG files. Install one, such as "
    "Noto Sans CJK, or open the HTML report in a browser and take the PNG files from there.",
)
