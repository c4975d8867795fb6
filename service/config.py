"""tocsin.yaml: the service's own settings. Everything has a default; secrets are references, never values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rules.errors import InvalidWorkspace, Problem, Problems
from rules.files.document import Map, read_file
from rules.matching.matcher import MatcherName
from rules.worktime.durations import read_duration
from service import setting_keys
from streams.decoding import DEFAULT_SKEW
from streams.instants import Micros
from streams.secret import Secret
from streams.text import Language

FILE = "tocsin.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    skew: Micros = DEFAULT_SKEW  # how far ahead of its arrival an event may be dated
    expect_every: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    language: Language = "en"
    database: str = "tocsin.db"  # a file beside tocsin.yaml, or an SQLAlchemy URL
    host: str = "127.0.0.1"
    port: int = 8321
    public_url: str | None = None  # what links in messages begin with; None: http://HOST:PORT
    matcher: MatcherName = "durable"
    api_keys: Mapping[str, Secret] = field(default_factory=dict)  # by the name of who uses it
    console_password: Secret | None = None
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    retention: Micros | None = None  # how long events are to be kept; None: for ever
    warnings: tuple[Problem, ...] = ()

    @property
    def url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the console."""
        return self.host == "localhost" or self.host.startswith("127.") or self.host == "::1"

    def reveal_all(self) -> None:
        """Without its keys and its password the service could be used by nobody: better said now than at each request.

        Raises SettingMissing.
        """
        for secret in self.api_keys.values():
            secret.reveal()
        if self.console_password is not None:
            self.console_password.reveal()

    def database_url(self, folder: Path) -> str:
        return self.database if "://" in self.database else f"sqlite:///{folder / self.database}"


def load_settings(folder: Path) -> Settings:
    """Read tocsin.yaml of a workspace. Raises InvalidWorkspace with everything that is wrong in it."""
    path = folder / FILE
    if not path.exists():
        return Settings()
    problems = Problems()
    root = read_file(path, FILE, problems)
    settings = Settings() if root is None else _settings(root, folder)
    if problems.has_errors:
        raise InvalidWorkspace(problems.in_order())
    return replace(settings, warnings=problems.in_order())


def _settings(root: Map, folder: Path) -> Settings:
    root.only(*setting_keys.SETTINGS)
    host, port = _listen(root)
    language = root.one_of("language", ("zh", "en"))
    matcher = root.one_of("matcher", ("durable", "compiled"))
    console = root.map("console")
    if console is not None:
        console.only(*setting_keys.CONSOLE)
    return Settings(
        language="zh" if language == "zh" else "en",
        database=root.string("database") or "tocsin.db",
        host=host,
        port=port,
        public_url=root.string("public_url"),
        matcher="compiled" if matcher == "compiled" else "durable",
        api_keys=_api_keys(root, folder),
        console_password=None if console is None else console.secret("password", folder, required=True),
        sources={name.raw: _source(inner) for name, inner in root.maps("sources")},
        retention=_retention(root),
    )


def _listen(root: Map) -> tuple[str, int]:
    text = root.string("listen")
    if text is None:
        return "127.0.0.1", 8321
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdigit() or not 0 <= int(port) < 65536:
        root.problems.error(
            root.place_of("listen"),
            "wrong_value",
            zh=f"应为 地址:端口，例如 127.0.0.1:8321，实为 {text}",
            en=f"expected ADDRESS:PORT, such as 127.0.0.1:8321, found {text}",
        )
        return "127.0.0.1", 8321
    return host.strip("[]"), int(port)


def _api_keys(root: Map, folder: Path) -> Mapping[str, Secret]:
    keys = root.map("api_keys")
    if keys is None:
        return {}
    found = {name: keys.secret(name, folder, required=True) for name in keys}
    return {name: secret for name, secret in found.items() if secret is not None}


def _source(inner: Map) -> SourceSettings:
    inner.only(*setting_keys.SOURCE)
    if "expect_every" in inner:
        inner.problems.warning(
            inner.key_place("expect_every"),
            "not_yet",
            zh="expect_every 已读取，但此版本尚不监视来源的沉默",
            en="expect_every is read, but this version does not watch for silent sources yet",
        )
    skew, expect_every = (_micros(inner, key) for key in ("skew", "expect_every"))
    return SourceSettings(skew=DEFAULT_SKEW if skew is None else skew, expect_every=expect_every)


def _retention(root: Map) -> Micros | None:
    if "retention" in root:
        root.problems.note(
            root.key_place("retention"),
            "retention_not_applied",
            zh="retention 目前只用于检查规则；此版本不会删除任何事件",
            en="retention is used by checks of rules only: this version deletes no events yet",
        )
    return _micros(root, "retention")


def _micros(inner: Map, key: str) -> Micros | None:
    leaf = inner.leaf(key)
    if leaf is None:
        return None
    duration = read_duration(leaf, {})
    return None if duration is None else duration.micros
