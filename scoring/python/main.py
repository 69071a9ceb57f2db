"""Starts the scoring server with the packages of the environment beside it and nothing of the machine's.

Run as `pythonX.Y -I -S /opt/server/main.py`. The modules of this folder become the package `scoring_server`, so
that none of their names can shadow, or be shadowed by, what a model brings.
"""

import site
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent


def add_packages() -> None:
    """Takes the environment's site-packages, or this interpreter's own where there is none."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = HERE.parent / "env" / "lib" / version / "site-packages"
    if packages.is_dir():
        site.addsitedir(str(packages))
    elif sys.flags.no_site:
        site.main()


def add_server() -> None:
    # Without -I this folder is importable, and its modules would hide others of their names.
    sys.path[:] = [folder for folder in sys.path if Path(folder or ".").resolve() != HERE]
    package = ModuleType("scoring_server")
    package.__path__ = [str(HERE)]
    sys.modules[package.__name__] = package


if __name__ == "__main__":
    add_packages()
    add_server()
    try:
        from scoring_server.serve import main
    except ImportError as error:
        sys.exit(f"the scoring server could not start: its environment lacks a package ({error})")
    sys.exit(main())
