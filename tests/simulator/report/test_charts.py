"""Charts: what is on the axes, what a mark says, what is left out, and what may never leave the machine."""

import xml.etree.ElementTree as ET
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from simulator.report.cells import NOTHING
from simulator.report.charts import chart_png, chart_svg, lacks_chinese_font, to_draw
from simulator.report.document import Axis, Chart, Reference
from simulator.report.heat import heat_steps, step_of
from simulator.report.plotted import plot
from simulator.report.scales import scale_of
from simulator.report.specs import chart_spec
from simulator.report.style import DARK, FONT, HEAT, SERIES
from streams.instants import DAY, FIRST, HOUR, LAST, MINUTE, SECOND, parse_instant
from tests.simulator.report.documents import CLOUD, HOSTILE, LINES, MONDAY, NAMED, SHANGHAI, chart, days, text
from tests.simulator.report.documents import HEAT as HEAT_CHART

UTC = ZoneInfo("UTC")
EACH_MARK = [chart("bar", days(3)), chart("step", days(3)), chart("area", days(3)), LINES, NAMED, HEAT_CHART, CLOUD]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(one: Chart, **options: Any) -> ET.Element:
    return ET.fromstring(chart_svg(one, "en", SHANGHAI, **options))


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def marks(root: ET.Element) -> list[str]:
    return [said for element in root.iter() if element is not root and (said := element.get("aria-label"))]


@pytest.mark.parametrize("one", EACH_MARK, ids=lambda one: one.mark)
@pytest.mark.parametrize("width", [880, 340])
def test_each_mark_is_drawn_as_wide_as_asked_with_text_as_text(one, width):
    """An SVG of that width, named by its title, with letters that a reader can copy and no reference to elsewhere."""
    svg = chart_svg(one, "en", SHANGHAI, width)
    root = ET.fromstring(svg)
    assert root.attrib["width"] == str(width)
    assert root.attrib["aria-label"] == "chart"
    assert root.attrib["font-family"] == FONT
    assert any(texts(root))
    assert "href" not in svg and "style=" not in svg and " id=" not in svg and "<image" not in svg


def test_days_are_those_of_the_model_wherever_the_machine_is():
    """Midnight in Shanghai is the day's own first instant on the axis, and the title says years and zone."""
    row = plot(chart("bar", days(2)), "en", SHANGHAI).rows[0]
    assert row["x"] == parse_instant("2026-03-03", UTC) / 1000
    assert row["said"] == "2026-03-03 · 1"
    spec = chart_spec(chart("bar", days(400)), "en", SHANGHAI, 880)
    assert spec["layer"][0]["encoding"]["x"]["title"] == "day (2026–2027, Asia/Shanghai, UTC+8)"
    assert spec["layer"][0]["encoding"]["x"]["scale"]["type"] == "utc"


@pytest.mark.parametrize(
    ("longest", "unit", "title"),
    [
        (3 * DAY, DAY, "lasted (days)"),
        (30 * HOUR, HOUR, "lasted (hours)"),
        (90 * MINUTE, MINUTE, "lasted (minutes)"),
        (0, SECOND, "lasted (seconds)"),
    ],
)
def test_durations_are_in_the_unit_of_their_size(longest, unit, title):
    """Hours or days, said with the axis, never microseconds."""
    scale = scale_of(Axis(label=text("lasted"), kind="duration"), [longest], "en", UTC)
    assert (scale.plot(unit), scale.title) == (1, title)


def test_shares_are_per_cent_and_lines_say_what_they_are_compared_with():
    """A share of 1 is written as 100%, and a reference has its name and value beside its line."""
    said = texts(drawn(LINES))
    assert any(one.endswith("%") for one in said)
    assert "in force 48 h" in said
    assert marks(drawn(LINES))[0] == "24 h · recall · 24% · 0% – 100%"


def test_names_from_outside_stay_text():
    """A key that looks like markup is shown as written, without its unseen characters."""
    root = drawn(NAMED)
    assert '<script>alert("1")</script>&amp;' in texts(root)
    assert list(root.iter(f"{SVG}script")) == []
    assert HOSTILE not in chart_svg(NAMED, "en", SHANGHAI)


def test_names_of_charts_may_hold_anything():
    """A title, an axis or a reference with characters that XML forbids is drawn without them."""
    odd = text(HOSTILE)
    one = chart("bar", days(3), title=odd, y=Axis(label=odd), references=(Reference(label=odd, at=2),))
    assert drawn(one).attrib["aria-label"].startswith("<script>")


def test_stacked_bars_stand_on_each_other_and_others_side_by_side():
    """Two series of one day: one upon the other, or each in half of the day's width."""
    points = [{"x": MONDAY, "y": 2, "series": "a"}, {"x": MONDAY, "y": 3, "series": "b"}]
    stacked = plot(chart("bar", points, stacked=True), "en", SHANGHAI).rows
    assert [(row["y2"], row["y"]) for row in stacked] == [(0, 2), (2, 5)]
    assert stacked[0]["x"] == stacked[1]["x"]
    beside = plot(chart("bar", points), "en", SHANGHAI).rows
    assert [(row["y2"], row["y"]) for row in beside] == [(0, 2), (0, 3)]
    assert beside[0]["x2"] == beside[1]["x"]


