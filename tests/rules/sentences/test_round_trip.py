"""Sentences drawn from the table of templates: read, shown in core form and as sentences, and read again."""

from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import InvalidWorkspace
from rules.files.writing import to_yaml
from rules.sentences.patterns import SLOTS, Category, Item, Maybe, Slot, Word
from rules.sentences.synonyms import SIGNS, SYNONYMS
from rules.sentences.templates import FORMS, Form
from rules.showing import sentence_form, shown
from rules.workspace import Workspace, read_workspace
from streams.text import Language
from tests.rules.sentences.shop import CALENDARS, MODEL

WORDS = {  # of each kind what can stand in a slot
    "order": {
        Category.NODE: ("placed", "下单", "paid", "付款", "payment", "stocked", "备货", "shipped", "发货", "取消"),
        Category.TYPE: ("change_requested", "变更申请", "change requested", "变更", "order.dispatched", "updated"),
        Category.FIELD: ("amount", "金额", "order value", "channel", "promised_at"),
        Category.GROUP: ("channel", "key"),
        Category.NUMBER: ("amount", "金额"),
    },
    "stock": {
        Category.FIELD: ("on_hand", "sku", "补货点"),
        Category.TYPE: ("updated",),
        Category.GROUP: ("sku", "key"),
        Category.NUMBER: ("on_hand", "库存", "On order", "在途", "reorder_level", "补货点", "demand"),
    },
    "supply": {
        Category.NODE: ("ordered", "下达", "confirmed", "供应商确认", "delivered", "到货"),
        Category.TYPE: ("confirmed", "供应商确认"),
        Category.FIELD: ("qty", "货号", "供应商"),
        Category.GROUP: ("supplier", "供应商", "货号", "key"),
        Category.NUMBER: ("qty",),
    },
}
DURATIONS = ("48h", "2天", "1d 12h", "90 分钟", "2d (cn-workdays)", "2天（cn-workdays）", "4h Nights", "三周", "0h")
PLAIN = ("48h", "7天", "1 week", "两周")


def spelt(draw: st.DrawFn, items: Sequence[Item], words: dict[str, str]) -> Iterator[str]:
    """The words of a pattern, any synonym for each, optional parts or not."""
    for item in items:
        match item:
            case Word(word=word):
                yield draw(st.sampled_from(SYNONYMS.get(word, (word,)))).replace("_", " ")
            case Slot(name=name):
                yield words[name]
            case Maybe(items=inner):
                if draw(st.booleans()):
                    yield from spelt(draw, inner, words)


def slots_of(items: Sequence[Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Slot):
            yield item.name
        elif isinstance(item, Maybe):
            yield from slots_of(item.items)


def words_of(kind: str, slot: str, form: Form) -> tuple[str, ...]:
    """What can be drawn for a slot; nothing, where the kind has nothing."""
    match SLOTS[slot]:
        case Category.AMOUNT:
            return (*WORDS[kind][Category.NUMBER], "10", "0.5")
        case Category.SIGN:
            return tuple(word.replace("_", " ") for signs in SIGNS.values() for word in signs)
        case Category.DURATION:
            return PLAIN if form.template == "repeated problem" else DURATIONS
        case Category.COUNT:
            return ("3", "两", "12")
        case category:
            return WORDS[kind].get(category, ())


@st.composite
def sentences(draw: st.DrawFn) -> tuple[str, str]:
    """A kind and a sentence about it."""
    form: Form = draw(st.sampled_from(FORMS))
    language: Language = draw(st.sampled_from(("zh", "en")))
    pattern = draw(st.sampled_from(form.patterns[language]))
    slots = tuple(slots_of(pattern))
    kind = draw(st.sampled_from([kind for kind in WORDS if all(words_of(kind, name, form) for name in slots)]))
    words = {name: draw(st.sampled_from(words_of(kind, name, form))) for name in slots}
    blank = " " if language == "en" else draw(st.sampled_from((" ", "", "，")))
    return kind, joined(list(spelt(draw, pattern, words)), blank)


def joined(parts: list[str], blank: str) -> str:
    """Without blanks only where one of the neighbours is Chinese."""
    text = parts[0]
    for part in parts[1:]:
        latin = text[-1].isascii() and part[0].isascii()
        text += (" " if latin else blank) + part
    return text


def workspace(entry: str) -> Workspace:
    return read_workspace(MODEL, entry, CALENDARS)


@settings(max_examples=50, deadline=None)
@given(sentences())
def test_what_is_read_can_be_shown_and_read_again(drawn):
    """Of every sentence of the grammar: its core form, and the sentence in each language, are the same rule."""
    kind, sentence = drawn
    try:
        read = workspace(f"rules:\n  - id: r\n    on: {kind}\n    sentence: {sentence!r}\n")
    except InvalidWorkspace as refused:  # such as a node after itself, or a comparison that can never hold
        assert not {problem.code for problem in refused.problems} & {"sentence", "sentence_kinds"}, refused
        return
    version = read.rules[0].version
    one = shown(read)["r"]
    assert workspace(to_yaml("rules", [one.core])).rules[0].version == version
    assert one.sentence is not None, to_yaml("rules", [one.core])
    for language in ("zh", "en"):
        again = workspace(to_yaml("rules", [sentence_form(one.core, one.sentence, language)]))
        assert again.written["r"].string("sentence") == one.sentence.sentences[language]
        assert again.rules[0].version == version
