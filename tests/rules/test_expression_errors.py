"""What authors are told: code, place and both languages of every error of the rule language."""

import re

import pytest

from rules.errors import Place
from rules.language.expression import Scope, Type, parse
from tests.rules.language import look, model

CHINESE = re.compile("[\u4e00-\u9fff]")

# text, code, column (the text begins in column 5), words of the English message, words of the Chinese one
ERRORS = [
    ("", "empty_expression", 5, "empty", "为空"),
    ("  # nothing", "empty_expression", 5, "empty", "为空"),
    ("amount = 3", "syntax", 12, "write ==", "=="),
    ("amount > 3 && urgent", "syntax", 16, "write and for &&", "&& 应写作 and"),
    ("amount > 3 || urgent", "syntax", 16, "write or for ||", "|| 应写作 or"),
    ("渠道 == “电商”", "syntax", 11, 'write " for “', "“ 应写作"),
    ("urgent 且 amount > 3", "syntax", 12, "write and for 且", "且 应写作 and"),
    ("amount > 3 AND urgent", "syntax", 16, "write and for AND", "AND 应写作 and"),
    ('channel == "是 且" or amount 大于 3', "syntax", 32, "write > for 大于", "大于 应写作 >"),
    ("amount > 3万", "syntax", 14, "write 30000 for 3万", "3万 应写作 30000"),
    ("shipped.at - paid.at > 48h", "syntax", 28, "write hours(48) for 48h", "48h 应写作 hours(48)"),
    ("paid.at + 2 天 < shipped.at", "syntax", 15, "write days(2) for 2 天", "2 天 应写作 days(2)"),
    ("amount > 3 or", "syntax", 18, "cannot be read on", "语法有误"),
    ("amount > 10,000", "not_supported", 5, "no comma stands inside a number", "数字中间不写逗号"),
    ("channel == 电商", "unknown_name", 16, 'a text goes in quotes: "电商"', '文本要加引号："电商"'),
    ("channel == chanel", "unknown_name", 16, "did you mean channel?", "是否应为 channel"),
    ("channel in [电商]", "not_literal", 17, 'a text goes in quotes: "电商"', '文本要加引号："电商"'),
    ("总额 > 3", "unknown_name", 5, "did you mean amount?", "是否应为 amount"),
    ("发货 and urgent", "unknown_name", 5, "did you mean shipped.done?", "是否应为 shipped.done"),
    ("发货.at is None", "unknown_name", 5, "did you mean shipped.at?", "是否应为 shipped.at"),
    ("before.总额 > 3", "unknown_name", 5, "did you mean amount?", "是否应为 amount"),
    ("event.总额 > 3", "unknown_name", 5, "did you mean amount?", "是否应为 amount"),
    ("(amount > 3", "syntax", 5, "a bracket is not closed", "括号没有闭合"),
    ("amount > 3)", "syntax", 15, "a bracket closes nothing", "括号不成对"),
    ("urgent) or (urgent", "syntax", 11, "a bracket closes nothing", "括号不成对"),
    ('channel == "web', "syntax", 16, "a quote is not closed", "引号没有闭合"),
    ('channel == "a\0"', "bad_character", 18, "null", "空字符"),
    ('channel == "\ud800"', "bad_character", 5, "Unicode", "Unicode"),
    (r'channel == "\ud800"', "bad_character", 5, "Unicode", "Unicode"),
    ("amount > now", "now", 14, "time enters through for, by and overdue alone", "时间只通过 for、by 和 overdue"),
    ("amont > 3", "unknown_name", 5, "did you mean amount?", "是否应为 amount"),
    ("shipd.done", "unknown_name", 5, "did you mean shipped.done?", "shipped.done"),
    ("shipped.doen", "unknown_name", 5, "did you mean done?", "是否应为 done"),
    ("shipped.at.x is None", "unknown_name", 5, "shipped has .at, .done and .due", ".at、.done 和 .due"),
    ("shipped", "node_alone", 5, "write shipped.done", "shipped.done"),
    ("amount.at is None", "unknown_name", 5, "write amount alone", "只写 amount"),
    ("true", "unknown_name", 5, "write True, not true", "应写作 True"),
    ("null is None", "unknown_name", 5, "write None, not null", "应写作 None"),
    ('lines.sku == "a"', "records", 5, "totals and impact only", "只能用于合计"),
    ("lines is None", "records", 5, "totals and impact only", "只能用于合计"),
    ("days > 3", "function_alone", 5, "days(2)", "days(2)"),
    ("event.amout > 3", "unknown_name", 5, "did you mean amount?", "是否应为 amount"),
    ("event.shipped.due is None", "not_behind", 5, "type, at and fields", "type、at 和字段"),
    ('event.key == "x"', "not_behind", 5, "key cannot be used with event", "不能用于 event"),
    ("event == 3", "unknown_name", 5, "event needs a field", "event 之后要写字段"),
    ('before.key == "x"', "not_behind", 5, "key cannot be used with before", "不能用于 before"),
    ("before.amout > 3", "unknown_name", 5, "did you mean amount?", "是否应为 amount"),
    ("changed(closed)", "not_behind", 13, "closed cannot be used with changed", "不能用于 changed"),
    ("changed(shipped.done)", "not_behind", 13, "NODE.at and NODE.due", "节点.at"),
    ("changed(before.amount)", "changed_argument", 13, "changed takes a field", "changed 只接受"),
    ("changed(amount + 1)", "changed_argument", 13, "changed takes a field", "changed 只接受"),
    ("changed()", "wrong_arguments", 5, "changed takes 1 argument,", "1 个参数"),
    ("max(amount) > 1", "wrong_arguments", 5, "max takes 2+ arguments", "2+ 个参数"),
    ("abs(x=amount) > 1", "wrong_arguments", 5, "abs takes 1 argument,", "1 个参数"),
    ('startswth(channel, "x")', "unknown_function", 5, "did you mean startswith?", "是否应为 startswith"),
    ('channel.startswith("x")', "unknown_function", 5, "no function channel.startswith", "没有函数"),
    ("startswith(channel, channel)", "not_literal", 25, "a text in quotes", "引号中的文本"),
    ('startswith(tags, "x")', "wrong_type", 16, "tags is a list of strings", "tags 是文本列表"),
    ('contains(amount, "x")', "wrong_type", 14, "wants a string or a list of strings", "文本或文本列表"),
    ("amount", "no_condition", 5, "amount is a number; compare it", "amount 是数字"),
    ('amount > "3"', "wrong_type", 5, "a number without quotes", "数字不加引号"),
    ("channel == 3", "wrong_type", 5, 'put a string in quotes: "3"', "文本应加引号"),
    ("urgent == 1", "wrong_type", 5, "a bool is True or False", "True 或 False"),
    ('promised_at > "2026-01-01"', "wrong_type", 5, "write a date as date(", "date("),
    ("promised_at - placed.at > 3", "wrong_type", 5, "for example hours(3)", "hours(3)"),
    ('tags == "a"', "wrong_type", 5, "contains(LIST", "contains("),
    ("urgent < True", "no_order", 5, "a bool has no order", "没有大小顺序"),
    ("tags < before.tags", "no_order", 5, "has no order", "没有大小顺序"),
    ("key is None", "never_missing", 5, "key is never missing", "从不缺失"),
    ("shipped.done is None", "never_missing", 5, "never missing", "从不缺失"),
    ("not (closed is not None)", "never_missing", 10, "never missing", "从不缺失"),
    ("event.type is None", "never_missing", 5, "never missing", "从不缺失"),
    ("1 is None", "never_missing", 5, "never missing", "从不缺失"),
    ("amount in []", "empty_list", 15, "can never hold", "永不成立"),
    ("amount not in []", "empty_list", 19, "can never hold", "永不成立"),
    ('amount in [1, "a"]', "wrong_type", 19, '"a" in the list a string', '列表中的 "a" 是文本'),
    ("amount in [1, None]", "not_literal", 19, "x is None", "x is None"),
    ("amount in [1, limit]", "not_literal", 19, "literals only", "字面值"),
    ("amount in (1, 2)", "not_literal", 15, "a list of literals", "方括号"),
    ('"a" in channel', "not_literal", 12, "write contains", "contains"),
    ("amount is True", "is_not_none", 15, "write == or !=", "== 或 !="),
    ("amount == None", "compared_with_none", 15, "is None", "is None"),
    ("None != amount", "compared_with_none", 5, "is not None", "is not None"),
    ("amount + channel > 3", "wrong_type", 5, "a number + a string cannot be computed", "不能计算"),
    ("promised_at + placed.at > 3", "wrong_type", 5, "a timestamp + a timestamp", "时间点 + 时间点"),
    ("promised_at + 3 > placed.at", "wrong_type", 5, "hours(3)", "hours(3)"),
    ("hours(1) / hours(2) > 1", "wrong_type", 5, "a duration / a duration", "时长 / 时长"),
    ("channel + channel == channel", "wrong_type", 5, "a string + a string", "文本 + 文本"),
    ("-urgent", "wrong_type", 5, "a minus sign goes with", "负号"),
    ("days(hours(1)) > hours(2)", "wrong_type", 10, "days wants a number", "days 需要数字"),
    ("max(amount, hours(1)) > 3", "wrong_type", 17, "must be of one type", "类型应相同"),
    ("start_of_day(amount) > placed.at", "wrong_type", 18, "wants a timestamp", "需要时间点"),
    ('date("2026-02-30") > placed.at', "bad_date", 10, "a day in quotes that exists", "日期"),
    ("date(placed.at) > placed.at", "bad_date", 10, "a day in quotes", "日期"),
    ("1e999 > amount", "number_too_large", 5, "too large", "过大"),
    ("(amount > 3) == urgent", "condition_as_value", 6, "join conditions with and, or, not", "and、or、not"),
    ("max(urgent and urgent, 1) > 1", "condition_as_value", 9, "join conditions", "and、or、not"),
    ("amount if urgent else limit", "not_supported", 5, "has no amount if urgent", "没有"),
    ("amount ** 2 > 3", "not_supported", 5, "the rule language has no", "没有"),
    ("urgent & urgent", "not_supported", 5, "write and", "请写 and"),
    ("amount[0] > 3", "not_supported", 5, "amount[0]", "amount[0]"),
    ("lambda: 3", "not_supported", 5, "lambda", "lambda"),
    ("urgent, urgent", "not_supported", 5, "join conditions", "连接条件"),
    ('f"{amount}" == channel', "not_supported", 5, "has no", "没有"),
    ("amount == 1j", "not_supported", 15, "1j", "1j"),
    ("(urgent).x", "unknown_name", 5, "write urgent alone", "只写 urgent"),
    ('"a".x == channel', "not_supported", 5, "only a name can stand before the dot", "点号前"),
    ('lead("paid", "shipped", 0.9) > hours(1)', "no_lead_times", 5, "lead-time file", "交期文件"),
]


