"""Builds and installs what is measured, each part once, into build/bench."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .clients import BENCHES, OFFICIAL

ROOT = BENCHES.parent


class LeftOut(Exception):
    """Why a part cannot be had on this machine."""


def sh(*command, cwd=None, says=False, env=None):
    """Runs a command; its output is shown when it fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )
    except FileNotFoundError as error:
        raise LeftOut(f"{command[0]} is not there") from error
    if done.returncode != 0:
        raise LeftOut(f"{' '.join(map(str, command[:3]))} … failed:\n{done.stdout.strip()[-1500:]}")
    return done.stdout if says else None


def version_of(*command):
    """The version that a program tells."""
    said = sh(*command, says=True)
    found = re.search(r"\d+(\.\d+)+", said)
    if not found:
        raise LeftOut(f"{command[0]} does not tell its version: {said.strip()}")
    return found.group()


def at_least(wanted, *command):
    """The version that a program tells; a part is left out where that is too old."""
    version = version_of(*command)
    if tuple(map(int, version.split("."))) < wanted:
        raise LeftOut(f"{command[0]} is {version}; the SDK needs {'.'.join(map(str, wanted))}")
    return version


def fresh(stamp, *files):
    """The digest of these files, and whether the stamp has it: then what was made of them need not be made again."""
    digest = hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()
    return digest, stamp.exists() and stamp.read_text(encoding="ascii") == digest


# The parts. Each returns what compiled or runs it, where that makes a difference.


def libcopilot(bench):
    """The library as it is released, the C client, the mock and the raw reader."""
    sh(BENCHES / "build", cwd=ROOT)


def official_rust(bench):
    # make sets CC. Were it there, everything would be built anew after each change between make and a run by hand.
    env = {name: value for name, value in os.environ.items() if name != "CC"}
    sh("cargo", "build", "--quiet", "--release", "--locked", "--target-dir", bench / "official-rust",
       cwd=OFFICIAL / "rust", env=env)
    return f"rustc {version_of('rustc', '--version')}"


def go(bench):
    """The Go binding, on the library that the C client has. Go's cache does not see when a header changes; its flags do."""
    version = at_least((1, 24), "go", "version")
    header = hashlib.sha256((ROOT / "include/copilot.h").read_bytes()).hexdigest()
    env = {
        **os.environ,
        "CGO_CFLAGS": f"-O2 -g -I{ROOT}/include -DCOPILOT_HEADER={header[:16]}",
        "CGO_LDFLAGS": f"-O2 -g -L{bench}/lib -lcopilot -Wl,-rpath,{bench}/lib",
    }
    sh("go", "build", "-buildvcs=false", "-tags", "copilot_nopkgconfig", "-o", bench / "go", ".",
       cwd=BENCHES / "go", env=env)
    return f"Go {version}"


def official_go(bench):
    version = at_least((1, 24), "go", "version")
    sh("go", "build", "-buildvcs=false", "-o", bench / "official-go", ".", cwd=OFFICIAL / "go")
    return f"Go {version}"


def official_node(bench):
    version = at_least((20, 19), "node", "--version")
    home, folder = OFFICIAL / "node", bench / "official-node"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = [home / name for name in ("package.json", "package-lock.json", ".npmrc")]
    for file in [*manifest, *home.glob("*.mjs")]:
        shutil.copy(file, folder)
    stamp = folder / "installed"
    digest, done = fresh(stamp, *manifest)
    if not done:
        sh("npm", "install", "--no-progress", cwd=folder)
        stamp.write_text(digest, encoding="ascii")
    return f"Node {version}"


def python(bench):
    """The Python binding as pip installs it, on the interpreter that the official SDK has."""
    library, home = bench / "lib/libcopilot.so", ROOT / "bindings/python"
    made_of = [home / "pyproject.toml", home / "setup.py", *sorted((home / "copilot").rglob("*.py")), library]
    env = {**os.environ, "LIBCOPILOT_LIBRARY": str(library)}
    installed = venv(bench / "python", [home], made_of, newest_python(), env)
    return f"CPython {version_of(installed, '--version')}"


def official_python(bench):
    requirements = OFFICIAL / "python/requirements.txt"
    installed = venv(bench / "official-python", ["-r", requirements], [requirements], newest_python())
    return f"CPython {version_of(installed, '--version')}"


def newest_python():
    """An interpreter that is new enough for the official SDK."""
    found = next((name for name in (sys.executable, "python3") if new_enough(name)), None)
    if found is None:
        raise LeftOut("the official SDK needs Python 3.11")
    return found


def new_enough(python):
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    return shutil.which(python) is not None and subprocess.run([python, "-c", check]).returncode == 0


def venv(folder, packages, made_of, python=sys.executable, env=None):
    """A virtual environment with what pip is told to install, anew when these files change; its interpreter."""
    stamp = folder / "installed"
    digest, done = fresh(stamp, *made_of)
    if not done:
        sh(python, "-m", "venv", "--clear", folder)
        sh(folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages, env=env)
        stamp.write_text(digest, encoding="ascii")
    return folder / "bin/python"


def everything(clients, bench, note):
    """Builds what these clients need. Returns those that can run, and by part what compiled or runs it."""
    made_with = {}
    for part in dict.fromkeys(["libcopilot", *(client.part for client in clients)]):
        note(f"building {part}", passing=True)
        try:
            made_with[part] = globals()[part](bench)
        except LeftOut as reason:
            if part == "libcopilot":
                raise
            note(f"{part.replace('_', '-')} is left out: {reason}")
    return [client for client in clients if client.part in made_with], made_with


def stripped_bytes(library, bench):
    """The size of a shared library without symbols for debuggers."""
    copy = bench / "stripped.so"
    sh("strip", "--strip-unneeded", "-o", copy, library)
    return copy.stat().st_size
