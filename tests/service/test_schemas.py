"""The JSON Schemas for editors say what the readers say."""

import ast
import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from rules.errors import Problem, Problems
from rules.files.document import as_data, read_text
from rules.files.shapes import Again, Closed, Either, Keys, Listed, Named, Shape, Words
from rules.workspace import load_workspace
from service.checks.checking import check_workspace
from service.checks.schemas import FILES, schema_text, write_schemas
from service.commands import rules
from service.workspace_template import write_workspace
from simulator.mapping_file import read_mapping_file
from tests.service.commands import run
from tests.service.every_key import EVERY_KEY

ROOT = Path(__file__).parents[2]
NAMES = {"rules": "rules/a.yaml", "lead_times": "lead_times.yaml", "settings": "tocsin.yaml", "mapping": "m.map.yaml"}
READERS = [
    path
    for folder in ("rules", "escalation", "simulator", "service")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name not in ("nodes.py",)
]


def validator(name: str) -> Draft7Validator:
    schema = json.loads(schema_text(name, "en"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def data_of(text: str) -> Any:
    root = read_text(text, "x.yaml", Problems())
    assert root is not None
    return json.loads(json.dumps(as_data(root), ensure_ascii=False))


def complaints(name: str, data: Any) -> list[str]:
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator(name).iter_errors(data)]


def file_of(name: str) -> str:
    return NAMES.get(name, f"{name}.yaml")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_init_writes_names_its_schema_and_fits_it(tmp_path, language):
    """Each file of a new workspace names, in its first line, a schema that is there and that it satisfies."""
    write_workspace(tmp_path / "shop", language)
    paths = sorted((tmp_path / "shop").rglob("*.yaml"))
    assert len(paths) == 9
    for path in paths:
        text = path.read_text(encoding="utf-8")
        named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
        assert named is not None, path
        schema = (path.parent / named[1]).resolve()
        assert schema.is_file()
        assert complaints(schema.stem, data_of(text)) == [], path


def shipped() -> Iterator[tuple[str, Path]]:
    """The files of workspaces in this repository besides the templates, with their schema."""
    by_file = {
        "tocsin.yaml": "settings",
        "rules.yaml": "rules",
        "lead_times.yaml": "lead_times",
        **{f"{name}.yaml": name for name in FILES if name not in NAMES},
    }
    for path in (*ROOT.glob("service/**/*.yaml"), *ROOT.glob("packs/**/*.yaml")):
        name = "rules" if path.parent.name == "rules" else by_file.get(path.name)
        if name is not None and "template" not in path.parts:
            yield name, path


def test_the_other_workspaces_here_fit():
    """Those of the demo and of the packs satisfy their schemas."""
    found = list(shipped())
    assert {name for name, _ in found} >= {"rules", "model", "people", "chains", "channels", "settings"}
    for name, path in found:
        text = path.read_text(encoding="utf-8").replace("$language", "zh")  # the demo's is filled in
        assert complaints(name, data_of(text)) == [], path


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_examples_of_the_documentation_fit(language):
    """Every rule that the authors' page shows satisfies the schema of rules."""
    page = (ROOT / "docs" / language / "authoring-rules.md").read_text(encoding="utf-8")
    shown = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if block.startswith("rules:")]
    for block in shown:
        assert complaints("rules", data_of(block)) == [], block


@pytest.mark.parametrize("name", list(FILES))
def test_a_file_with_every_construct_fits(name):
    """A file that uses every kind of map there is satisfies its schema."""
    assert complaints(name, data_of(EVERY_KEY[name])) == []


def test_a_file_of_several_maps_fits():
    """In a file with `maps` each has to name its file; nothing else is needed beside them."""
    one = "{kind: order, format: wide, key: id, nodes: {placed: o}, file: a.csv}"
    assert complaints("mapping", data_of(f"maps: [{one}]")) == []
    assert complaints("mapping", data_of(f"maps: [{one.replace(', file: a.csv', '')}]"))


