"""What docs/*/packs.md say of the packs is true: their rules, what they need, and what their sample events show."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from rules.workspace import load_workspace
from service.commands import replay
from service.packs.catalogue import PACKS
from service.workspace_template import write_workspace
from streams.instants import parse_instant, to_datetime
from streams.model import Kind, Model
from streams.text import Language
from tests.service.commands import run

ROOT = Path(__file__).parents[3]
EXAMPLE = re.compile(r"^```text incidents\n(.*?)^```", re.MULTILINE | re.DOTALL)
CASES = [pytest.param(name, language, id=f"{name}-{language}") for name in PACKS for language in ("zh", "en")]


@cache
def sections(language: Language) -> dict[str, str]:
    """By pack what stands below its heading."""
    page = (ROOT / "docs" / language / "packs.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ([\w-]+)[:：].*\n", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def incidents(folder: Path, pack: str) -> list[str]:
    """What replay finds in the sample events of a pack: time in the model's zone, severity, entity and rule."""
    path = folder / "incidents.jsonl"
    result = run(
        replay, folder / "examples" / f"{pack}.jsonl", "-w", folder, "--incidents", path, "--matcher", "compiled"
    )
    assert result.exit_code == 0, result.output
    zone = load_workspace(folder).model.zone
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        at = to_datetime(parse_instant(one["opened_at"], zone)).astimezone(zone)
        found.append(f"{at:%Y-%m-%d %H:%M}  {one['severity']:<8}  {one['kind']} {one['key']}  {one['rule']}")
    return found


def added(model: Model, base: Model) -> set[str]:
    """The names that a pack adds to the model: kinds, their nodes, event types and fields."""
    names: set[str] = set()
    for kind in model.kinds.values():
        old = base.kinds.get(kind.name)
        names |= (names_of(kind) | {kind.name}) if old is None else names_of(kind) - names_of(old)
    return names


def names_of(kind: Kind) -> set[str]:
    """Of a node that has event types of its own these are what is sent."""
    sent = {type_ for node in kind.nodes.values() for type_ in (node.types or (node.name,))}
    return sent | set(kind.events) | set(kind.fields)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_pack_has_its_section_in_the_order_of_the_catalogue(language):
    """The page has one section a pack."""
    assert list(sections(language)) == list(PACKS)


@pytest.mark.parametrize(("name", "language"), CASES)
def test_a_section_tells_rules_needs_and_incidents(tmp_path, name, language):
    """Its table lists the pack's rules, it names all that the pack adds to the model, and its example is true."""
    write_workspace(tmp_path / "base", language)
    write_workspace(tmp_path / "shop", language, [name])
    workspace, section = load_workspace(tmp_path / "shop"), sections(language)[name]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE) == [rule.id for rule in workspace.rules]
    new = added(workspace.model, load_workspace(tmp_path / "base").model)
    assert [one for one in sorted(new) if f"`{one}`" not in section] == []
    (shown,) = EXAMPLE.findall(section)
    assert shown.splitlines() == incidents(tmp_path / "shop", name)
