"""The demo's workspace: its files, with the addresses of the providers that run in the same process."""

import secrets
from pathlib import Path
from string import Template
from typing import Final

from service.demo.fake_dingtalk import SECRET
from service.demo.providers import Providers
from streams.text import Language

_FILES: Final = Path(__file__).parent / "workspace"
_WORDS: Final = {  # what a file can say in one language only: names of people, and sentences
    "zh": {"li_wei": "李伟", "zhang_min": "张敏", "wang_fang": "王芳", "not_shipped": "付款 后 15秒 内 未 发货"},
    "en": {
        "li_wei": "Li Wei",
        "zhang_min": "Zhang Min",
        "wang_fang": "Wang Fang",
        "not_shipped": "not shipped within 15s after paid",
    },
}


def write_demo_workspace(
    folder: Path,
    language: Language,
    providers: Providers,
    *,
    host: str = "127.0.0.1",
    port: int = 8321,
    zone: str = "Asia/Shanghai",
) -> None:
    """Write the files into `folder`, over older ones. The providers must have been started: their ports are written.

    `port` is that of the console and of event intake; `zone` is the one in which the demo's people read times.
    """
    values = {
        "language": language,
        "listen": f"{host}:{port}",
        "public_url": f"http://{host}:{port}",
        "zone": zone,
        "twilio_sid": providers.twilio.account_sid,
        "twilio_url": providers.twilio.url,
        "smtp_url": providers.mailbox.url,
        **_WORDS[language],
    }
    for path in sorted((*_FILES.rglob("*.yaml"), *_FILES.glob("*.md"))):
        target = folder / path.relative_to(_FILES)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(path.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
    _write_secrets(folder / "secrets", providers)


def _write_secrets(folder: Path, providers: Providers) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    values = {
        "api-key": secrets.token_urlsafe(18),
        "twilio-token": providers.twilio.auth_token,
        "robot-url": providers.dingtalk.robot_url,
        "robot-secret": SECRET,
    }
    for name, value in values.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(value + "\n", encoding="utf-8")
