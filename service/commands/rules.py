"""`tocsin rules`: what authors of rules need before they go live."""

import click

from service.commands import rules_check, rules_explain, rules_schema, rules_shadow, rules_show, rules_test
from service.speech import Say


def command(say: Say) -> click.Command:
    @click.group(
        name="rules",
        short_help=say("检查、测试、解释规则", "check, test and explain rules"),
        help=say("上线之前，规则作者需要的工具。", "What authors of rules need before they go live."),
    )
    def group() -> None: ...

    group.add_command(rules_check.command(say))
    group.add_command(rules_test.command(say))
    group.add_command(rules_explain.command(say))
    group.add_command(rules_show.command(say))
    group.add_command(rules_shadow.command(say))
    group.add_command(rules_schema.command(say))
    return group
