"""Bytes on disk of packages and all that they require, as installed in this environment.

Usage: installed_bytes.py NAME...
"""

import sys
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

seen: set[str] = set()
total = 0
waiting = sys.argv[1:]
while waiting:
    name = canonicalize_name(waiting.pop())
    if name in seen:
        continue
    seen.add(name)
    try:
        found = distribution(name)
    except PackageNotFoundError:
        continue
    # Bytecode is left out: images may or may not hold it.
    files = [path for path in found.files or [] if path.suffix != ".pyc"]
    total += sum(path.locate().stat().st_size for path in files if path.locate().is_file())
    for text in found.requires or []:
        required = Requirement(text)
        if required.marker is None or required.marker.evaluate({"extra": ""}):
            waiting.append(required.name)
print(total)