def test_readers_take_their_keys_from_the_tables():
    """No reader lists keys of its own: what it knows, the schema knows."""
    listed = [
        f"{path.name}:{call.lineno}"
        for path in READERS
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "only"
        for argument in call.args
        if not isinstance(argument, ast.Starred)
    ]
    assert listed == []


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "rules").mkdir()
    for name, text in EVERY_KEY.items():
        (folder / file_of(name)).write_text(text, encoding="utf-8")
    (folder / "secret").write_text("x", encoding="utf-8")
    return folder


def read(workspace: Path, name: str) -> list[Problem]:
    """What the readers find in one of the files."""
    if name == "mapping":
        problems = Problems()
        read_mapping_file(workspace / file_of(name), load_workspace(workspace).model, problems)
        return problems.found
    return [one for one in check_workspace(workspace, 0).problems if one.place.file == file_of(name)]


def test_the_file_with_every_construct_is_right(workspace):
    """The readers find no error in what the tests here start from."""
    found = [one for name in FILES for one in read(workspace, name) if one.severity == "error"]
    assert found == []


@pytest.mark.parametrize("name", list(FILES))
def test_readers_and_schema_know_the_same_keys(workspace, name):
    """In every map a key that the schema lacks is unknown to the reader, and none that the schema has."""
    file, path = FILES[name], workspace / file_of(name)
    original = path.read_text(encoding="utf-8")
    data = data_of(original)
    maps = list(closed_maps(data, Closed(file.keys), file.parts, ()))
    assert maps
    try:
        for where, keys in maps:
            changed = copy.deepcopy(data)
            at(changed, where)["zzz"] = "x"
            assert complaints(name, changed), where
            for key, of in keys.items():
                if not of.later:
                    at(changed, where).setdefault(key, "x")
            path.write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
            unknown = [one.message.en for one in read(workspace, name) if one.code == "unknown_key"]
            assert [text.partition(";")[0] for text in unknown] == ["unknown key zzz"], where
    finally:
        path.write_text(original, encoding="utf-8")


def closed_maps(
    data: Any, shape: Shape, parts: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Keys]]:
    """Every map of a document whose keys are given, with the path to it."""
    match shape:
        case Closed(keys=keys):
            yield path, keys
            for key, value in data.items():
                yield from closed_maps(value, keys[key].shape, parts, (*path, key))
        case Named(values=values):
            for key, value in data.items():
                yield from closed_maps(value, values, parts, (*path, key))
        case Listed(items=items) if isinstance(data, list):
            for number, value in enumerate(data):
                yield from closed_maps(value, items, parts, (*path, number))
        case Either(shapes=shapes) if isinstance(data, dict):
            fitting = [one for one in shapes if isinstance(one, Closed) and _fits(data, one.keys)]
            for one in fitting[:1]:
                yield from closed_maps(data, one, parts, path)
        case Again(part=part):
            yield from closed_maps(data, parts[part], parts, path)


def _fits(data: dict[str, Any], keys: Keys) -> bool:
    """Whether a map is one of these; channels are told apart by the one word that their kind may be."""
    required = {key for key, of in keys.items() if of.required}
    kind = keys["kind"].shape if "kind" in keys else None
    return required <= data.keys() <= keys.keys() and (not isinstance(kind, Words) or data["kind"] in kind.words)


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_prints_and_writes_them(tmp_path, language):
    """One schema on the screen, described in the author's language; all of them into a folder."""
    printed = json.loads(run(rules, "schema", "rules", language=language).stdout)
    about = printed["properties"]["rules"]["items"]["properties"]["severity"]["description"]
    assert ("级别" in about) == (language == "zh")
    result = run(rules, "schema", "--write", tmp_path / ".schemas", language=language)
    assert result.exit_code == 0
    assert {path.stem for path in (tmp_path / ".schemas").iterdir()} == set(FILES)
    assert write_schemas(tmp_path / ".schemas", language)
    assert run(rules, "schema").exit_code == 2
