"""A rule's version changes with its meaning, and with nothing else."""

import pytest

from tests.rules.workspace_texts import CALENDARS, MODEL, rule

BASE = "where: channel == 'web'\noverdue: shipped\nafter: paid\nwithin: 2d cn-workdays"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BASE, BASE + "\nname: x\nowner: y\nchain: z\nsummary: s\nlabels: {a: b}\nrunbook: r\nmode: shadow"),
        (BASE, "# comment\n" + BASE.replace("'web'", '"web"') + "\nseverity: major"),
        ("when: urgent\nfor: 48h", "when: (urgent)\nfor: 2d"),
        ("when: urgent and amount > 1", "where: amount > 1.0\nwhen: urgent"),
        ("overdue: shipped\nseverity: critical", "overdue: shipped\nstages: [{at: 0h, severity: critical}]"),
        (
            "overdue: shipped\nstages: [{at: 0h, severity: minor}, {at: 1h, severity: major}]",
            "overdue: shipped\nstages: [{at: 60m, severity: major}, {at: 0h, severity: minor}]",
        ),
    ],
)
def test_the_same_meaning_has_the_same_version(one: str, other: str):
    """Texts, owners, mode, writing and order do not count."""
    assert rule(one).version == rule(other).version


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("web", "shop"),
        BASE.replace("2d", "3d"),
        BASE.replace(" cn-workdays", ""),
        BASE.replace("cn-workdays", "other"),
        BASE + "\nseverity: critical",
        BASE + "\nbefore: 1h",
        BASE + "\nkeep_open_for: 1h",
        BASE + "\nclear: urgent",
        BASE.replace("shipped", "settled"),
    ],
)
def test_another_meaning_has_another_version(other: str):
    """Condition, deadline, calendar, stages and ending count."""
    assert rule(BASE).version != rule(other).version


@pytest.mark.parametrize(
    ("body", "old", "new", "same"),
    [
        (BASE, "[order.dispatched]", "[order.sent]", False),
        (BASE, "resets: [shipped]", "resets: [paid]", False),
        (BASE, "[settled, cancelled]", "[settled]", False),
        (BASE, "within: 2d cn-workdays", "within: 3d cn-workdays", True),
        (BASE, "amount: number", "amount: string", True),
        (BASE, "{zh: 订单, en: Order}", "Bestellung", True),
        ("overdue: shipped", "within: 2d cn-workdays", "within: 3d cn-workdays", False),
        ("when: shipped.due > promised_at", "within: 2d cn-workdays", "within: 3d cn-workdays", False),
        ("when: paid.at >= start_of_day(promised_at)", "zone: Asia/Shanghai", "zone: UTC", False),
        ("when: paid.at >= promised_at", "zone: Asia/Shanghai", "zone: UTC", True),
        ("when: amount is None", "amount: number", "amount: string", False),
    ],
)
def test_the_model_counts_as_far_as_the_rule_reads_it(body: str, old: str, new: str, same: bool):
    """What the model says about the fields and nodes of the rule is part of its meaning, the rest is not."""
    assert MODEL.count(old) == 1
    assert (rule(body).version == rule(body, model=MODEL.replace(old, new)).version) is same


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("where: not shipped.done and", "where: (not shipped.done) and", True),
        ("where: not shipped.done and", "where:", False),
        ('"{sku}@{site}"', '"{ｓｋｕ}@{site}"', True),
        ('"{sku}@{site}"', '"{sku}"', False),
        ("[order.dispatched]", "[order.sent]", False),
        ("[settled, cancelled]", "[settled]", False),
        ("{zh: 订单, en: Order}", "Bestellung", True),
    ],
)
def test_a_total_counts_with_all_that_it_reads(old: str, new: str, same: bool):
    """A rule that reads a total means something else where the total does."""
    assert MODEL.count(old) == 1
    body = "on: stock\nwhen: demand > on_hand"
    assert (rule(body).version == rule(body, model=MODEL.replace(old, new)).version) is same


def test_a_totals_key_is_a_field_or_a_template_of_that_field():
    """Both ways of writing it are the same meaning."""
    body, template = "on: stock\nwhen: demand > on_hand", '"{sku}@{site}"'
    versions = {rule(body, model=MODEL.replace(template, key)).version for key in ("sku", "ｓｋｕ", '"{sku}"')}
    assert len(versions) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("09:00-12:00", "08:00-12:00"), ('"16:00"', '"17:00"'), ("cut_off", "holidays: CN, cut_off")],
)
def test_the_content_of_a_calendar_counts(old: str, new: str):
    """A calendar that is edited changes the rules that count in it, also by a lead time, and no others."""
    edited = CALENDARS.replace(old, new)
    assert rule(BASE).version != rule(BASE, calendars=edited).version
    assert rule("overdue: shipped").version != rule("overdue: shipped", calendars=edited).version
    assert rule("when: urgent\nfor: 1h other").version == rule("when: urgent\nfor: 1h other", calendars=edited).version
