"""Static files under names that change with their content, so that browsers may keep them for good."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "static"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_A_WHILE: Final = "public, max-age=300"


class Assets(StaticFiles):
    """Kept for good where the address says which content it means."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            versioned = scope.get("query_string", b"").startswith(b"v=")
            response.headers["Cache-Control"] = _FOR_GOOD if versioned else _A_WHILE
        return response


def asset_paths() -> Mapping[str, str]:
    """The address of every static file by its path in the folder."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            name = path.relative_to(FOLDER).as_posix()
            found[name] = f"/static/{name}?v={sha256(path.read_bytes()).hexdigest()[:12]}"
    return found
