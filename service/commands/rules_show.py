"""`tocsin rules show`: rules in their core form and as sentences, and the templates of sentences."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rules.check import render
from rules.errors import InvalidWorkspace
from rules.files.document import as_data
from rules.files.writing import to_yaml
from rules.sentences.saying import Example, examples
from rules.sentences.templates import TEMPLATES
from rules.sentences.vocabulary import Vocabulary
from rules.showing import Shown, shown
from rules.workspace import Workspace, load_workspace
from service.commands.inputs import rule_named
from service.commands.options import json_option, workspace_option
from service.speech import Say, fail, run_language
from streams.text import Language


def command(say: Say) -> click.Command:
    @click.command(
        name="show",
        short_help=say("显示规则的核心形式和句子", "show rules in core form and as sentences"),
        help=say(
            "以 YAML 显示规则的核心形式，可直接贴回规则文件：句子展开为核心键。"
            "能用句子表达的规则，句子以注释列在下面。不写规则时显示全部规则。\n\n"
            "示例：tocsin rules show stock-low -w shop",
            "Print the core form of rules as YAML that can be pasted back: sentences are expanded. Below each rule "
            "that a sentence can say, the sentence stands as a comment. Without RULE all rules are shown.\n\n"
            "Example: tocsin rules show stock-low -w shop",
        ),
    )
    @click.argument("ids", metavar=say("[规则]...", "[RULE]..."), nargs=-1)
    @workspace_option(say)
    @click.option(
        "--templates",
        is_flag=True,
        help=say(
            "改为列出句式，用本工作区的词举例", "list the templates of sentences instead, in this workspace's words"
        ),
    )
    @json_option(say)
    def run(ids: tuple[str, ...], folder: Path, templates: bool, as_json: bool) -> None:
        workspace = _load(folder)
        if templates:
            listed = _examples(workspace, run_language())
            click.echo(_json([_example(one) for one in listed]) if as_json else _by_template(listed, run_language()))
            return
        found = _chosen(workspace, ids, say)
        click.echo(_json([_as_json(one) for one in found]) if as_json else _as_yaml(found, say), nl=as_json)

    return run


def _load(folder: Path) -> Workspace:
    try:
        return load_workspace(folder)
    except InvalidWorkspace as refused:
        raise fail(render(refused.problems, run_language(), folder)) from None


def _chosen(workspace: Workspace, ids: Sequence[str], say: Say) -> list[Shown]:
    wanted, found = [rule_named(workspace, id_, say).id for id_ in ids], shown(workspace)
    return [found[id_] for id_ in wanted or found]


def _as_yaml(found: Sequence[Shown], say: Say) -> str:
    """One file of rules, with the sentences as comments."""
    parts = ["rules:\n"]
    for one in found:
        parts.append(to_yaml("rules", [one.core]).partition("\n")[2])
        if one.sentence is not None:
            keys = ", ".join(one.sentence.keys)
            parts.append(say(f"    # 作为句子（代替 {keys}）：\n", f"    # as a sentence, in place of {keys}:\n"))
            parts.extend(f"    #   sentence: {sentence}\n" for sentence in one.sentence.sentences.values())
    return "".join(parts)


def _as_json(one: Shown) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.version,
        "core": as_data(one.core),
        "written": one.written,
        "sentences": None if one.sentence is None else dict(one.sentence.sentences),
        "in_place_of": [] if one.sentence is None else list(one.sentence.keys),
    }


def _examples(workspace: Workspace, language: Language) -> list[Example]:
    kinds = (Vocabulary.of(workspace.model, kind, workspace.calendars) for kind in workspace.model.kinds)
    return [example for kind in kinds for example in examples(kind, language)]


def _by_template(listed: Sequence[Example], language: Language) -> str:
    lines: list[str] = []
    for template, label in TEMPLATES.items():
        lines.append(label.say(language))
        lines.extend(f"  {one.kind:8} {one.sentence}" for one in listed if one.template == template)
    return "\n".join(lines)


def _example(one: Example) -> dict[str, str]:
    return {"template": one.template, "kind": one.kind, "sentence": one.sentence}


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
