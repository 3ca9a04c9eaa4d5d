"""Builds and installs what is measured, each part once, into build/bench."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .clients import BENCHES, OFFICIAL

ROOT = BENCHES.parent


class LeftOut(Exception):
    """Why a part cannot be had on this machine."""


def sh(*command, cwd=None, says=False):
    """Runs a command; its output is shown when it fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except FileNotFoundError as error:
        raise LeftOut(f"{command[0]} is not there") from error
    if done.returncode != 0:
        raise LeftOut(f"{' '.join(map(str, command[:3]))} … failed:\n{done.stdout.strip()[-1500:]}")
    return done.stdout if says else None


def at_least(command, pattern, wanted):
    """Sees to it that a program has a version, and says which of them is too old otherwise."""
    said = sh(*command, says=True)
    found = re.search(pattern, said)
    version = tuple(int(part) for part in found.group(1).split(".")) if found else ()
    if version < wanted:
        raise LeftOut(f"{command[0]} is {'.'.join(map(str, version)) or 'of no known version'};"
                      f" the SDK needs {'.'.join(map(str, wanted))}")


def fresh(stamp, *files):
    """The digest of these files, and whether the stamp has it: then what was made of them need not be made again."""
    digest = hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()
    return digest, stamp.exists() and stamp.read_text(encoding="ascii") == digest


def libcopilot(bench):
    """The library as it is released, the C client, the mock and the raw reader."""
    sh(BENCHES / "build", cwd=ROOT)


def official_rust(bench):
    sh("cargo", "build", "--quiet", "--release", "--locked", "--target-dir", bench / "official-rust",
       cwd=OFFICIAL / "rust")


def official_go(bench):
    at_least(("go", "version"), r"go(\d+\.\d+)", (1, 24))
    sh("go", "build", "-buildvcs=false", "-o", bench / "official-go", ".", cwd=OFFICIAL / "go")


def official_node(bench):
    at_least(("node", "--version"), r"v(\d+\.\d+)", (20, 19))
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


def official_python(bench):
    python = next((name for name in (sys.executable, "python3") if new_enough(name)), None)
    if python is None:
        raise LeftOut("the SDK needs Python 3.11")
    venv(bench / "official-python", OFFICIAL / "python/requirements.txt", python)


def new_enough(python):
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    return shutil.which(python) is not None and subprocess.run([python, "-c", check]).returncode == 0


def venv(folder, requirements, python=sys.executable):
    """A virtual environment with these packages; its interpreter."""
    stamp = folder / "installed"
    digest, done = fresh(stamp, requirements)
    if not done:
        sh(python, "-m", "venv", "--clear", folder)
        sh(folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
           "-r", requirements)
        stamp.write_text(digest, encoding="ascii")
    return folder / "bin/python"


def everything(clients, bench, note):
    """Builds what these clients need. Returns those that can run."""
    missing = set()
    for part in dict.fromkeys(["libcopilot", *(client.part for client in clients)]):
        note(f"building {part}", passing=True)
        try:
            globals()[part](bench)
        except LeftOut as reason:
            if part == "libcopilot":
                raise
            note(f"{part.replace('_', '-')} is left out: {reason}")
            missing.add(part)
    return [client for client in clients if client.part not in missing]


def stripped_bytes(library, bench):
    """The size of a shared library without symbols for debuggers."""
    copy = bench / "stripped.so"
    sh("strip", "--strip-unneeded", "-o", copy, library)
    return copy.stat().st_size