@pytest.mark.parametrize(
    ("text", "code", "column", "english", "chinese"), ERRORS, ids=[case[0][:40] for case in ERRORS]
)
def test_error(text: str, code: str, column: int, english: str, chinese: str) -> None:
    """Each error has a stable code, its place in the file, and says in both languages what to do."""
    expression, problems = look(text)
    assert expression is None
    problem = problems[0]
    assert (problem.code, str(problem.place)) == (code, f"r.yaml:10:{column}")
    assert english in problem.message.en
    assert chinese in problem.message.zh
    assert CHINESE.search(problem.message.zh)
    assert not CHINESE.search(problem.message.en.replace(text, "")) or CHINESE.search(text)
    assert problem.severity == "error"


@pytest.mark.parametrize("text", ["changed(amount)", "event.amount > 3", "before.closed", "not before.paid.done"])
def test_pulses_where_they_are_not_allowed(text: str) -> None:
    """clear, until, by, rows of decide and a total's where see snapshots only."""
    expression, problems = look(text, pulse=False)
    assert expression is None
    assert [problem.code for problem in problems] == ["pulse_not_here"]
    assert "clear, until, by, rows of decide and a total's where" in problems[0].message.en


@pytest.mark.parametrize("text", ["changed(demand)", "before.demand > 1", "event.demand > 1"])
def test_totals_stand_behind_nothing(text: str) -> None:
    """Totals change at no event, so they have no value before or in one."""
    expression, problems = look(text, kind="stock")
    assert expression is None
    assert [problem.code for problem in problems] == ["not_behind"]
    assert "the total demand" in problems[0].message.en
    assert "合计 demand" in problems[0].message.zh