def test_heat_says_its_colours_in_a_few_steps_that_grow_darker():
    """Counts get whole steps with nothing on its own; hours stand in their order, however they come."""
    scale = scale_of(Axis(label=text("incidents")), [0, 25], "en", UTC)
    steps = heat_steps([0, 25], scale)
    assert [step.label for step in steps] == ["0", "1–5", "6–10", "11–15", "16–20", "21–25"]
    assert (steps[0].colour, steps[-1].colour) == (HEAT[0], HEAT[-1])
    assert step_of(6, steps).label == "6–10"
    said = texts(drawn(HEAT_CHART))
    assert said.index("9") < said.index("10")


def test_every_colour_has_one_for_the_dark():
    """Each colour that a chart can use is replaced on dark screens, by its value."""
    assert {*SERIES, *HEAT} <= DARK.keys()
    elements = [element for one in EACH_MARK for element in drawn(one).iter() if element.get("opacity") != "0"]
    found = {element.get(part) for element in elements for part in ("fill", "stroke")}
    assert found - {None, "none", "transparent"} <= DARK.keys()


def test_long_lines_keep_what_stands_out():
    """Ten thousand points become some hundreds, the highest and the lowest among them, and the reader is told."""
    points = [{"x": MONDAY + place * HOUR, "y": 5} for place in range(10_000)]
    points[4321] = {**points[4321], "y": 99}
    points[7777] = {**points[7777], "y": -3}
    kept, note = to_draw(chart("line", points))
    assert len(kept.points) <= 1_200
    assert {99, -3} <= {point["y"] for point in kept.points}
    assert [kept.points[0], kept.points[-1]] == [points[0], points[-1]]
    assert note is not None and note.en.endswith("of each short stretch of the x axis") and "10,000" in note.zh


def test_clouds_are_sampled_evenly_and_names_cut_after_the_first():
    """Of 5,000 points one in five, each series still there; of 100 named bars the first 40; always said."""
    points = [{"x": DAY * place, "y": 1, "series": "rare" if place == 77 else "often"} for place in range(5_000)]
    kept, note = to_draw(chart("point", points))
    assert 1_000 <= len(kept.points) <= 1_001 and note is not None
    assert {point["series"] for point in kept.points} == {"rare", "often"}
    named = [{"x": f"S{place}", "y": 1} for place in range(100)]
    bars, note = to_draw(chart("bar", named, x=Axis(label=text("supplier"), kind="text")))
    assert len(bars.points) == 40
    assert note is not None and note.en == "The first 40 of 100 are drawn"


def test_what_has_no_value_is_not_drawn():
    """Missing and impossible figures leave no mark, and nothing else changes."""
    points = [*days(2), {"x": MONDAY, "y": None}, {"x": None, "y": 1}, {"x": MONDAY, "y": float("nan")}]
    assert len(plot(chart("step", points), "en", SHANGHAI).rows) == 2


def test_points_without_a_series_are_one_of_their_own():
    """Where only some points name their series, the others are drawn too."""
    points: list[dict[str, Any]] = [{"x": MONDAY, "y": 1, "series": "a"}, {"x": MONDAY + DAY, "y": 2}]
    assert plot(chart("line", points), "en", SHANGHAI).names == ["a", NOTHING]


def test_points_with_names_have_them_beside_them():
    """As text that can be read, and first in what the point says."""
    root = drawn(chart("point", [{"x": MONDAY, "y": 1, "label": "48h"}, {"x": MONDAY + DAY, "y": 2}]))
    assert "48h" in texts(root)
    assert marks(root)[0].startswith("48h · ")


def test_names_of_points_do_not_lie_on_each_other():
    """Where there is no room for all, the first is written, and the others are said when one points at them."""
    points = [{"x": MONDAY, "y": 1, "label": "best"}, {"x": MONDAY, "y": 1, "label": "other"}]
    root = drawn(chart("point", [*points, {"x": MONDAY + DAY, "y": 9, "label": "far"}]))
    assert [name for name in texts(root) if name in ("best", "other", "far")] == ["best", "far"]
    assert len(marks(root)) == 3


@pytest.mark.parametrize("instant", [FIRST, LAST])
def test_the_ends_of_the_calendar_are_drawn(instant):
    """A due time in the year 9999 that somebody typed breaks no report."""
    odd: dict[str, Any] = {"x": instant, "y": 1}
    assert texts(drawn(chart("step", [*days(2), odd])))


def test_a_picture_is_a_png_of_twice_the_size():
    """Sharp on paper: two pixels for one."""
    png = chart_png(chart_svg(NAMED, "zh", SHANGHAI))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20]) == 2 * 880


def test_a_machine_without_chinese_letters_is_found_out(monkeypatch):
    """Where two different characters look the same, both are boxes; charts without any are not concerned."""
    monkeypatch.setattr("simulator.report.charts.vl_convert.svg_to_png", lambda svg, **options: b"box")
    assert lacks_chinese_font("<text>订单</text>")
    assert not lacks_chinese_font("<text>orders</text>")
