"""Messages in the form of each channel. The texts are in templates/, one file a form and language."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifiers.message import Message
from notifiers.sms_text import fit
from notifiers.words import LABELS, lead

MOST_SEGMENTS: Final = 4
_LONGEST_SUBJECT: Final = 150

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


def _render(template: str, message: Message, **more: object) -> str:
    text = _environment().get_template(template)
    words = {name: label.say(message.language) for name, label in LABELS.items()}
    head = lead(message.purpose, message.severity, message.language)
    return text.render(message=message, lead=head, words=words, **more).strip()


def sms(message: Message) -> str:
    """To be understood at three in the morning: severity, sentence, link, how to answer, and our id to find it by."""

    def render(sentence: str) -> str:
        return _render(f"sms.{message.language}.j2", message, sentence=sentence)

    return fit(render, message.sentence, "…" if message.language == "zh" else "...", MOST_SEGMENTS)


def mail_subject(message: Message) -> str:
    head = lead(message.purpose, message.severity, message.language)
    return f"[{head}] {message.sentence}"[:_LONGEST_SUBJECT]


def mail_text(message: Message) -> str:
    return _render(f"mail.{message.language}.j2", message) + "\n"


def mail_html(message: Message) -> str:
    return _render("mail.html.j2", message) + "\n"


def chat(message: Message, mentions: tuple[str, ...]) -> str:
    """Markdown as DingTalk draws it. `mentions` as they are to stand in the text, such as @manager4220."""
    return _render("chat.md.j2", message, mentions=mentions)
