"""What the pages say, in both languages (console.md, Words). Severities and reasons are in notifiers/words.py."""

from collections.abc import Mapping
from typing import Final

from console.rule_words import RULE_WORDS
from streams.text import Language, Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


WORDS: Final[Mapping[str, Text]] = {
    **RULE_WORDS,
    # Frame
    "product": _t("警钟", "Tocsin"),
    "skip": _t("跳到正文", "Skip to content"),
    "nav_inbox": _t("异常", "Incidents"),
    "nav_refused": _t("被拒事件", "Refused"),
    "nav_demo": _t("演示", "Demo"),
    "sign_in": _t("登录", "Sign in"),
    "sign_out": _t("退出登录", "Sign out"),
    "language_other": _t("English", "中文"),
    "look": _t("语言与外观", "Language and theme"),
    "theme": _t("外观", "Theme"),
    "theme_auto": _t("跟随系统", "System"),
    "theme_light": _t("浅色", "Light"),
    "theme_dark": _t("深色", "Dark"),
    "density": _t("行距", "Rows"),
    "density_normal": _t("舒适", "Comfortable"),
    "density_compact": _t("紧凑", "Compact"),
    "times_in": _t("时间均为 {zone}", "Times in {zone}"),
    "live_lost": _t("实时更新已断开，正在重连", "Live updates are interrupted, reconnecting"),
    "apply": _t("应用", "Apply"),
    "cancel": _t("取消", "Cancel"),
    "and": _t("、", ", "),
    "colon": _t("：", ": "),
    # Inbox
    "inbox": _t("异常", "Incidents"),
    "tab_open": _t("未确认", "Open"),
    "tab_mine": _t("我的", "Mine"),
    "tab_acknowledged": _t("已确认", "Acknowledged"),
    "tab_resolved": _t("已解决", "Resolved"),
    "filter": _t("筛选", "Filter"),
    "filter_hint": _t("例如 severity:critical owner:me key:A-10", "for example severity:critical owner:me key:A-10"),
    "filter_unknown": _t("不认识 {word}，已忽略", "{word} is not known and was left out"),
    "filter_help": _t(
        "severity:critical、owner:me、rule:规则、kind:order、key:前缀、state:open，可以叠加；裸词按单号前缀查找",
        "severity:critical, owner:me, rule:ID, kind:order, key:PREFIX, state:open; combine them. A bare word is the "
        "beginning of a key",
    ),
    "clear_filter": _t("清除筛选", "Clear filter"),
    "col_severity": _t("级别", "Severity"),
    "col_incident": _t("异常", "Incident"),
    "col_entity": _t("单据", "Order"),
    "col_open_for": _t("已持续", "Open for"),
    "lasted": _t("历时", "Lasted"),
    "col_next": _t("下一步", "Next"),
    "col_owner": _t("负责人", "Owner"),
    "mark": _t("选中", "Mark"),
    "marked": _t("已选 {count} 条", "{count} marked"),
    "ack_marked": _t("确认所选", "Acknowledge marked"),
    "new_rows": _t("{count} 条新异常", "{count} new"),
    "show_new": _t("显示", "Show"),
    "row_changed": _t("有更新", "updated"),
    "older": _t("更多", "Show more"),
    "newest": _t("回到最前", "Back to the first"),
    "keys_hint": _t("j k 移动，x 选中，a 确认，回车打开", "j k move, x mark, a acknowledge, Enter open"),
    "empty_open": _t("现在没有未确认的异常", "No open incidents"),
    "empty_open_more": _t(
        "订单一旦违反规则，就会出现在这里，并通知负责人。",
        "When an order breaks a rule it appears here, and the person responsible is told.",
    ),
    "empty_open_do": _t("发送一个事件试试", "Send a first event"),
    "empty_mine": _t("没有分派给您的异常", "Nothing is with you"),
    "empty_mine_more": _t(
        "您确认的、转交给您的异常会出现在这里。", "What you acknowledge, and what is handed over to you, appears here."
    ),
    "empty_acknowledged": _t("没有已确认的异常", "Nothing is acknowledged"),
    "empty_acknowledged_more": _t(
        "有人确认后，异常会留在这里，直到解决。", "What somebody has taken stays here until it is resolved."
    ),
    "empty_resolved": _t("还没有已解决的异常", "Nothing has been resolved yet"),
    "empty_resolved_more": _t("解决后的异常会保留在这里，供查询。", "What is over is kept here to look up."),
    "empty_filter": _t("没有符合筛选条件的异常", "No incident matches the filter"),
    "nobody": _t("无人", "nobody"),
    "unowned": _t("无人认领", "unowned"),
    "shadow": _t("影子规则，不通知", "shadow rule, nobody is told"),
    "found_late": _t("由迟到数据发现", "found by late data"),
    "baseline": _t("此前已发生", "began earlier"),
    # States
    "state_open": _t("未确认", "Open"),
    "state_acknowledged": _t("已确认", "Acknowledged"),
    "state_resolved": _t("已解决", "Resolved"),
    # Incident
    "incident_no": _t("异常 {id}", "Incident {id}"),
    "acknowledge": _t("确认", "Acknowledge"),
    "unacknowledge": _t("撤销确认", "Undo acknowledgement"),
    "resolve": _t("解决", "Resolve"),
    "hand_over": _t("转交", "Hand over"),
    "escalate": _t("立即升级", "Escalate now"),
    "reopen": _t("重新打开", "Reopen"),
    "call_customer": _t("致电客户", "Call the customer"),
    "why_resolve": _t("原因（写入审计记录）", "Reason (kept in the audit trail)"),
    "why_resolve_hint": _t("例如：已与客户改约到周五", "for example: moved to Friday, agreed with the customer"),
    "reason_needed": _t("请写明原因，审计需要", "Please give the reason, the audit trail needs it"),
    "hand_over_to": _t("转交给", "Hand over to"),
    "choose_person": _t("请选择", "Choose a person"),
    "person_needed": _t("请选择转交给谁", "Please choose whom to hand it over to"),
    "owned_by": _t("{name} 负责", "With {name}"),
    "owned_since": _t("自 {at}", "since {at}"),
    "owned_nobody": _t("尚无人确认", "Nobody has taken it yet"),
    "acknowledged_by": _t("{name} 于 {at} 确认", "Acknowledged by {name}, {at}"),
    "resolved_by": _t("{name} 于 {at} 解决", "Resolved by {name}, {at}"),
    "resolved_at": _t("{at} 恢复正常", "Over since {at}"),
    "ack_until": _t("{at} 前未解决则重新升级", "Escalates again if not resolved by {at}"),
    "run_out": _t("升级链已走完，仍无人确认", "The chain has run out and nobody has taken it"),
    "chain_over": _t("升级链已走完", "Chain has run out"),
    "show_all": _t("显示全部 {count} 条", "Show all {count}"),
    "no_chain": _t("没有升级链，不通知任何人", "No chain, nobody is told"),
    "chain": _t("升级链", "Escalation"),
    "round": _t("第 {n} 轮", "Round {n}"),
    "round_of": _t("第 {n} 轮，共 {all} 轮", "Round {n} of {all}"),
    "way": _t("{kind}流程", "Way of the {kind}"),
    "planned": _t("计划", "planned"),
    "actual": _t("实际", "actual"),
    "late_by": _t("晚 {span}", "{span} late"),
    "overdue_by": _t("已超 {span}", "{span} overdue"),
    "due_in": _t("还剩 {span}", "{span} left"),
    "not_reached": _t("未到", "not reached"),
    "not_seen": _t("没有记录", "not recorded"),
    "not_planned": _t("无计划时间", "no planned time"),
    "in_time": _t("按时", "in time"),
    "why": _t("为什么", "Why"),
    "why_ended": _t("为什么结束", "Why it ended"),
    "why_opened": _t("触发时的判断", "What held when it opened"),
    "rule": _t("规则", "Rule"),
    "version": _t("版本", "version"),
    "deadline": _t("期限", "Deadline"),
    "how_counted": _t("怎样算出", "How it was counted"),
    "step_cut_off": _t("已过当天截止时间，从 {at} 起算", "after the cut-off: counted from {at}"),
    "step_from_day_off": _t("当天休息，从 {at} 起算", "a day off: counted from {at}"),
    "step_off": _t("{days}：不计（{why}）", "{days}: off ({why})"),
    "step_make_up": _t("{day}：调休上班（{name}）", "{day}: works in exchange ({name})"),
    "step_own_hours": _t("{day}：日历中另定的工作时间", "{day}: hours of its own in the calendar"),
    "step_day": _t("{day}：第 {number} 个工作日", "{day}: working day {number}"),
    "step_work": _t("{start}–{end}：计 {span}", "{start}–{end}: {span}"),
    "step_more": _t("……另有 {count} 步", "... {count} more steps"),
    "holiday": _t("节假日", "public holiday"),
    "off_by_own": _t("日历中另定休息", "off in the calendar"),
    "off_by_week": _t("非工作日", "no working day"),
    "count_text": _t(
        "{span} 内有 {found} 个，达到 {at_least} 个即触发", "{found} within {span}; {at_least} are enough"
    ),
    "count_distinct": _t("（不同的 {field}）", " (different {field})"),
    "members": _t("计入的", "Counted"),
    "impact": _t("影响", "What it touches"),
    "impact_total": _t("{count} 个未结的{kind}", "{count} open: {kind}"),
    "impact_none": _t("没有未结的{kind}受影响", "no open {kind} is touched"),
    "impact_value": _t("{field} 合计 {value}", "{field} {value} in all"),
    "impact_more": _t("另有 {count} 个", "and {count} more"),
    "decision_table": _t("决策表", "Decision table"),
    "all_of": _t("全部成立", "all of"),
    "any_of": _t("任一成立", "any of"),
    "holds": _t("成立", "holds"),
    "fails": _t("不成立", "does not hold"),
    "missing": _t("无值", "missing"),
    "no_explanation": _t("没有保存触发时的判断", "What held then was not recorded"),
    "timeline": _t("时间线", "Timeline"),
    "told": _t("通知了谁", "Who was told"),
    "told_nobody": _t("还没有通知任何人", "Nobody has been told yet"),
    "late_data": _t("迟到的数据", "Late data"),
    "baseline_note": _t(
        "{at} 才发现，比开始晚 {span}：规则或历史数据有变化",
        "Noticed {at}, {span} after it began: rules or history have changed",
    ),
    "late_note": _t(
        "{at} 才发现，比开始晚 {span}：数据来得晚", "Noticed {at}, {span} after it began: the data came late"
    ),
    "found_late_note": _t(
        "发现时已经结束，因此没有通知任何人", "It was over already when it was noticed, so nobody was told"
    ),
    "amended_note": _t("迟到的数据改变了起止时间", "Late data moved its times"),
    "rule_changed_note": _t("规则有变化，已按新规则重新计算", "Its rule has changed: judged anew"),
    "withdrawn_note": _t("迟到的数据表明它并未发生", "Late data shows that it never was"),
    "runbook": _t("处理手册", "Runbook"),
    "entity_open": _t("未解决的异常", "Open incidents"),
    "entity_none": _t("没有未解决的异常", "No open incidents"),
    "entity_past": _t("已解决的异常", "Resolved incidents"),
    "confirmed_delivery": _t("已送达", "delivered"),
    "unconfirmed": _t("未确认送达", "delivery not confirmed"),
    "maybe_twice": _t("可能发送了两次", "may have been sent twice"),
    "important": _t("紧急方式", "important"),
    "undo": _t("撤销", "Undo"),
    "did_acknowledge": _t("已确认", "Acknowledged"),
    "did_acknowledge_many": _t("已确认 {count} 条，列在“我的”中", "{count} acknowledged, listed under Mine"),
    "did_unacknowledge": _t("已撤销确认", "The acknowledgement is undone"),
    "did_resolve": _t("已解决", "Resolved"),
    "did_hand_over": _t("已转交", "Handed over"),
    "did_escalate": _t("已升级", "Escalated"),
    "did_reopen": _t("已重新打开", "Reopened"),
    "refused_command": _t("没有执行：{why}", "Not done: {why}"),
    "group_chat": _t("群 {channel}", "group {channel}"),
    "data_age": _t("单据最近更新于 {at}", "Last news of it {at}"),
    # Entity
    "events": _t("收到的事件", "Events as received"),
    "event": _t("事件", "Event"),
    "occurred": _t("发生", "occurred"),
    "received": _t("收到", "received"),
    "lateness": _t("晚到", "came late by"),
    "on_time": _t("及时", "on time"),
    "source": _t("来源", "source"),
    "fields": _t("字段", "Fields"),
    "no_events": _t("没有收到过这个单据的事件", "No event of it has been received"),
    "no_fields": _t("没有字段", "No fields"),
    "retracted": _t("已撤回", "retracted"),
    "closed": _t("已关闭", "closed"),
    # Refused events
    "refused": _t("被拒事件", "Refused events"),
    "refused_lead": _t(
        "无法接收的事件原样保存在这里。修正模型或来源后可以重新提交。",
        "Events that could not be taken are kept here as they came. Put the model or the source right, then send them "
        "again.",
    ),
    "refused_none": _t("没有被拒事件", "No refused events"),
    "refused_none_more": _t(
        "无法接收的事件会连同原因出现在这里，不会丢失。",
        "An event that cannot be taken appears here with the reason; none is lost.",
    ),
    "resend": _t("重新提交", "Send again"),
    "resent": _t("已重新提交", "sent again"),
    "resend_done": _t("已接收", "It has been taken"),
    "resend_refused": _t("仍被拒绝：{why}", "Refused again: {why}"),
    "raw": _t("原文", "As received"),
    "position": _t("位置", "Where"),
    "field": _t("字段", "Field"),
    "all": _t("全部", "All"),
    "to_resend": _t("待处理", "To do"),
    # Links
    "link_who": _t("您是哪一位？", "Who are you?"),
    "link_expired": _t("这个链接已过期", "This link has expired"),
    "link_expired_more": _t("请在控制台打开这条异常。", "Please open the incident in the console."),
    "link_bad": _t("这个链接无效", "This link is not valid"),
    "link_bad_more": _t(
        "可能没有复制完整。请重新从短信中打开。", "It may have been cut. Please open it from the message again."
    ),
    "link_done": _t("您已确认，升级链已停止", "Yours. The escalation has stopped"),
    "link_already": _t("{name} 已于 {at} 确认", "{name} acknowledged it, {at}"),
    "link_resolved": _t("已经解决，无需处理", "It is resolved, nothing is left to do"),
    "link_as": _t("以 {name} 的身份", "as {name}"),
    "link_open": _t("在控制台查看", "Open in the console"),
    "link_until": _t("链接有效至 {at}", "This link works until {at}"),
    "link_next": _t("无人确认则 {at} 通知 {whom}", "If nobody takes it, {whom} will be told {at}"),
    # The page of a digest
    "digest_title": _t("此前已发生的异常：{count} 个", "Incidents that began earlier: {count}"),
    "digest_lead": _t(
        "规则或历史数据变化后才发现这些异常，它们的升级链没有启动。级别升高或有人手动升级时才会启动。",
        "A change of rules or history found them; their chains have not started. Worse severity, or Escalate on an "
        "incident, starts its chain.",
    ),
    "digest_acknowledge": _t("全部确认（{count} 个）", "Acknowledge all {count}"),
    "digest_done": _t("您已确认 {count} 个", "{count} are yours now"),
    "digest_none_free": _t("都已有人确认或已解决", "All of them are acknowledged or resolved"),
    "digest_rest": _t("另有 {count} 个，请在控制台查看", "and {count} more, see the console"),
    # Sign-in
    "who_are_you": _t("您是谁", "Who you are"),
    "password": _t("控制台密码", "Console password"),
    "wrong_password": _t("密码不正确", "The password is not right"),
    "no_people": _t("people.yaml 里还没有人。先在那里加上自己。", "people.yaml is empty. Add yourself there first."),
    # Errors
    "error_404": _t("没有这个页面", "There is no such page"),
    "error_404_more": _t("地址可能有误，或者内容已不存在。", "The address may be wrong, or what it showed is gone."),
    "error_500": _t("出错了", "Something went wrong"),
    "error_500_more": _t(
        "没有改动任何数据。请重试；若仍出错，请把下面的编号交给管理员，日志里有同样的编号。",
        "Nothing was changed. Try again; if it happens again, give the id below to whoever runs Tocsin: the log has it "
        "too.",
    ),
    "error_403": _t("没有执行", "Not done"),
    "error_403_more": _t(
        "这个请求不是从控制台的页面发出的。请打开控制台再试。",
        "This request did not come from a page of the console. Open the console and try again.",
    ),
    "error_id": _t("编号", "Id"),
    "to_inbox": _t("返回异常列表", "Back to the incidents"),
    # Demo
    "demo": _t("演示", "Demo"),
    "demo_lead": _t(
        "订单正在流动，有些会出问题。手机、邮箱和群都是假的：没有消息会离开这台机器。",
        "Orders are flowing, and some go wrong. Phone, mailbox and chat are make-believe: nothing leaves this machine.",
    ),
    "demo_phone": _t("{name} 的手机", "{name}'s phone"),
    "demo_phone_none": _t("手机", "Phone"),
    "demo_mail": _t("邮箱", "Mailbox"),
    "demo_chat": _t("群聊", "Group chat"),
    "demo_guide": _t("接下来会发生什么", "What will happen"),
    "demo_try": _t("三个月的历史，可以分析", "Three months of history to analyse"),
    "demo_try_lead": _t(
        "在另一个终端里粘贴。演示结束时该文件夹会被删除。",
        "Paste into another terminal. The folder goes when the demo ends.",
    ),
    "demo_no_sms": _t("还没有短信", "No SMS yet"),
    "demo_no_mail": _t("还没有邮件", "No mail yet"),
    "demo_no_chat": _t("还没有消息", "No message yet"),
    "demo_in": _t("{span} 后", "in {span}"),
    "demo_now": _t("现在", "now"),
}

