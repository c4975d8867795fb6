"""Learned lead times: the file, and lead() in conditions and deadlines."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import InvalidWorkspace, Place
from rules.explain import deadline_record
from rules.language.expression import Scope, Type, parse
from rules.language.truth import truth_tree
from rules.matching.compiled import compile_value
from rules.matching.matcher import MatcherName, make_matcher
from rules.workspace import Workspace, read_workspace
from streams.firing import Evidence
from streams.instants import DAY, HOUR, MINUTE, parse_instant
from streams.lead_times import Quantiles

MODEL = """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}, received: {}}
    closed_by: [received]
    fields: {supplier: string, urgent: bool, tags: list, promised_at: timestamp}
"""
FILE = """
learned: {at: 2026-03-01, from: orders.parquet}
lead_times:
  - from: paid
    to: shipped
    orders: 2841
    quantiles: {0.5: 18h, 0.8: 30h, 0.9: 41h}
    segments:
      - where: {supplier: S4, urgent: false}
        orders: 214
        quantiles: {0.5: 30h, 0.9: 3d}
  - {on: order, from: shipped, to: received, quantiles: {0.9: 5d}}
"""
LEAD = 'lead("paid", "shipped", 0.9)'
PAID = parse_instant("2026-03-02T09:00:00Z", read_workspace(MODEL, "rules: []").model.zone)


def rule_with(text: str, leads: str = FILE) -> Workspace:
    return read_workspace(MODEL, f"rules: [{{id: r, {text}}}]", lead_times=leads)


def refused(text: str, leads: str = FILE) -> list[tuple[str, str, int, int, str]]:
    with pytest.raises(InvalidWorkspace) as caught:
        read_workspace(MODEL, text, lead_times=leads)
    return [
        (found.code, found.place.file, found.place.line, found.place.column, found.message.en)
        for found in caught.value.problems
    ]


def value_of(text: str, **values: object) -> object:
    """What a `by` comes to on an order that was paid."""
    model = read_workspace(MODEL, lead_times=FILE, rules="rules: []").model
    place = Place(file="r.yaml", line=1, column=1)
    expression, problems = parse(text, Scope.of(model, "order", pulse=False), Type.TIMESTAMP, place)
    assert expression is not None, problems
    return compile_value(expression)({"paid.at": PAID, **values})  # type: ignore[dict-item]


def test_a_quantile_is_a_duration():
    """Listed ones as they are, those between on the straight line."""
    assert value_of(f"paid.at + {LEAD}") == PAID + 41 * HOUR
    assert value_of('paid.at + lead("paid", "shipped", 0.65)') == PAID + 24 * HOUR
    assert value_of('paid.at + lead("paid", "shipped", .85) * 2') == PAID + 71 * HOUR
    assert value_of('paid.at + lead("shipped", "received", 0.9)') == PAID + 5 * DAY


def test_the_segment_of_the_entity_decides_where_it_has_one():
    """All fields of the segment have to fit; one that is missing or another leads to the overall time."""
    assert value_of(f"paid.at + {LEAD}", supplier="S4", urgent=False) == PAID + 3 * DAY
    assert value_of(f"paid.at + {LEAD}", supplier="S4", urgent=True) == PAID + 41 * HOUR
    assert value_of(f"paid.at + {LEAD}", supplier="S4") == PAID + 41 * HOUR


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.fractions(Fraction(1, 10), Fraction(9, 10)))
def test_between_two_quantiles_lies_the_line(one, other, share):
    """Never outside of the two, exact at both, half-even to the microsecond between them."""
    low, high = sorted((one, other))
    quantiles = Quantiles(shares=(Fraction(1, 10), Fraction(9, 10)), spans=(low, high))
    found = quantiles.at(share)
    assert found is not None and low <= found <= high
    assert abs(found - (low + (high - low) * (share - Fraction(1, 10)) / Fraction(8, 10))) <= Fraction(1, 2)
    assert (quantiles.at(Fraction(1, 10)), quantiles.at(Fraction(9, 10))) == (low, high)
    assert quantiles.at(Fraction(95, 100)) is None and quantiles.at(Fraction(1, 20)) is None


def test_halves_are_rounded_to_even():
    """Half a microsecond goes to the even neighbour, as everywhere."""
    half = Quantiles(shares=(Fraction(1, 4), Fraction(3, 4)), spans=(0, 1))
    assert half.at(Fraction(1, 2)) == 0
    assert replace(half, spans=(1, 2)).at(Fraction(1, 2)) == 2


@pytest.mark.parametrize("matcher", ["compiled", "durable"])
def test_both_matchers_know_it(matcher: MatcherName):
    """In conditions, against a look-up, a computed value and a literal; with and without a segment."""
    texts = [f"shipped.at - paid.at > {LEAD}", f"paid.at + {LEAD} < promised_at", f"{LEAD} > days(2)"]
    rules = "".join(f"  - {{id: r{place}, when: '{text}'}}\n" for place, text in enumerate(texts))
    conditions = [rule.condition for rule in read_workspace(MODEL, f"rules:\n{rules}", lead_times=FILE).rules]
    found = make_matcher(matcher, conditions)
    assert found.fallback_shards == 0
    late = {"paid.at": PAID, "shipped.at": PAID + 42 * HOUR, "promised_at": PAID + 42 * HOUR, "closed": False}
    assert found.match(late, None, None) == 0b011
    assert found.match({**late, "supplier": "S4", "urgent": False}, None, None) == 0b100
    assert found.match({**late, "shipped.at": PAID + 41 * HOUR}, None, None) == 0b010
    found.close()


def test_the_value_is_part_of_the_meaning():
    """A new file that says something else makes a new version; one that says the same in other words does not."""
    (rule,) = rule_with(f"when: paid.done, by: 'paid.at + {LEAD}'").rules
    same = FILE.replace("41h", "1d 17h").replace("orders: 2841", "orders: 3000").replace("2026-03-01", "2026-04-01")
    assert rule_with(f"when: paid.done, by: 'paid.at + {LEAD}'", same).rules[0].version == rule.version
    for other in (FILE.replace("41h", "42h"), FILE.replace("0.9: 3d", "0.9: 4d"), FILE.replace("S4", "S5")):
        assert rule_with(f"when: paid.done, by: 'paid.at + {LEAD}'", other).rules[0].version != rule.version
    unused = FILE.replace("0.9: 5d", "0.9: 6d").replace("0.8: 30h", "0.8: 31h")
    assert rule_with(f"when: paid.done, by: 'paid.at + {LEAD}'", unused).rules[0].version == rule.version


def test_explanations_show_what_it_came_to():
    """In a truth tree beside the other operand, and among the parts of a `by`."""
    workspace = rule_with(f"when: 'shipped.at - paid.at > {LEAD}', by: 'promised_at - {LEAD}'")
    (rule,) = workspace.rules
    values = {"paid.at": PAID, "shipped.at": PAID + DAY, "promised_at": PAID + 4 * DAY}
    leaf = truth_tree(rule.condition, values)
    assert {one.text: one.value for one in leaf.operands}[LEAD] == 41 * HOUR
    record = deadline_record(rule, workspace.model.kinds["order"], Evidence(values=values, deadline=PAID))
    assert record is not None
    assert {"text": LEAD, "type": "duration", "value": 41 * HOUR} in record["operands"]


def test_what_the_file_does_not_have_is_an_error_in_the_rule():
    """An unknown node, pair or quantile, or no file at all: at the place in the rule, with what there is instead."""

    def said(text: str, leads: str = FILE) -> tuple[str, int, str]:
        ((code, file, line, column, message),) = refused(
            f"rules:\n  - id: r\n    when: paid.done\n    by: paid.at + {text}\n", leads
        )
        assert (file, line) == ("rules/rules.yaml", 4)
        return code, column, message

    code, column, message = said('lead("piad", "shipped", 0.9)')
    assert (code, column) == ("unknown_node", 24) and "did you mean paid?" in message
    code, column, message = said('lead("shipped", "paid", 0.9)')
    assert (code, column) == ("unknown_lead_time", 19) and "did you mean paid -> shipped?" in message
    code, column, message = said('lead("paid", "shipped", 0.95)')
    assert (code, column) == ("quantile_not_listed", 43) and "0.5, 0.8, 0.9" in message
    code, column, message = said('lead("paid", "shipped", 0.95)', FILE.replace("0.9: 41h", "0.99: 41h"))
    assert code == "quantile_not_listed" and "S4" in message
    code, column, message = said('lead("paid", "shipped", 90)')
    assert code == "bad_quantile" and "between 0 and 1" in message
    code, column, message = said(LEAD, "")
    assert code == "no_lead_times" and "lead_times.yaml" in message


@pytest.mark.parametrize(
    ("old", "new", "code", "at", "words"),
    [
        ("from: paid\n", "from: piad\n", "unknown_node", (4, 11), "did you mean paid?"),
        ("to: shipped\n", "to: paid\n", "wrong_value", (5, 9), "another node"),
        ("0.8: 30h", "8: 30h", "wrong_value", (7, 27), "between 0 and 1"),
        ("0.8: 30h", "0.8: 30", "duration", (7, 32), "no duration"),
        ("0.8: 30h", "0.8: 50h", "wrong_value", (7, 42), "no shorter"),
        ("supplier: S4", "suplier: S4", "unknown_field", (9, 17), "did you mean supplier?"),
        ("supplier: S4", "tags: S4", "unknown_field", (9, 17), "to make segments by"),
        ("urgent: false", "urgent: 3", "wrong_value", (9, 39), "true or false"),
        (
            "on: order, from: shipped, to: received",
            "from: paid, to: shipped",
            "duplicate_lead_time",
            (12, 5),
            "already",
        ),
        ("on: order", "on: ordr", "unknown_kind", (12, 10), "did you mean order?"),
        ("at: 2026-03-01", "at: spring", "wrong_value", (2, 15), "an instant"),
        ("orders: 2841", "order: 2841", "unknown_key", (6, 5), "orders"),
    ],
)
def test_mistakes_in_the_file_are_located(old, new, code, at, words):
    """File, line and column, and what is wanted there."""
    ((found, file, line, column, message),) = refused("rules: []", FILE.replace(old, new, 1))
    assert (found, file, (line, column)) == (code, "lead_times.yaml", at), message
    assert words in message


def test_segments_are_all_by_the_same_fields():
    """A second way to divide the orders, and a segment given twice, are refused."""
    for where in ("{supplier: S5}", "{urgent: false, supplier: S4}"):
        more = FILE.replace("  - {on", f"      - {{where: {where}, quantiles: {{0.5: 1h}}}}\n  - {{on", 1)
        ((code, *_, message),) = refused("rules: []", more)
        assert code == "wrong_value" and "supplier, urgent" in message


def test_the_file_says_when_and_from_what_it_was_learned():
    """A version of its own, which changes with what it says."""
    leads = rule_with("when: paid.done").model.lead_times
    assert leads is not None and leads.learned_from == "orders.parquet" and leads.learned_at is not None
    later = rule_with("when: paid.done", FILE.replace("41h", "41h 1m")).model.lead_times
    assert later is not None and later.version != leads.version
    found = later.times["order", "paid", "shipped"].overall.at(Fraction(9, 10))
    assert found == 41 * HOUR + MINUTE


def test_lead_in_the_condition_of_a_total():
    """A total's where may ask for a learned time too: it is a condition like any other."""
    total = """
totals:
  order.late: {of: order, count: true, key: supplier, where: 'shipped.at - paid.at > lead("paid", "shipped", 0.9)'}
"""
    assert read_workspace(MODEL + total, "rules: []", lead_times=FILE).model.totals[0].where is not None
