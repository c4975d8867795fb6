"""What the page itself says, in both languages."""

from typing import Final

from streams.text import Text

product: Final = Text(zh="警钟", en="Tocsin")
contents: Final = Text(zh="目录", en="Contents")
caution: Final = Text(zh="注意：", en="Caution:")
filter: Final = Text(zh="筛选", en="Filter")
figures: Final = Text(zh="数据表", en="Figures")
no_rows: Final = Text(zh="没有任何行", en="No rows")
no_points: Final = Text(zh="没有可画的数据", en="Nothing to draw")
show_fewer: Final = Text(zh="只显示前几行", en="Show fewer")


def show_all(rows: int) -> Text:
    return Text(zh=f"显示全部 {rows:,} 行", en=f"Show all {rows:,} rows")


def not_all(rows: int) -> Text:
    """On paper, where one cannot ask for them."""
    return Text(zh=f"共 {rows:,} 行，此处未全部列出", en=f"Not all of the {rows:,} rows are shown here")


def left_out(here: int, rows: int) -> Text:
    return Text(
        zh=f"此处只有前 {here:,} 行，另有 {rows:,} 行未列出；JSON 报告中有全部行",
        en=f"These are the first {here:,} rows; {rows:,} more were left out, and the JSON report has all",
    )


def times_in(zone: str) -> Text:
    return Text(zh=f"时间均为 {zone}", en=f"Times in {zone}")
