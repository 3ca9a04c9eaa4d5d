"""Builds the wheel: the package, and the shared library inside it.

The library is built by cargo in the repository around this folder; or LIBCOPILOT_LIBRARY names the file to take.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
NAME = "libcopilot.dylib" if sys.platform == "darwin" else "libcopilot.so"
STRIP = ["strip", "-x"] if sys.platform == "darwin" else ["strip", "--strip-unneeded"]


def version():
    """The version of Cargo.toml; in a source distribution, which has none, its own."""
    for path, pattern in (
        (REPOSITORY / "Cargo.toml", r'^version = "(.+)"'),
        (HERE / "PKG-INFO", r"^Version: (.+)"),
    ):
        found = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE) if path.is_file() else None
        if found:
            return found[1]
    raise SystemExit(
        f"libcopilot: neither {REPOSITORY} has a Cargo.toml nor {HERE} a PKG-INFO to tell the version"
    )


def library():
    """The shared library, built where it is not given."""
    given = os.environ.get("LIBCOPILOT_LIBRARY")
    if given:
        path = Path(given).resolve()
        if not path.is_file():
            raise SystemExit(f"libcopilot: LIBCOPILOT_LIBRARY names {given}, and there is no such file")
        return path
    if not (REPOSITORY / "src/ffi").is_dir():
        raise SystemExit(
            "libcopilot: this is not the repository, so LIBCOPILOT_LIBRARY must name the shared library"
        )
    cargo = shutil.which(os.environ.get("CARGO", "cargo"))
    if cargo is None:
        raise SystemExit(
            "libcopilot: cargo is missing, which builds the shared library (https://rustup.rs). "
            f"Or build {NAME} elsewhere and let LIBCOPILOT_LIBRARY name it."
        )
    # As scripts/release does: for nothing but the shared library, so that it is optimised at link time.
    command = [cargo, "rustc", "--release", "-p", "copilot", "--lib", "--crate-type", "cdylib"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or "target")
    return REPOSITORY / target / "release" / NAME


class BuildPy(build_py):
    """Puts the library beside the modules: into what is built, or into the source when that is installed editably."""

    def run(self):
        super().run()
        base = HERE if getattr(self, "editable_mode", False) else Path(self.build_lib)
        folder = base / "copilot/_lib"
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f".{NAME}.new"
        shutil.copyfile(library(), new)
        if shutil.which(STRIP[0]):
            subprocess.run([*STRIP, str(new)], check=True)
        new.chmod(0o755)
        new.replace(folder / NAME)  # a program that runs with the old one keeps it


class BdistWheel(bdist_wheel):
    """Names the platform, and no version of Python: the library is loaded by ctypes."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class Binary(Distribution):
    """Says that the package is not pure, although nothing of it is compiled here."""

    def has_ext_modules(self):
        return True


setup(version=version(), distclass=Binary, cmdclass={"build_py": BuildPy, "bdist_wheel": BdistWheel})
