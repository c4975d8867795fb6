"""What the pages say of rules and of the files they are in, in both languages."""

from collections.abc import Mapping
from typing import Final

from streams.text import Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


RULE_WORDS: Final[Mapping[str, Text]] = {
    "nav_rules": _t("规则", "Rules"),
    "rules": _t("规则", "Rules"),
    "files_since": _t("当前规则生效于", "In force since"),
    "stop": _t("。", ". "),
    "files_watched": _t("保存文件后会自动重新读取。", "Files are read again when they are saved."),
    "files_reload": _t("重新读取文件", "Read the files again"),
    "files_busy": _t("服务正忙，请稍后再试", "The service is busy; try again in a moment"),
    "files_applied": _t("文件已读取并生效", "The files are read and in force"),
    "files_refused": _t(
        "磁盘上的文件有 {count} 处错误，没有生效；{since} 起的规则继续运行",
        "The files on disk have {count} errors and are not in force; the rules of {since} keep running",
    ),
    "files_refused_one": _t(
        "磁盘上的文件有 1 处错误，没有生效；{since} 起的规则继续运行",
        "The files on disk have 1 error and are not in force; the rules of {since} keep running",
    ),
    "files_errors": _t("查看错误", "See the errors"),
    "files_read_at": _t("读取于", "Read"),
    "files_restart": _t(
        "{names} 的修改要重启服务后才生效", "Changes of {names} take effect when the service is started again"
    ),
    "sweeping": _t("规则已改动，正在重新判断单据", "The rules have changed: entities are judged again"),
    "sweep_left": _t("还有 {left} / {total}", "{left} of {total} left"),
    "sweep_see": _t("查看进度", "See the progress"),
    "sweep_lead": _t(
        "新事件优先处理。全部完成后，此前已发生的异常合并成一条摘要通知",
        "New events go first. When all is done, what began earlier is announced in one digest",
    ),
    "mode_live": _t("正式", "live"),
    "mode_shadow": _t("影子", "shadow"),
    "mode_off": _t("停用", "off"),
    "rule_open": _t("未解决", "open"),
    "rule_week": _t("近 7 天 {count} 条", "{count} in 7 days"),
    "rule_owner": _t("负责人", "Owner"),
    "rule_chain": _t("升级链", "Chain"),
    "rule_version": _t("版本", "Version"),
    "rule_since": _t("自", "since"),
    "rule_fresh": _t("只判断 {since} 之后的变化", "judges what happens after {since}"),
    "rule_earlier": _t("另有 {count} 个旧版本等待其异常结束", "{count} earlier versions until what they opened ends"),
    "rules_none": _t("还没有规则", "There are no rules yet"),
    "rules_none_more": _t(
        "在工作区的 rules 文件夹中添加规则，保存后即生效",
        "Add rules in the folder rules of the workspace; they are in force once saved",
    ),
}
