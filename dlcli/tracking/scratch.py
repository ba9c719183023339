"""Files that were to replace others, and whose processes died before they did."""

from __future__ import annotations

import re
from pathlib import Path

# As `dlcli.tracking.folder.replace_file` names them; a database has more files beside its own.
_NAME = re.compile(r"\..+\.\d+(-wal|-shm|-journal)?")


def clear_scratch(folder: Path) -> None:
    """Remove them from a folder, where no process may be writing one."""
    for path in folder.glob(".*"):
        if _NAME.fullmatch(path.name):
            path.unlink(missing_ok=True)