CHANNEL_KINDS: Final[Mapping[str, Text]] = {
    "console": _t("控制台", "console"),
    "link": _t("消息链接", "link in a message"),
    "api": _t("接口", "API"),
    "twilio-sms": _t("短信", "SMS"),
    "smtp": _t("邮件", "e-mail"),
    "dingtalk-robot": _t("钉钉群", "DingTalk"),
    "webhook": _t("回调", "webhook"),
}

DELIVERY_STATES: Final[Mapping[str, Text]] = {
    "pending": _t("待发送", "waiting"),
    "sending": _t("发送中", "being sent"),
    "accepted": _t("已交给服务商", "accepted"),
    "delivered": _t("已送达", "delivered"),
    "failed_temporary": _t("暂时失败，将重试", "failed for now, will be tried again"),
    "failed": _t("失败", "failed"),
    "cancelled": _t("未发送", "not sent"),
    "held": _t("暂缓", "held"),
}

PURPOSES: Final[Mapping[str, Text]] = {
    "escalation": _t("升级链", "escalation"),
    "fallback": _t("无人确认后的兜底", "fallback, the chain has run out"),
    "nobody": _t("无人可通知的兜底", "fallback, a step led to nobody"),
    "expired": _t("确认已过期", "acknowledgement expired"),
    "handover": _t("转交", "handover"),
    "worse": _t("级别升高", "severity has risen"),
    "webhook": _t("回调", "webhook"),
    "resolved": _t("解决通知", "resolved"),
    "digest": _t("此前已发生异常的汇总", "digest of what began earlier"),
}


def say(name: str, language: Language, /, **values: object) -> str:
    """A word or sentence of the list above, with its blanks filled in."""
    text = WORDS[name].say(language)
    return text.format(**values) if values else text


def either(words: Mapping[str, Text], name: str, language: Language) -> str:
    """The word, or the name itself where the list does not have it."""
    found = words.get(name)
    return name if found is None else found.say(language)
