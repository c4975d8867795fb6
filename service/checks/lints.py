"""All doubts that `tocsin rules check` can have, by their codes."""

from collections.abc import Mapping
from typing import Final

from escalation.files import lints as of_contacts
from rules.lints import catalogue as of_rules
from rules.lints.catalogue import Lint, note, warning

LINTS: Final[Mapping[str, Lint]] = {
    **of_rules.LINTS,
    **of_contacts.LINTS,
    "noisy": warning("在历史数据中触发过于频繁", "a rule opened too often in the history given with --history"),
    "not_yet": warning("设置已读取，但此版本尚未使用", "a setting that this version reads and does not use yet"),
    "retention_not_applied": note(
        "retention 目前只用于检查规则", "retention is used by checks only, and nothing is deleted yet"
    ),
}
