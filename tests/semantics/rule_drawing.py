"""Random rules, in the words of rule files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.semantics.decisions import CELLS

PLAIN = ("30m", "1h", "90m", "2h", "30m", "4h", "1d", "1d 2h", "0s")
WORKING = ("30m cut", "1h cut", "4h cut", "1d cut", "1d 1h cut", "2d cut", "2h ny", "1d ny")
ATOMS = (
    "amount > 5",
    "amount > 5",
    "amount <= 9",
    "amount <= 9",
    "amount == 5",
    "amount != 12",
    "amount * 2 - 1 >= 9",
    "10 / amount > 1",
    "1 < amount <= 9",
    "amount in [1, 12]",
    "amount not in [5]",
    'channel == "web"',
    'channel != "web"',
    'startswith(channel, "we")',
    'contains(channel, "ho")',
    'contains(tags, "a")',
    "urgent",
    "urgent",
    "not urgent",
    "not shipped.done",
    "promised_at is not None",
    "urgent == False",
    "amount is None",
    "channel is not None",
    "promised_at is None",
    "shipped.at is None",
    "placed.done",
    "paid.done",
    "shipped.done",
    "closed",
    "promised_at - placed.at > hours(3)",
    "paid.at - placed.at < hours(2)",
    "shipped.due < promised_at",
    "shipped.due - paid.at >= hours(4)",
    "min(amount, 5) == 5",
    "abs(amount - 7) < 3",
    "start_of_day(placed.at) + hours(9) < placed.at",
    "end_of_day(promised_at) > paid.at",
    'placed.at >= date("2026-03-07")',
    'key == "A"',
    'paid.at - placed.at > lead("placed", "paid", 0.5)',
    'promised_at + lead("paid", "shipped", 0.5) * 2 > paid.at',
)
PULSE_ATOMS = (
    'event.type == "change"',
    'event.type in ["paid", "refund"]',
    "event.amount > 5",
    "event.channel is None",
    "event.at - placed.at > hours(1)",
    "event.promised_at > event.at",
    "before.amount < amount",
    "not before.paid.done",
    "before.closed",
    "before.shipped.due is None",
    "before.shipped.at is not None",
    "changed(amount)",
    "not changed(channel)",
    "changed(tags)",
    "changed(urgent)",
    "changed(shipped.due)",
    "changed(paid.at)",
)
BYS = (
    "promised_at",
    "promised_at - hours(2)",
    "promised_at + minutes(30)",
    "shipped.due",
    "paid.at + hours(3)",
    "min(promised_at, shipped.due)",
    "max(promised_at, paid.at) + hours(1)",
    "end_of_day(placed.at)",
    "promised_at + (promised_at - placed.at) / 2",
    'paid.at + lead("paid", "shipped", 0.9)',
)
TOTAL_ATOMS = (
    "{} > 5",
    "{} > 0",
    "{} <= 4",
    "{} == 0",
    "{} == 0.3",
    "{} in [1, 5]",
    "{} >= amount",
    "{} - amount > 1",
    "10 / {} > 2",
    "min({}, amount) == 5",
    "amount < {} < 12",
    "promised_at - hours(min(abs({}), 9)) > placed.at",
)
TOTAL_BYS = ("promised_at + hours(min(abs({}), 9))", "placed.at + minutes(30) * min(abs({}), 40)")


SEVERITIES = ("info", "minor", "major", "critical")
OFTEN = ('event.type == "change"', "event.at >= placed.at", "amount > 1", "event.amount >= amount", "changed(amount)")


@dataclass(frozen=True)
class Words:
    """What can be said about a kind."""

    atoms: tuple[str, ...]
    pulse_atoms: tuple[str, ...]
    bys: tuple[str, ...]


def words_about(totals: Iterable[str]) -> Words:
    """Totals are spoken of often where there are any."""
    names = list(totals)
    told = [text.format(name) for name in names for text in TOTAL_ATOMS]
    return Words(
        atoms=(*ATOMS, *(told * 4)),
        pulse_atoms=PULSE_ATOMS,
        bys=(*BYS, *(text.format(name) for name in names for text in TOTAL_BYS)),
    )


def chance(dice: Random, percent: int) -> bool:
    return dice.random() * 100 < percent


def conditions(dice: Random, words: Words, first_of: tuple[str, ...] | None = None) -> str:
    first = dice.choice(first_of or words.atoms)
    if chance(dice, 15):
        first = f"not ({first})"
    if chance(dice, 55):
        return str(first)
    second = dice.choice(words.atoms)
    shape = dice.choice(["{} and {}", "{} or {}", "{} or {}", "not ({} and {})", "({} or {}) and not closed"])
    return str(shape.format(first, second))


def _stages(dice: Random, lasting: str | None) -> dict[str, Any]:
    """Severities; with `lasting` (a for) what is ahead is no longer than it, in its calendar and unit."""
    ahead = {
        "30m": "30m",
        "1h": "30m",
        "1d 2h": "1d 1h",
        "1h cut": "1h cut",
        "4h cut": "90m cut",
        "1d 1h cut": "1d cut",
    }
    if chance(dice, 30):
        return {}
    if chance(dice, 25):
        return {"severity": dice.choice(["info", "minor", "critical"])}
    early = [ahead[lasting]] if lasting in ahead else [] if lasting is not None else [*PLAIN[:6], *WORKING]
    if early and chance(dice, 35):
        return {"before": dice.choice(early), "severity": dice.choice(["major", "critical"])}
    offsets = ["0h", *PLAIN[:6], *WORKING, *(f"-{one}" for one in early)]
    return {
        "stages": [{"at": dice.choice(offsets), "severity": dice.choice(SEVERITIES)} for _ in range(dice.randint(1, 4))]
    }


def _deadline(dice: Random, words: Words) -> dict[str, Any]:
    match dice.choice(["none", "for", "by", "after", "promise"]):
        case "for":
            lasting = dice.choice([*PLAIN, *WORKING])
            return {"when": conditions(dice, words), "for": lasting, **_stages(dice, lasting)}
        case "by":
            return {"when": conditions(dice, words), "by": dice.choice(words.bys), **_stages(dice, None)}
        case "after":
            node, after = dice.choice([("paid", "placed"), ("shipped", "paid"), ("settled", "shipped")])
            more = {"when": conditions(dice, words)} if chance(dice, 30) else {}
            within = dice.choice([*PLAIN, *WORKING])
            return {"overdue": node, "after": after, "within": within, **more, **_stages(dice, None)}
        case "promise":
            more = {"when": conditions(dice, words)} if chance(dice, 30) else {}
            return {"overdue": dice.choice(["shipped", "shipped", "paid", "settled"]), **more, **_stages(dice, None)}
        case _:
            severity = {"severity": "critical"} if chance(dice, 30) else {}
            return {"when": conditions(dice, words), **severity}


def _count(dice: Random) -> dict[str, Any]:
    count: dict[str, Any] = {
        "at_least": dice.choice([1, 2, 2, 2, 3]),
        "within": dice.choice(["30m", "90m", "2h", "4h", "6h", "1d", "2d"]),
    }
    per = dice.choice([None, None, "channel", "channel", "key", ["channel", "key"]])
    if per is not None:
        count["per"] = per
    if chance(dice, 40):
        count["distinct"] = dice.choice(["key", "key", "channel"])
    found: dict[str, Any] = {"count": count}
    if chance(dice, 30):
        found["keep_open_for"] = dice.choice(["0s", *PLAIN[:6]])
    return found


def a_rule(dice: Random, number: int, kinds: Mapping[str, Words], kind: str) -> dict[str, Any]:
    words = kinds[kind]
    rule: dict[str, Any] = {"id": f"rule-{number}", "on": kind}
    if chance(dice, 12):
        rule["where"] = conditions(dice, words)
    counting = chance(dice, 20)
    if counting and chance(dice, 30):
        return rule | {"when": dice.choice(OFTEN)} | _count(dice)
    if chance(dice, 30):
        rule["when"] = conditions(dice, words, words.pulse_atoms)
        if chance(dice, 30):
            rule["severity"] = "minor"
        return rule | (_count(dice) if counting else _decisions(dice, words) | _pulse_ending(dice, words))
    rule |= _deadline(dice, words)
    if counting:
        return {name: value for name, value in rule.items() if name not in ("stages", "before")} | _count(dice)
    if "stages" not in rule and "before" not in rule:
        rule |= _decisions(dice, words)
    match dice.choice(["plain", "plain", "clear", "keep"]):
        case "clear":
            rule["clear"] = conditions(dice, words)
        case "keep":
            rule["keep_open_for"] = dice.choice(["0s", *PLAIN[:7]])
    return rule


def _decisions(dice: Random, words: Words) -> dict[str, Any]:
    if chance(dice, 65):
        return {}
    rows: list[dict[str, Any]] = []
    for _ in range(dice.randint(1, 3)):
        columns = dice.sample(sorted(CELLS), k=dice.choice([1, 1, 2]))
        cells = {column: dice.choice(CELLS[column])[0] for column in columns}
        row = {"if": conditions(dice, words) if chance(dice, 50) else cells}
        rows.append(row | ({"owner": "channel"} if chance(dice, 15) else {"severity": dice.choice(SEVERITIES)}))
    if chance(dice, 30):
        rows.append({"severity": dice.choice(SEVERITIES)})
    return {"decide": rows}


def _pulse_ending(dice: Random, words: Words) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if chance(dice, 50):
        found["until"] = conditions(dice, words)
    if chance(dice, 60):
        found["expires"] = dice.choice(PLAIN[:7])
    return found
