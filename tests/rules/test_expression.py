"""Expressions: what can be written, the normal form it takes, and what of the writing matters for the version."""

import pytest

from rules.errors import Place
from rules.language.expression import Scope, Type, conjunction, done, not_closed, not_done, parse
from rules.language.tree import say
from tests.rules.language import HOUR, NOON, look, model, read


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("not (amount == 1)", "amount != 1"),
        ("not amount < 1", "amount >= 1"),
        ("not amount <= 1", "amount > 1"),
        ("not amount > 1", "amount <= 1"),
        ("not amount >= 1", "amount < 1"),
        ("not not amount > 1", "amount > 1"),
        ("not (amount > 1 and urgent)", "amount <= 1 or not urgent"),
        ("not (amount > 1 or urgent)", "amount <= 1 and not urgent"),
        ("not (amount > 1 and (urgent or channel == 'x'))", 'amount <= 1 or not urgent and channel != "x"'),
        ("urgent", "urgent"),
        ("not urgent", "not urgent"),
        ("urgent != True", "not urgent"),
        ("not (urgent == False)", "urgent"),
        ("not shipped.done and not closed", "not shipped.done and not closed"),
        ("1 < amount <= 3", "amount > 1 and amount <= 3"),
        ("not (1 < amount <= 3)", "amount <= 1 or amount > 3"),
        ("not (amount in [1, 2])", "amount not in [1, 2]"),
        ("not (amount is None)", "amount is not None"),
        ("not changed(amount)", "not changed(amount)"),
        ('not startswith(channel, "we")', 'not startswith(channel, "we")'),
        ("3 < amount", "amount > 3"),
        ("amount * (2 + limit) - -1 > 0", "amount * (2 + limit) - (-1) > 0"),
        ("(amount - (limit - 1)) / 2 > 0", "(amount - (limit - 1)) / 2 > 0"),
        ("2 * hours(3) < promised_at - placed.at", "promised_at - placed.at > (hours(3) * 2)"),
        ("hours(1) + placed.at > promised_at", "placed.at + hours(1) > promised_at"),
        ('渠道 == "电商" and 金额 > 10000', '渠道 == "电商" and 金额 > 10000'),
    ],
)
def test_normal_form(written: str, normal: str) -> None:
    """`not` is pushed to the leaves, chains are split, literals stand on the right, bare booleans are compared."""
    assert say(read(written).root) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("amount>3", "  amount   > 3.0  # comment"),
        ("channel == 'web'", 'channel == "web"'),
        ("amount > 3 and urgent", "urgent and\n  amount > 3"),
        ("amount > 3 and urgent and amount > 3", "amount > 3 and urgent"),
        ("3 < amount", "amount > 3"),
        ("not (amount < 3)", "amount >= 3"),
        ("urgent", "urgent == True"),
        ("promised_at - placed.at > hours(24)", "promised_at - placed.at > days(1)"),
        ("channel in ['a', 'b']", "channel in ['b', 'a', 'b']"),
        ('channel == "caf\u00e9"', 'channel == "cafe\u0301"'),
        ("ａｍｏｕｎｔ > 3", "amount > 3"),
    ],
)
def test_same_meaning_same_canonical_text(one: str, other: str) -> None:
    """Writing does not change the version: blanks, comments, quotes, order, forms of one literal or name."""
    assert read(one).canonical == read(other).canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("amount > 3", "amount >= 3"),
        ("amount == 1", "limit == 1"),
        ("amount > before.amount", "amount > event.amount"),
        ("amount - limit > 0", "limit - amount > 0"),
        ("amount > 3 and urgent", "amount > 3 or urgent"),
        ('channel == "1"', "amount == 1"),
        ("changed(amount)", "not changed(amount)"),
    ],
)
def test_other_meaning_other_canonical_text(one: str, other: str) -> None:
    """Every change of meaning is a new version."""
    assert read(one).canonical != read(other).canonical


def test_zone_is_part_of_the_meaning_of_local_days_only() -> None:
    """A model in another zone changes what start_of_day and date mean, and nothing else."""
    day = "start_of_day(placed.at) == placed.at"
    assert read(day).canonical != read(day, zone="Asia/Shanghai").canonical
    date = 'placed.at > date("2026-03-02")'
    assert read(date).canonical != read(date, zone="Asia/Shanghai").canonical
    plain = "amount > 3"
    assert read(plain).canonical == read(plain, zone="Asia/Shanghai").canonical


