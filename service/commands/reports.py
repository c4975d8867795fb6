"""How commands write reports: as a page or as data, and each chart as a file."""

import json
import os
from pathlib import Path

import click

from service.speech import Say, fail, progress, run_language
from simulator.report.chart_files import FORMATS, charts_of, write_charts
from simulator.report.document import Document
from simulator.report.html import write_html
from simulator.report.json_form import document_json


def can_be_written(path: Path, say: Say) -> None:
    """Said before the work, not after it. Nothing is written yet, and an old file stays until there is a new one."""
    if not path.parent.is_dir() or not os.access(path.parent if not path.exists() else path, os.W_OK):
        raise fail(say(f"无法写入 {path}：请检查文件夹和权限", f"{path} cannot be written: see its folder and rights"))


def write_report(document: Document, path: Path, say: Say) -> None:
    """A path that ends in .json gets the data, any other the page."""
    try:
        if path.suffix.lower() == ".json":
            path.write_text(json.dumps(document_json(document), ensure_ascii=False) + "\n", encoding="utf-8")
            return
        with progress(say("绘制报告", "drawing the report"), len(charts_of(document))) as step:
            write_html(document, path, run_language(), progress=step)
    except OSError as error:
        raise cannot_write(path, error, say) from None


def write_chart_files(document: Document, folder: Path, say: Say) -> None:
    try:
        with progress(say("绘制图表", "drawing the charts"), len(charts_of(document))) as step:
            warnings = write_charts(document, folder, FORMATS, run_language(), progress=step)
    except OSError as error:
        raise cannot_write(folder, error, say) from None
    for warning in warnings:
        click.echo(say(f"警告：{warning.zh}", f"warning: {warning.en}"), err=True)


def cannot_write(path: Path, error: OSError, say: Say) -> click.exceptions.Exit:
    return fail(say(f"无法写入 {path}：{error.strerror}", f"{path} cannot be written: {error.strerror}"))
