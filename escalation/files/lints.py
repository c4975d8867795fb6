"""The doubts that a check can have about people, chains, and whom rules name; see rules/lints/catalogue.py."""

from collections.abc import Mapping
from typing import Final

from rules.lints.catalogue import Lint, warning

LINTS: Final[Mapping[str, Lint]] = {
    "no_chain": warning(
        "上线的规则没有升级链，也没有默认升级链", "a live rule has no chain, and there is no default one"
    ),
    "summary_name": warning("summary 用到了不存在的名称", "a summary names what no incident has"),
    "chain_reaches_nobody": warning("升级链无法通知任何人", "a chain that reaches nobody"),
    "owner_of_group": warning(
        "计数规则的 owner 不是 per 中的字段，找不到人", "the owner of a count is no field of its per: nobody is found"
    ),
    "ambiguous_owner": warning("owner 既是字段也是人员", "an owner is both a field and a person"),
    "unreachable": warning("人员没有可用的通道", "a person whom no channel reaches"),
    "no_address": warning("人员缺少某个通道所需的联系方式", "a person lacks the contact that a channel needs"),
    "after_of_first": warning("第一项的 after 不起作用", "after of the first entry of a plan has no effect"),
    "own_deputy": warning("人员是自己的代理人", "somebody is their own deputy"),
}
