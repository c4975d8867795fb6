"""Charts drawn: as SVG whose text stays text, and as PNG. Vega runs inside vl-convert: no browser, no network."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

import vl_convert

from simulator.report.cells import label_text
from simulator.report.document import Chart
from simulator.report.plotted import drawable
from simulator.report.specs import chart_spec
from simulator.report.style import FONT, WIDE
from simulator.report.thinning import thinned
from streams.text import Language, Text

_SVG: Final = "http://www.w3.org/2000/svg"
_NOISE: Final = ("role", "aria-roledescription", "aria-hidden", "pointer-events", "class", "font-family")
_GEOMETRY: Final = ("d", "transform", "x2", "y2", "width", "height")
_FRACTION: Final = re.compile(r"-?\d+\.\d+")
_SCALE: Final = 2.0  # pixels of a PNG for one of the chart: sharp on paper and good screens


def to_draw(chart: Chart) -> tuple[Chart, Text | None]:
    """The chart with as many points as can be seen, and what to say where those are not all."""
    points, note = thinned(chart, drawable(chart))
    return replace(chart, points=points), note


def chart_svg(chart: Chart, language: Language, zone: ZoneInfo, width: int = WIDE) -> str:
    """Takes light colours and a white ground: report.css has the dark ones."""
    spec = chart_spec(chart, language, zone, width)
    drawn = vl_convert.vegalite_to_svg(spec, vl_version="6.4", allowed_base_urls=[])
    return _without_noise(drawn, label_text(chart.title, language))


def chart_png(svg: str) -> bytes:
    return vl_convert.svg_to_png(svg, scale=_SCALE)


def lacks_chinese_font(svg: str) -> bool:
    """Whether a PNG of this SVG would show boxes, or nothing, in place of its Chinese characters on this machine."""
    return any(char >= "\u2e80" for char in svg) and _picture_of("异") == _picture_of("回")


def _picture_of(char: str) -> bytes:
    text = f'<text y="30" font-family="{FONT}" font-size="24">{char}</text>'
    return vl_convert.svg_to_png(f'<svg xmlns="{_SVG}" width="40" height="40">{text}</svg>')


def _without_noise(svg: str, title: str) -> str:
    """A third of the size: tenths of pixels, the font said once, nothing unseen, and no roles of marks in English.

    What marks say stays. The whole is one named picture.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)
    for element in list(root.iter()):
        for child in list(element):
            ground = child.get("class") == "background" and not {"fill", "stroke"} & set(child.attrib)
            if ground or child.get("d") == "":
                element.remove(child)
    for element in root.iter():
        for name in _NOISE:
            element.attrib.pop(name, None)
        if element.get("opacity") == "1":
            del element.attrib["opacity"]
        for name in _GEOMETRY:
            if name in element.attrib:
                element.set(name, _FRACTION.sub(_tenths, element.attrib[name]))
    root.set("font-family", FONT)
    root.set("role", "img")
    root.set("aria-label", title)
    return ET.tostring(root, encoding="unicode")


def _tenths(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")
