"""How this program is called in commands that it shows for pasting."""

import shlex
import shutil
import sys
from pathlib import Path


def program() -> str:
    """Plain where the shell finds it, else with its whole path: `make demo` runs it from a folder off the PATH."""
    return "tocsin" if shutil.which("tocsin") else shlex.quote(str(Path(sys.argv[0]).resolve()))