@pytest.mark.parametrize(
    ("text", "pulse"),
    [
        ("amount > 3 and shipped.done", False),
        ("changed(amount)", True),
        ("not before.closed", True),
        ('event.type == "refund"', True),
        ("amount > event.amount", True),
        ("not before.placed.done and placed.done", True),
    ],
)
def test_pulses_are_recognised(text: str, pulse: bool) -> None:
    """A condition is a pulse where it uses event, before or changed."""
    assert read(text).pulse is pulse


def test_fields_read() -> None:
    """An expression knows what it looks at."""
    expression = read("shipped.done and promised_at - placed.at > hours(1) or changed(amount) and before.urgent")
    assert expression.fields == {
        "shipped.at",
        "promised_at",
        "placed.at",
        "amount",
        "before.amount",
        "before.urgent",
    }


def test_conditions_are_joined_flat_and_once() -> None:
    """What overdue adds is joined with where and when into one condition."""
    joined = conjunction(read('channel == "web" and not closed'), done("paid"), not_done("shipped"), not_closed())
    assert say(joined.root) == 'channel == "web" and not closed and paid.done and not shipped.done'
    assert joined.canonical == read('paid.done and not shipped.done and not closed and channel == "web"').canonical
    assert conjunction(done("paid")).canonical == read("paid.done").canonical


def test_several_lines() -> None:
    """An expression may run over several lines without brackets, with comments."""
    text = "amount > 3  # big\n  and urgent\r\n  and not closed\n"
    assert say(read(text).root) == "amount > 3 and urgent and not closed"


def test_value_expressions() -> None:
    """`by` takes a timestamp; literals alone are computed when read."""
    by = read("promised_at - hours(24) / 2", want=Type.TIMESTAMP)
    assert by.canonical == f"(- (now promised_at) duration:{12 * HOUR})"
    assert by.text == "promised_at - hours(24) / 2"
    assert str(by.place) == "r.yaml:10:5"
    assert (
        read('date("2026-03-02") + hours(9)', want=Type.TIMESTAMP).canonical == "timestamp:2026-03-02T09:00:00.000000Z"
    )
    assert NOON == 1_772_442_000_000_000


def test_condition_and_value_are_not_mixed_up() -> None:
    """Asking a condition for its value is a mistake of ours and said at once."""
    with pytest.raises(TypeError):
        _ = read("urgent").operand
    with pytest.raises(TypeError):
        _ = read("promised_at", want=Type.TIMESTAMP).condition


def test_totals_are_numbers_of_their_kind() -> None:
    """A total is usable on the kind that has it, and not in a total's own where."""
    assert say(read("demand > on_hand", kind="stock").root) == "demand > on_hand"
    scope = Scope.of(model(), "stock", pulse=False, totals=False)
    expression, problems = parse("demand > 1", scope, Type.BOOL, Place(file="m.yaml", line=1, column=1))
    assert expression is None
    assert [problem.code for problem in problems] == ["unknown_name"]


def test_long_joins_are_read_and_deep_nesting_is_refused() -> None:
    """Many conditions side by side are no problem; nesting has a limit instead of a crash."""
    assert read(" and ".join(f"amount > {index}" for index in range(500))) is not None
    for text in ("(" * 150 + "urgent" + ")" * 150, "-" * 300 + "amount > 1", "not " * 5000 + "urgent", "(" * 5000):
        expression, problems = look(text)
        if expression is None:
            assert {problem.code for problem in problems} <= {"too_deep", "syntax"}
    assert look("-" * 300 + "amount > 1")[1][0].code == "too_deep"


def test_literals_alone_load_with_a_warning() -> None:
    """The answer of a comparison of literals never changes: worth a word, not a refusal."""
    expression, problems = look("hours(0.0000005 / 3600) == hours(0)")
    assert expression is not None
    assert [(problem.code, problem.severity) for problem in problems] == [("constants_only", "warning")]


def test_event_types_are_names() -> None:
    """Literals beside event.type are compared in NFKC, and one that names no type is warned about."""
    expression, problems = look('event.type == "类型Ａ"')
    assert expression is not None and not problems
    assert expression.canonical == read('event.type == "类型A"').canonical
    assert expression.canonical != read('event.type in ["类型A"]').canonical
    _, problems = look('event.type == "refnd"')
    assert [(problem.code, problem.severity, str(problem.place)) for problem in problems] == [
        ("unknown_event_type", "warning", "r.yaml:10:19")
    ]
    assert "refund" in problems[0].message.en
