"""What stands beside a sentence, and which kind and which words it is about."""

import pytest

from rules.rule import OverduePromise
from tests.rules.sentences.shop import MODEL, core, read, refused
from tests.rules.workspace_texts import load
from tests.rules.workspace_texts import problems as problems_of
from tests.rules.workspace_texts import rule as rule_of


def test_where_and_when_restrict_a_deadline():
    """Further conditions stand in their own keys."""
    found = read("付款 后 48小时 内 未 发货", "where: channel == 'web'", "when: urgent", "severity: critical")
    expected = core(
        *("overdue: shipped", "after: paid", "within: 48h"),
        *("where: channel == 'web'", "when: urgent", "severity: critical"),
    )
    assert found.version == expected.version


def test_keys_that_go_with_the_core_form_go_with_the_sentence():
    """Stages, warning ahead, pulses' endings, clear and owners as ever."""
    staged = "stages: [{at: 0h, severity: minor}, {at: 1d, severity: critical}]"
    assert read("shipped is overdue", staged).version == core("overdue: shipped", staged).version
    assert read("shipped is overdue", "before: 4h").version == core("overdue: shipped", "before: 4h").version
    pulse = ("until: shipped.done", "expires: 3d", "owner: team:sales", "chain: orders")
    found = read("备货后变更", *pulse)
    assert found.version == core('when: event.type == "change_requested" and stocked.done', *pulse).version
    assert (found.owner, found.chain) == ("team:sales", "orders")
    clear = ("on: stock", "clear: on_hand > 10")
    assert read("库存低于补货点", *clear).version == core("when: on_hand < reorder_level", *clear).version


def test_a_delay_beyond_the_promise_has_the_severity_of_the_rule():
    """It becomes a stage, which takes the severity over."""
    assert (
        read("超过承诺4小时未发货", "severity: critical").version
        == core("overdue: shipped", "stages: [{at: 4h, severity: critical}]").version
    )


@pytest.mark.parametrize(
    ("sentence", "beside", "gives"),
    [
        ("not shipped within 48h after paid", "within: 24h", "within"),
        ("not shipped within 48h after paid", "for: 24h", "overdue"),
        ("not shipped within 48h after paid", "overdue: paid", "overdue"),
        ("not delivered 2d before promised", "before: 1d", "before"),
        ("not delivered 2d before promised", "stages: [{at: 0h, severity: minor}]", "before"),
        ("shipped is overdue by 4h", "before: 1d", "stages"),
        ("on_hand below 10", "when: on_hand > 0", "when"),
        ("on_hand below 10 for 2h", "for: 1h", "for"),
        ("3 change_requested within 7d", "count: {at_least: 2, within: 1d}", "count"),
    ],
)
def test_what_the_sentence_says_cannot_stand_beside_it(sentence, beside, gives):
    """The error stands at the key and names both it and what the sentence gives."""
    (problem,) = refused(sentence, beside)
    key = beside.partition(":")[0]
    assert problem.code == "beside_sentence"
    assert (problem.place.line, problem.place.column) == (4, 5)
    assert f"gives {gives}" in problem.message.en and f"so {key} cannot" in problem.message.en
    assert f"已给出 {gives}" in problem.message.zh and f"不能再写 {key}" in problem.message.zh


def test_checks_of_the_core_form_point_into_the_sentence():
    """The same checks as for written keys, at the word that they are about."""
    (same,) = refused("not paid within 48h after paid")
    assert (same.code, same.place.column) == ("wrong_value", 15 + len("not paid within 48h after "))
    (calendar,) = refused("同一 channel 7天(cn-workdays) 内 3次 变更")
    assert (calendar.code, calendar.place.column) == ("duration", 15 + len("同一 channel 7天("))
    (minor,) = refused("not delivered 2d before promised", "severity: minor")
    assert (minor.code, minor.place.column) == ("before_severity", 15 + len("not delivered "))


def test_without_on_the_words_say_which_kind():
    """The kind that knows them; order goes before the others, as ever."""
    assert read("qty changed after ordered").on == "supply"
    assert read("sku changed 3 times within 7d").on == "stock"
    (wrong,) = refused("库存低于补货点", "on: order")
    assert wrong.code == "sentence"
    two = "kinds: {a: {nodes: {x: , y: }}, b: {nodes: {x: , y: }}, order: {nodes: {z: }}}"
    (problem,) = problems_of("sentence: not y within 1h after x", model=two, calendars="calendars: {}")
    assert problem.code == "sentence_kinds" and "a or b" in problem.message.en
    both = two.replace("order: {nodes: {z: }}", "order: {nodes: {x: , y: }}")
    assert rule_of("sentence: not y within 1h after x", model=both, calendars="calendars: {}").on == "order"


def test_a_word_with_two_meanings_is_not_guessed():
    """A label of two nodes is refused with both readings; their names are understood."""
    model = MODEL.replace("备货", "发货")
    (problem,) = problems_of("sentence: 付款后2天内未发货", model=model)
    assert problem.code == "sentence_ambiguous"
    assert "overdue: stocked" in problem.message.en and "overdue: shipped" in problem.message.en
    assert (
        rule_of("sentence: 付款后2天内未shipped", model=model).version
        == core("overdue: shipped", "after: paid", "within: 2d").version
    )


def test_a_name_goes_before_a_label():
    """A word that names one node and labels another means the one that it names."""
    model = MODEL.replace("en: Payment", "en: shipped")
    found = rule_of("sentence: not shipped within 2d after placed", model=model)
    assert found.version == core("overdue: shipped", "after: placed", "within: 2d").version


def test_a_beginning_of_several_labels_is_not_understood():
    """变更 stands for 变更申请 only as long as no other label begins so."""
    model = MODEL.replace("取消发货", "变更确认")
    (problem,) = problems_of("sentence: 备货后变更", model=model)
    assert problem.code == "sentence"


def test_beside_a_sentence_that_is_not_understood_the_rest_is_checked():
    """All mistakes of a rule come at once, and none that follow from another."""
    found = refused("not shiped within 48h after paid", "on: order", "where: chanel == 'web'", "before: 2h", "mode: on")
    assert [problem.code for problem in found] == ["sentence", "unknown_name", "unknown_word"]


def test_field_labels_are_read_from_the_model():
    """`{type: ..., label: ...}`; a map without type is a list of records, as before."""
    fields = load("", model=MODEL).model.kinds["order"].fields
    label = fields["amount"].label
    assert label is not None and (label.zh, label.en) == ("金额", "Order value")
    assert fields["channel"].label is None
    assert set(fields["lines"].columns) == {"sku", "qty"}


def test_doubts_about_a_rule_point_into_its_sentence():
    """The lints of `tocsin rules check` see the core form, each key at its words."""
    workspace = load("rules: [{id: r, owner: team:a, sentence: not shipped within 0h after paid}]", model=MODEL)
    assert str(workspace.core["r"].place_of("within")) == "rules/rules.yaml:1:61"
    assert workspace.core["r"].place_of("within").width == len("0h")


def test_names_are_found_however_they_are_spelt():
    """Underscores in front belong to a name, those within may be blanks."""
    model = "kinds: {order: {nodes: {_a: , b_c: , B2: }}}"
    found = rule_of("sentence: not _a within 1h after b c", model=model, calendars="calendars: {}")
    assert (found.condition.text, found.on) == ("b_c.done and not _a.done and not closed", "order")
    assert rule_of("sentence: b2 is overdue", model=model, calendars="calendars: {}").deadline == OverduePromise(
        node="B2"
    )
