"""Where packs lie: the shelf `graph/schema/packs`, or any directory."""

from __future__ import annotations

from pathlib import Path

from core.errors import NotFoundError
from graph.schema.vocabulary import PACK_FILE

PACKS = Path(__file__).parent / "packs"
_SHOWN = "graph/schema/packs"


def pack_names() -> tuple[str, ...]:
    """The packs on the shelf."""
    return tuple(sorted(path.parent.name for path in PACKS.glob(f"*/{PACK_FILE}")))


def locate(pack: str | Path) -> tuple[Path, str]:
    """The directory of a pack and how findings name it. A name on the shelf comes before a directory of that name.

    Raises NotFoundError.
    """
    if isinstance(pack, str) and pack in pack_names():
        return PACKS / pack, f"{_SHOWN}/{pack}"
    directory = Path(pack)
    if directory.is_dir():
        return directory, directory.as_posix()
    hint = "name one of " + ", ".join(pack_names()) + ", or a directory that holds a pack.yml"
    raise NotFoundError(f"there is no schema pack `{pack}`", hint=hint)
