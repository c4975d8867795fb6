"""Whether the files of a workspace have changed on disk, seen by looking at them now and then.

Looking costs microseconds for some dozens of files, and sees what notifications of the kernel do not: changes on
network drives, in containers' mounts and behind swapped symbolic links (Kubernetes). Editors write a file in several
steps, or write another one and rename it, so that a change counts once the files lie still.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

LOOK_EVERY: Final = 1.0  # seconds
STILL_FOR: Final = 0.3  # between two looks that see the same
_SUFFIXES: Final = (".yaml", ".yml", ".json")

_Stamp = tuple[str, int, int, int]


class Watcher:
    """Begins with the files as they are now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps = self._look()
        self._digest = self._read()
        self._restless = False

    @property
    def next_look(self) -> float:
        """Seconds until it is to look again."""
        return STILL_FOR if self._restless else LOOK_EVERY

    def look(self) -> bool:
        """Whether the files lie still, with other content than when this last was true (or `settle` was called)."""
        stamps = self._look()
        if stamps != self._stamps:
            self._stamps, self._restless = stamps, True
            return False
        if not self._restless:
            return False
        self._restless = False
        return self.settle()

    def settle(self) -> bool:
        """The files are being read as they are now; whether they have other content than the last time."""
        before, self._digest = self._digest, self._read()
        return self._digest != before

    def try_again(self) -> None:
        """They could not be taken up: the next looks say once more that they have changed."""
        self._digest, self._restless = b"", True

    def _look(self) -> tuple[_Stamp, ...]:
        return tuple(_stamps(self._folder))

    def _read(self) -> bytes:
        digest = sha256()
        for path in _files(self._folder):
            try:
                content = path.read_bytes()
            except OSError:
                continue
            digest.update(f"{path.name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.digest()


def _files(folder: Path) -> Iterator[Path]:
    for inside in (folder, folder / "rules"):
        if inside.is_dir():
            yield from sorted(path for path in inside.iterdir() if path.suffix in _SUFFIXES)


def _stamps(folder: Path) -> Iterator[_Stamp]:
    for path in _files(folder):
        try:
            found = path.stat()
        except OSError:  # renamed just now
            continue
        yield (str(path), found.st_mtime_ns, found.st_size, found.st_ino)
