"""A wheel of this package, for the tests that install it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import copilot

from testbed import ROOT


def library() -> Path:
    """The shared library that is in use."""
    named = os.environ.get("LIBCOPILOT_LIBRARY")
    return Path(named) if named else next(Path(copilot.__file__).parent.glob("_lib/libcopilot.*"))


def wheel_of_this_package(folder: Path) -> Path:
    """Builds one into `folder`, offline, with the library that is in use."""
    env = {**os.environ, "LIBCOPILOT_LIBRARY": str(library())}
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(
        [*command, str(ROOT / "bindings/python")], env=env, check=True, capture_output=True, timeout=120
    )
    (wheel,) = folder.glob("*.whl")
    return wheel
