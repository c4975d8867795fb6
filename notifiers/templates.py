"""Messages in the form of each channel. The texts are in templates/, one file a form and language."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifiers.digest import rest_text
from notifiers.message import Message
from notifiers.sms_text import fit
from notifiers.words import LABELS, SEVERITIES, lead

MOST_SEGMENTS: Final = 4
_LONGEST_SUBJECT: Final = 150
_MOST_IN_MAIL: Final = 200
_MOST_IN_CHAT: Final = 10  # a message of a robot is cut at 5,000 characters, its page lists all

# What DingTalk's markdown would take for links, emphasis or code where it comes from an order's data.
_MARKDOWN: Final = str.maketrans({"[": "［", "]": "］", "*": "＊", "`": "'", "<": "＜", ">": "＞"})


def escape_markdown(text: str) -> str:
    return text.translate(_MARKDOWN)


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and ".html." in name,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = escape_markdown
    return environment


def _render(template: str, message: Message, *, most: int = 0, **more: object) -> str:
    """`most`: how many incidents of a digest are listed."""
    text = _environment().get_template(template)
    words = {name: label.say(message.language) for name, label in LABELS.items()}
    words["acknowledge"] = words[message.acknowledge_label]
    listed = [(SEVERITIES[one.severity].say(message.language), one) for one in message.listed[:most]]
    head = lead(message.purpose, message.severity, message.language)
    rest = rest_text(len(message.listed) - len(listed), message.language)
    return text.render(message=message, lead=head, words=words, listed=listed, rest=rest, **more).strip()


def sms(message: Message) -> str:
    """To be understood at three in the morning: severity, sentence, link, how to answer, and our id to find it by."""

    def render(sentence: str) -> str:
        return _render(f"sms.{message.language}.j2", message, sentence=sentence)

    return fit(render, message.sentence, "…" if message.language == "zh" else "...", MOST_SEGMENTS)


def mail_subject(message: Message) -> str:
    head = lead(message.purpose, message.severity, message.language)
    return f"[{head}] {message.sentence}"[:_LONGEST_SUBJECT]


def mail_text(message: Message) -> str:
    return _render(f"mail.{message.language}.j2", message, most=_MOST_IN_MAIL) + "\n"


def mail_html(message: Message) -> str:
    return _render("mail.html.j2", message, most=_MOST_IN_MAIL) + "\n"


def chat(message: Message, mentions: tuple[str, ...]) -> str:
    """Markdown as DingTalk draws it. `mentions` as they are to stand in the text, such as @manager4220."""
    return _render("chat.md.j2", message, most=_MOST_IN_CHAT, mentions=mentions)
