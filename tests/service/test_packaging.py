"""What is installed as Tocsin, and how: the wheel, the import names, the locks, and what the set-up refuses."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
PACKAGES = {"streams", "rules", "notifiers", "escalation", "store", "simulator", "console", "service"}


def files_of_wheel(root: Path, into: Path) -> set[str]:
    """Build the wheel of `root` with the installed hatchling, and list its files without the metadata folder."""
    (wheel,) = WheelBuilder(str(root)).build(directory=str(into), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    return files_of_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


def test_wheel_holds_the_product_packages_and_nothing_else(wheel_files):
    """The wheel's top level is exactly the product's packages: no tests, no benchmarks, no tools."""
    assert {name.split("/")[0] for name in wheel_files} == PACKAGES


def test_wheel_holds_every_committed_file_of_the_packages(wheel_files):
    """Templates, static files, packs and translations that git knows are installed with the code beside them."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("needs git and a clone to know which files are committed")
    listed = subprocess.run(
        ["git", "ls-files", "-z", *sorted(PACKAGES)], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    committed = {name for name in listed.split("\0") if name and (ROOT / name).exists()}
    assert committed - wheel_files == set()


@pytest.mark.parametrize(
    "data",
    [
        "console/templates/pages/board.html",
        "console/static/build/app.js",
        "console/locale/zh/LC_MESSAGES/console.mo",
        "rules/packs/shipping.yaml",
        "service/demo/history.csv.gz",
        "store/migrations/versions/0001_first.py",
    ],
)
def test_wheel_holds_package_data_of_every_kind(tmp_path, data):
    """A data file put into a package is installed, because no pattern of .gitignore takes it out."""
    for name in ("pyproject.toml", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    for readme in ROOT.glob("README*.md"):
        shutil.copy(readme, tmp_path)
    for name in [*(f"{package}/__init__.py" for package in PACKAGES), data, "tests/data.yaml", "bench/__init__.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert files_of_wheel(tmp_path, tmp_path / "out") == {f"{package}/__init__.py" for package in PACKAGES} | {data}


@pytest.mark.parametrize("package", sorted(PACKAGES | {"bench"}))
def test_import_name_is_ours_alone(package):
    """No other installed distribution and no standard module has the name of one of the flat packages."""
    owners = set(importlib.metadata.packages_distributions().get(package, []))
    assert owners <= {"tocsin"}
    assert package not in sys.stdlib_module_names
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


def test_command_is_installed():
    """`tocsin` is the one command, and it starts in service/cli.py."""
    scripts = importlib.metadata.distribution("tocsin").entry_points.select(group="console_scripts")
    assert {(script.name, script.value) for script in scripts} == {("tocsin", "service.cli:main")}


@pytest.mark.parametrize("lock", sorted((ROOT / "locks").glob("*.txt")), ids=lambda path: path.name)
def test_lock_pins_by_hash_and_names_no_place(lock):
    """Every locked requirement has one exact version and hashes, and where it comes from is the installer's to say."""
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text and "--find-links" not in text
    requirements = [line for line in text.replace("\\\n", " ").splitlines() if not line.startswith("#")]
    assert requirements
    for requirement in requirements:
        assert "==" in requirement and "--hash=sha256:" in requirement, requirement


def test_installed_versions_are_the_locked_ones():
    """Every direct dependency that is installed here has a version that stands in the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lock = (ROOT / "locks" / "tocsin.txt").read_text().lower().splitlines()
    for requirement in wanted:
        name = requirement.split(">")[0].split("=")[0].strip()
        pin = f"{name}=={importlib.metadata.version(name)}".lower()
        assert any(line.split()[0] == pin for line in lock if line.strip()), pin


OLD_PYTHON = '#!/bin/sh\ncase "$2" in *sys.exit*) exit 1 ;; *) echo 3.9 ;; esac\n'


@pytest.mark.parametrize(
    ("python3", "named", "said"),
    [
        (None, None, "python3 is not there"),
        (OLD_PYTHON, None, "python3 is 3.9"),
        (None, "/nowhere/python3.13", "/nowhere/python3.13 is not there"),
    ],
    ids=["none", "too old", "named one is not there"],
)
def test_set_up_says_in_one_sentence_what_the_machine_lacks(tmp_path, python3, named, said):
    """Without a fit Python the set-up ends with one line that names the lack and the repair, and makes nothing."""
    tree, tools = tmp_path / "tree", tmp_path / "bin"
    shutil.copytree(ROOT / "tools", tree / "tools")
    shutil.copytree(ROOT / "locks", tree / "locks")
    shutil.copy(ROOT / "pyproject.toml", tree)
    tools.mkdir()
    for tool in ("sh", "dirname", "cat", "cksum", "sed", "id"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    if python3 is not None:
        (tools / "python3").write_text(python3)
        (tools / "python3").chmod(0o755)
    environment = {"PATH": str(tools)} | ({"PYTHON": named} if named else {})
    run = subprocess.run(
        ["/bin/sh", str(tree / "tools" / "setup")], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert said in line
    assert "this repairs it: " in line
    assert run.stdout == ""
    assert not (tree / ".venv").exists()
    assert os.listdir(tree / "tools") == ["setup"]
