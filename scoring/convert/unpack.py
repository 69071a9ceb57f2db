"""Takes a model folder out of its archive."""

import shutil
import tarfile
from pathlib import Path


def unpack(archive, folder):
    """
    The files of the archive below the folder, and nothing else of it: tarfile's own filters came to Python only with
    3.11.4 and 3.10.12, and systems have older ones.
    """
    root = Path(folder)
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isdir():
                continue
            path = Path(member.name)
            if not member.isfile() or path.is_absolute() or ".." in path.parts:
                raise ValueError(f"{member.name!r} cannot be in a model: it is no file below the folder")
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with tar.extractfile(member) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
    return root
