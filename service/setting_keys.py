"""The keys of tocsin.yaml, each with what it means."""

from collections.abc import Mapping
from typing import Final

from rules.files.keys import DURATION, PLAIN
from rules.files.shapes import Closed, FileShape, Keys, Named, Words, key
from streams.text import Text

SOURCE: Final[Keys] = {
    "skew": key(
        "事件可比到达时间早标多久，默认 10m",
        "how far ahead of its arrival an event may be dated; default 10m",
        DURATION,
    ),
    "expect_every": key("多久没有事件算异常", "silence longer than this is an incident of its own", DURATION),
}
CONSOLE: Final[Keys] = {
    "password": key("控制台密码：env:名称 或 file:路径", "its password: env:NAME or file:PATH", PLAIN, required=True)
}
SETTINGS: Final[Keys] = {
    "language": key("控制台和消息的默认语言", "the language of the console and of messages", Words(("zh", "en"))),
    "database": key("数据库文件或地址", "a file beside this one, or an address", PLAIN),
    "listen": key("监听的 地址:端口", "the ADDRESS:PORT to listen on", PLAIN),
    "public_url": key("消息中链接的开头", "what links in messages begin with", PLAIN),
    "matcher": key("由谁匹配条件", "what matches conditions", Words(("durable", "compiled"))),
    "api_keys": key(
        "发送事件用的密钥：env:名称 或 file:路径", "keys for sending events: env:NAME or file:PATH", Named(PLAIN)
    ),
    "console": key("控制台", "the console", Closed(CONSOLE)),
    "sources": key("各事件来源", "the sources of events", Named(Closed(SOURCE))),
    "retention": key(
        "事件保留多久（目前只用于检查规则）", "how long events are kept (for now only checks of rules use it)", DURATION
    ),
}

FILES: Final[Mapping[str, FileShape]] = {
    "settings": FileShape(files="tocsin.yaml", about=Text(zh="Tocsin 设置", en="settings of Tocsin"), keys=SETTINGS)
}
