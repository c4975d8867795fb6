"""`tocsin rules schema`: what editors need to complete and check the files of a workspace."""

from pathlib import Path

import click

from service.checks.schemas import FILES, schema_text, write_schemas
from service.speech import Say, fail, run_language
from streams.text import Language


def command(say: Say) -> click.Command:
    @click.command(
        name="schema",
        short_help=say("编辑器用的 JSON Schema", "JSON Schemas for editors"),
        help=say(
            "打印一种文件的 JSON Schema，或用 --write 把全部写入文件夹。VS Code 装上 YAML 扩展后，"
            "文件首行的 # yaml-language-server: $schema=... 即可带来补全和说明。\n\n"
            "示例：tocsin rules schema --write .schemas",
            "Print the JSON Schema of one kind of file, or write all of them into a folder with --write. With the YAML "
            "extension of VS Code, a first line # yaml-language-server: $schema=... brings completion and "
            "explanations.\n\nExample: tocsin rules schema --write .schemas",
        ),
    )
    @click.argument("name", required=False, type=click.Choice(list(FILES)))
    @click.option(
        "--write",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        help=say("写入此文件夹，每种文件一个", "write them into this folder, one for each kind of file"),
    )
    @click.option(
        "--language",
        type=click.Choice(["zh", "en"]),
        help=say("说明文字的语言；默认与终端相同", "language of the descriptions; default that of the terminal"),
    )
    def run(name: str | None, folder: Path | None, language: Language | None) -> None:
        chosen = language or run_language()
        if (name is None) == (folder is None):
            raise fail(
                say(
                    f"请写一种文件（{'、'.join(FILES)}），或 --write 文件夹",
                    f"name one kind of file ({', '.join(FILES)}), or give --write FOLDER",
                )
            )
        if name is not None:
            click.echo(schema_text(name, chosen), nl=False)
        if folder is not None:
            try:
                written = write_schemas(folder, chosen)
            except OSError as error:
                raise fail(
                    say(
                        f"无法写入 {error.filename or folder}：{error.strerror}",
                        f"{error.filename or folder} cannot be written: {error.strerror}",
                    )
                ) from None
            click.echo(say(f"已写入 {len(written)} 个文件：{folder}", f"{len(written)} files written into {folder}"))

    return run
