"""`tocsin rules shadow`: what shadow rules have found, beside what the live ones did."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from notifiers.localise import duration_text
from rules.rule import Rule
from rules.shadowing import Comparison, compare_firings, counterpart
from rules.workspace import Workspace
from service.commands.inputs import load_inputs, rule_named
from service.commands.options import json_option, workspace_option
from service.speech import Say, fail, run_language
from store.database import Store
from store.errors import StoreError
from streams.entity import Identity
from streams.firing import Firing
from streams.instants import SECOND, Instant, parse_instant

_LISTED: Final = 10  # keys in the text; --json has all


def command(say: Say) -> click.Command:
    @click.command(
        name="shadow",
        short_help=say("影子规则与正式规则的对比", "shadow rules beside live ones"),
        help=say(
            "列出影子规则（mode: shadow）在运行中发现的异常，并与一条正式规则对比：哪些两者都发现、哪些只有一方发现、"
            "谁更早。对比的规则取 --against，或标签 shadow_of，或去掉 -shadow、-v2 等后缀的 id，"
            "或同一类型中共有单据最多的规则。通知数量不计算：影子异常没有升级链。\n\n"
            "示例：tocsin rules shadow paid-not-shipped-v2 -w shop",
            "List what shadow rules (mode: shadow) have found while the service ran, and compare it with a live rule: "
            "what both found, what only one of them, and who was earlier. The live rule is the one of --against, or of "
            "the label shadow_of, or the id without -shadow, -v2 or the like, or the one on the same kind that shares "
            "most entities. How many would have been told is not computed: shadow incidents have no chain.\n\n"
            "Example: tocsin rules shadow paid-not-shipped-v2 -w shop",
        ),
    )
    @click.argument("rule_id", metavar=say("[规则]", "[RULE]"), required=False)
    @click.option(
        "--against", metavar=say("规则", "RULE"), help=say("与这条正式规则对比", "the live rule to compare with")
    )
    @click.option(
        "--since",
        metavar="T",
        help=say("只看这一时刻之后仍未结束的异常", "leave out what had ended before this instant"),
    )
    @workspace_option(say)
    @json_option(say)
    def run(rule_id: str | None, against: str | None, since: str | None, folder: Path, as_json: bool) -> None:
        workspace, settings = load_inputs(folder)
        shadows = [_rule(workspace, rule_id, "shadow", say)] if rule_id else _shadows(workspace, say)
        chosen = None if against is None else _rule(workspace, against, "live", say)
        firings = _firings(settings.database_url(folder), _instant(since, workspace, say), say)
        found = []
        for shadow in shadows:
            live = chosen or counterpart(shadow, workspace.rules, firings)
            theirs = () if live is None else firings.get(live.id, ())
            found.append(compare_firings(shadow, live, firings.get(shadow.id, ()), theirs))
        if as_json:
            click.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False, indent=2))
        else:
            click.echo("\n\n".join("\n".join(_lines(one, say)) for one in found))

    return run


def _shadows(workspace: Workspace, say: Say) -> list[Rule]:
    found = [rule for rule in workspace.rules if rule.mode == "shadow"]
    if not found:
        raise fail(say("没有影子规则（mode: shadow）", "there is no shadow rule (mode: shadow)"))
    return found


def _rule(workspace: Workspace, id_: str, mode: str, say: Say) -> Rule:
    rule = rule_named(workspace, id_, say)
    if rule.mode != mode:
        raise fail(
            say(f"规则 {id_} 的 mode 是 {rule.mode}，应为 {mode}", f"{id_} is {rule.mode}; expected a {mode} rule")
        )
    return rule


def _instant(text: str | None, workspace: Workspace, say: Say) -> Instant | None:
    try:
        return None if text is None else parse_instant(text, workspace.model.zone)
    except ValueError as error:
        raise fail(say(f"--since 不是时刻：{text}（应如 2026-03-02T09:00:00Z）", f"--since: {error}")) from None


def _firings(url: str, since: Instant | None, say: Say) -> dict[str, list[Firing]]:
    """By rule, out of the service's database."""
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        raise fail(
            say(f"没有数据库 {path}：服务还没有运行过", f"there is no database {path}: the service has not run yet")
        )
    try:
        store = Store(url)
    except StoreError as error:
        raise fail(error.say(run_language())) from None
    try:
        with store.read() as reader:
            return reader.firings_by_rule(since)
    finally:
        store.close()


def _lines(one: Comparison, say: Say) -> Iterable[str]:
    language = run_language()
    yield f"{one.shadow.id}  {one.shadow.name.say(language)}"
    if one.live is None:
        yield say(
            f"  发现 {one.found} 个异常；没有可对比的正式规则（用 --against 指定）",
            f"  found {one.found}; there is no live rule to compare with (--against names one)",
        )
        return
    yield say(f"  对比 {one.live.id}", f"  against {one.live.id}")
    both, mine, theirs = len(one.both), len(one.only_shadow), len(one.only_live)
    yield say(f"  两者都发现      {both}", f"  both             {both}") + _shift(one, say)
    yield say(f"  只有影子发现    {mine}", f"  only shadow      {mine}") + _keys(one.only_shadow)
    yield say(f"  只有正式发现    {theirs}", f"  only live        {theirs}") + _keys(one.only_live)
    yield f"  {_verdict(one, say)}"


def _shift(one: Comparison, say: Say) -> str:
    if not one.earlier and not one.later:
        return ""
    return say(f"（影子更早 {one.earlier}，更晚 {one.later}）", f" (shadow earlier {one.earlier}, later {one.later})")


def _keys(found: Sequence[Identity]) -> str:
    keys = list(dict.fromkeys(key for _, key in found))
    if not keys:
        return ""
    return f"  {', '.join(keys[:_LISTED])}{', ...' if len(keys) > _LISTED else ''}"


def _verdict(one: Comparison, say: Say) -> str:
    both, mine, theirs = len(one.both), len(one.only_shadow), len(one.only_live)
    if not (both or mine or theirs):
        return say("两条规则都还没有发现异常", "neither rule has found anything yet")
    if not mine and not theirs:
        text = say("两条规则发现的异常相同", "both rules find the same")
    elif not theirs:
        text = say(f"影子规则发现全部，并多出 {mine} 个", f"the shadow rule finds all of them, and {mine} more")
    elif not mine:
        text = say(f"影子规则漏掉 {theirs} 个，没有多出", f"the shadow rule misses {theirs}, and finds none besides")
    else:
        text = say(
            f"影子规则多出 {mine} 个，漏掉 {theirs} 个", f"the shadow rule finds {mine} more, and misses {theirs}"
        )
    shift = one.median_later
    if abs(shift) >= SECOND:
        span = duration_text(shift, run_language())
        text += say(
            f"；共同的异常早 {span}（中位数）" if shift < 0 else f"；共同的异常晚 {span}（中位数）",
            f"; what both find it opens {span} {'earlier' if shift < 0 else 'later'} (median)",
        )
    return text


def _as_json(one: Comparison) -> dict[str, Any]:
    return {
        "shadow": one.shadow.id,
        "live": None if one.live is None else one.live.id,
        "found": one.found,
        "both": [{"kind": same.kind, "key": same.key, "later_seconds": same.later / SECOND} for same in one.both],
        "only_shadow": [{"kind": kind, "key": key} for kind, key in one.only_shadow],
        "only_live": [{"kind": kind, "key": key} for kind, key in one.only_live],
        "earlier": one.earlier,
        "later": one.later,
        "median_later_seconds": one.median_later / SECOND,
    }