def test_all_errors_at_once_in_their_lines() -> None:
    """One reading finds everything, over lines and characters of any width."""
    text = '金额 > now\n  and amont < "x"\n  and 渠道 == 3 and shiped.done'
    _, problems = look(text)
    assert [(problem.code, str(problem.place)) for problem in problems] == [
        ("now", "r.yaml:10:10"),
        ("unknown_name", "r.yaml:11:11"),
        ("wrong_type", "r.yaml:12:11"),
        ("unknown_name", "r.yaml:12:23"),
    ]


def test_places_through_a_function() -> None:
    """A reader of YAML says itself where each character of the text stands."""
    scope = Scope.of(model(), "order", pulse=False)
    _, problems = parse("urgent and\n x", scope, Type.BOOL, lambda offset: Place(file="f", line=7, column=offset))
    assert [str(problem.place) for problem in problems] == ["f:7:12"]


def test_wanted_type() -> None:
    """`by` takes a timestamp and nothing else."""
    _, problems = look("amount + 1", want=Type.TIMESTAMP)
    assert [problem.code for problem in problems] == ["wrong_type"]
    assert "a timestamp is wanted here, and amount + 1 is a number" in problems[0].message.en
    _, problems = look("amount > 1", want=Type.TIMESTAMP)
    assert [problem.code for problem in problems] == ["condition_as_value"]


def test_lead_checks_its_arguments_too() -> None:
    """What is wrong beside the missing file is said as well."""
    _, problems = look('promised_at - placed.at > lead("paid", "shiped", 2)')
    assert [problem.code for problem in problems] == ["unknown_node", "bad_quantile", "no_lead_times"]
    assert "shipped" in problems[0].message.en


def test_never_missing_asked_the_other_way_round_is_a_warning() -> None:
    """`is not None` on what is never missing always holds: harmless, but worth a word."""
    expression, problems = look("key is not None and amount > 3")
    assert expression is not None
    assert [(problem.code, problem.severity) for problem in problems] == [("always_holds", "warning")]


def test_a_literal_without_result_is_a_warning() -> None:
    """1 / 0 is missing whatever comes."""
    expression, problems = look("amount > 1 / 0")
    assert expression is not None
    assert [(problem.code, problem.severity) for problem in problems] == [("always_missing", "warning")]
