"""Sentences that are not understood: the word where reading stopped, what was understood, the nearest template."""

import pytest

from rules.errors import InvalidWorkspace
from tests.rules.sentences.shop import MODEL, ONE_CALENDAR, refused
from tests.rules.workspace_texts import load

BEGIN = 15  # the column in which the sentence of these rules begins


@pytest.mark.parametrize(
    ("sentence", "stopped_at", "meant", "nearest"),
    [
        ("not shiped within 48h after paid", "shiped", "shipped", "not shipped within 48h after payment"),
        ("not shipped within 48h after piad", "piad", "paid", "not shipped within 48h after paid"),
        ("not shipped witin 48h after paid", "witin", "within", "not shipped within 48h after payment"),
        ("付款后48小时内未发获", "发获", "发货", "付款 后 48小时 内 未 发货"),
        ("付款 后 48小时 内 未 发获", "发获", "发货", "付款 后 48小时 内 未 发货"),
        ("付款 后 2天(cn-workday) 内 未 发货", "cn-workday", "cn-workdays", None),
        ("库存 低 补货点", "低", "低于", "库存 低于 demand"),
        ("on_hand below reorder_levl", "reorder_levl", "reorder_level", "on_hand below reorder_level"),
        ("change_requestd after stocked", "change_requestd", "change_requested", None),
        ("3 change_requested within 7d per chanel", "chanel", "channel", None),
    ],
)
def test_a_misspelt_word_is_shown_with_the_nearest_one(sentence, stopped_at, meant, nearest):
    """The place is that of the word, all of it underlined; the example says what was probably meant."""
    (problem,) = refused(sentence)
    assert problem.code == "sentence"
    assert (problem.place.line, problem.place.column) == (3, BEGIN + sentence.index(stopped_at))
    assert problem.place.width == len(stopped_at)
    assert f"“{stopped_at}”" in problem.message.zh and f'"{stopped_at}"' in problem.message.en
    before = sentence[: sentence.index(stopped_at)].strip()
    assert f'Understood so far: "{before}"' in problem.message.en if before else "Understood" not in problem.message.en
    if meant is not None:
        assert f"did you mean {meant}" in problem.message.en and f"是否应为 {meant}" in problem.message.zh
    if nearest is not None:
        assert problem.message.en.endswith(f": {nearest}") and problem.message.zh.endswith(f"：{nearest}")


@pytest.mark.parametrize(
    ("sentence", "before", "says"),
    [
        ("not shipped after paid within", "not shipped ", "a duration"),
        ("after 48h not shipped", "after ", "a node"),
        ("shipped within 48h after paid", "shipped ", '"not"'),
        ("未 48小时 内 付款 后 发货", "未 ", '"在"'),
        ("付款 后 48小时 内 快点 发货", "付款 后 48小时 内 ", '"未"'),
        ("not shipped within 48h", "not shipped within 48h", 'breaks off: expected "after"'),
        ("not shipped within 48 after paid", "not shipped within ", "a duration"),
        ("not shipped within 2 working days after paid", "not shipped within 2 working days ", "a calendar"),
        ("channel below 10", "channel ", '"changed"'),
        ('""', "", "breaks off"),
    ],
)
def test_wrong_order_and_missing_parts(sentence, before, says):
    """What was expected stands in the message, at the word or the end where it is missing."""
    (problem,) = refused(sentence)
    assert problem.code == "sentence"
    assert problem.place.column == BEGIN + len(before)
    assert says in problem.message.en
    assert "nearest template" in problem.message.en and "最接近的句式" in problem.message.zh


def test_working_days_of_several_calendars_ask_which():
    """Nothing is guessed where there is a choice; all are listed."""
    (problem,) = refused("付款后2个工作日内未发货")
    assert "cn-workdays、Nights" in problem.message.zh


def test_the_example_is_one_that_the_kind_allows():
    """A kind without nodes is not shown a deadline."""
    (problem,) = refused("stock below reorder level")
    assert "The nearest template (shortage): on hand below demand" in problem.message.en
    (nothing,) = refused("x", model="kinds: {order: {label: Order}}")
    assert "None" not in nothing.message.en and "(all:" in nothing.message.en


def test_what_follows_a_whole_sentence_belongs_under_where():
    """The sentence has no place for further conditions, and says which has."""
    (problem,) = refused("not shipped within 48h after paid on web orders")
    assert 'should end before "on"' in problem.message.en and "where" in problem.message.en
    assert problem.place.column == BEGIN + len("not shipped within 48h after paid ")


def test_nothing_understood_leads_to_all_templates():
    """With an example in the model's own words and the command that lists them all."""
    (problem,) = refused("我们的订单很慢")
    assert problem.place.column == BEGIN
    assert "付款 后 48小时 内 未 备货" in problem.message.zh
    assert "tocsin rules show --templates" in problem.message.zh


def test_the_example_speaks_the_language_of_the_sentence():
    """Also in a message in the other language."""
    assert "not stocked within 48h after payment" in refused("not not")[0].message.zh
    assert "付款 后 48小时 内 未 备货" in refused("付款 后 48小时 内 快点 发货")[0].message.en


def test_every_sentence_of_a_file_is_answered_at_once():
    """One mistake hides no other, also over several lines and in quotes."""
    rules = """rules:
  - {id: a, sentence: not shiped on time}
  - id: b
    sentence: >
      付款后
      48小时内未发或
  - {id: c, sentence: "on_hand \\u4f4e 10"}
"""
    with pytest.raises(InvalidWorkspace) as caught:
        load(rules, model=MODEL, calendars=ONE_CALENDAR)
    places = [(problem.place.line, problem.place.column) for problem in caught.value.problems]
    assert places == [(2, 27), (6, 13), (7, 32)]


@pytest.mark.parametrize("sentence", ["a" * 100_000, '\\"' * 20_000, "within 48h " * 4_000, "付款 后 " * 3_000])
def test_what_is_far_too_long_for_a_sentence_is_refused_at_once(sentence: str) -> None:
    """Reading takes the square of the length: the check of a workspace would hang."""
    (problem,) = refused(f'"{sentence}"')
    assert "500" in problem.message.en and "500" in problem.message.zh


def test_a_chinese_sentence_is_not_answered_with_an_english_template():
    """Also where a label that both languages share was understood."""
    (problem,) = refused("货号7天内变更3次")
    assert "changed" not in problem.message.zh
    assert "最接近的句式" in problem.message.zh


def test_a_label_of_any_length_is_no_burden() -> None:
    """All beginnings of a very long label would fill the memory."""
    model = MODEL.replace("付款", "付" * 20_000)
    assert model != MODEL
    (problem,) = refused("付款 后 48小时 内 未 发货", model=model)
    assert problem.code == "sentence"
