"""The test bed for Python: the real CLIs, a fence around their state, and the scripted model.

What they are is told in tests/testbed/README.md of the repository. ``COPILOT_TEST_CLIS`` names the CLIs, separated by
commas; ``TESTBED_CLIS`` names the folder they are in.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
#: Protocol 2 and protocol 3.
BOTH_GENERATIONS = ("0.0.420", "1.0.102")


@dataclass(frozen=True)
class Cli:
    """An installed CLI."""

    name: str
    version: str
    protocol: int
    path: Path


def _folder() -> Path:
    return Path(os.environ.get("TESTBED_CLIS") or ROOT / "build/clis")


def find_cli(name: str) -> Cli:
    """The CLI with this name; FileNotFoundError says how to install it."""
    known = json.loads((ROOT / "tests/testbed/clis/package.json").read_text())["clis"]
    if name not in known:
        raise FileNotFoundError(f"no CLI is called '{name}'; there are: {', '.join(known)}")
    about = known[name]
    path = _folder() / name / "node_modules" / about["executable"]
    if not path.is_file():
        raise FileNotFoundError(f"no {path}; run: tests/testbed/install-clis {name}")
    return Cli(name, about["version"], about["protocol"], path)


def wanted_clis(default: Iterable[str] = BOTH_GENERATIONS) -> list[str]:
    """The names in ``COPILOT_TEST_CLIS``, or the default ones."""
    named = os.environ.get("COPILOT_TEST_CLIS", "")
    return [name for name in named.split(",") if name] or list(default)


class Fence:
    """A temporary home for one CLI; only the cache, into which a CLI unpacks itself, is shared and kept."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        self.root = Path(tempfile.mkdtemp(prefix="copilot-fence-")).resolve()
        self.cache = (_folder() / cli.name / "cache").resolve()
        (self.cache / "pkg").mkdir(parents=True, exist_ok=True)
        for folder in ("home", "config", "state/.copilot", "copilot", "work", "tmp", "bin"):
            (self.root / folder).mkdir(parents=True)
        for state in ("state/.copilot/pkg", "copilot/pkg"):
            (self.root / state).symlink_to(self.cache / "pkg")
        (self.root / "bin/copilot").symlink_to(cli.path)
        self._warm()

    def _warm(self) -> None:
        """Lets it unpack itself, under a lock: two that do so at once disturb each other."""
        with open(self.cache / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (self.cache / "warm").exists():
                return
            arguments = ["--headless", "--no-auto-update", "--no-auto-login", "--stdio"]
            subprocess.run(
                [str(self.cli.path), *arguments],
                env=self.env(),
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=True,
                timeout=120,
            )
            (self.cache / "warm").touch()

    @property
    def work(self) -> Path:
        """An empty folder to work in."""
        return self.root / "work"

    def env(self, **more: str) -> dict[str, str]:
        """The whole environment of a process that uses the CLI: it is ``copilot`` on PATH, and COPILOT_CLI_PATH."""
        inside = {
            "HOME": "home",
            "XDG_CONFIG_HOME": "config",
            "XDG_STATE_HOME": "state",
            "COPILOT_HOME": "copilot",
            "TMPDIR": "tmp",
        }
        path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
        env = {
            "PATH": f"{self.root / 'bin'}{os.pathsep}{path}",
            "XDG_CACHE_HOME": str(self.cache),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1",
            "COPILOT_CLI_PATH": str(self.cli.path),
        }
        env.update({name: str(self.root / folder) for name, folder in inside.items()})
        kept = ("LIBCOPILOT_LIBRARY", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
        env.update({name: os.environ[name] for name in kept if name in os.environ})
        env.update(more)
        return env

    def remove(self) -> None:
        """Removes it. A CLI that is still going may add a file meanwhile, so it is tried more than once."""
        for _ in range(3):
            shutil.rmtree(self.root, ignore_errors=True)
            if not self.root.exists():
                return


def testbed_program(name: str) -> Path:
    """A program of the test bed; FileNotFoundError says how to build it."""
    targets = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    for folder in (targets / "debug", targets / "release"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"no {name} in {targets}; run: cargo build -p testbed --bins")


class Model:
    """The scripted model, and the hosted API that goes with it, on a port of loopback."""

    TOKEN = "gho_" + "0123456789" * 3 + "abcdef"

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(testbed_program("scripted-model"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().split()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Ends it; it ends with this process too."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as why:
            raise AssertionError(f"{method} {path}: {why.code} {why.read().decode()}") from None

    def script(self, name: str, steps: list[Any]) -> str:
        """Gives ``name`` a script, and returns the URL for a provider. Without one the model says what it was told."""
        url = self._call("PUT", f"/_script/{name}", steps)["baseUrl"]
        assert isinstance(url, str)
        return url

    def base_url(self, name: str) -> str:
        """The URL of ``name`` for a provider."""
        return f"{self.url}/s/{name}/v1"

    def requests(self, name: str) -> list[Any]:
        """The bodies of the model requests so far."""
        bodies = self._call("GET", f"/_requests/{name}")
        assert isinstance(bodies, list)
        return bodies

    def records(self, name: str) -> list[Any]:
        """The requests so far: path, headers, body."""
        records = self._call("GET", f"/_records/{name}")
        assert isinstance(records, list)
        return records

    def wait(self, name: str, count: int, seconds: float = 20) -> list[Any]:
        """The bodies of the model requests, once there are so many."""
        bodies = self._call("GET", f"/_wait/{name}?n={count}&timeout_ms={int(seconds * 1000)}")
        assert isinstance(bodies, list)
        return bodies

    def hosted_env(self, models: Iterable[str], fallback: str | None = None) -> dict[str, str]:
        """The environment by which a CLI takes this server for GitHub's API, with an account that has these models."""
        self._call("PUT", f"/_account/{self.TOKEN}", {"login": "mona", "models": list(models)})
        env = {
            "COPILOT_API_URL": self.url,
            "COPILOT_DEBUG_GITHUB_API_URL": self.url,
            "COPILOT_GITHUB_TOKEN": self.TOKEN,
        }
        return {**env, "COPILOT_MODEL": fallback} if fallback else env


def texts_of(request: Any, role: str) -> list[str]:
    """The texts of the messages of a role in a model request."""

    def text(content: Any) -> str:
        if isinstance(content, str):
            return content
        return "\n".join(part.get("text", "") for part in content or [])

    return [text(message.get("content")) for message in request["messages"] if message["role"] == role]


def tools_of(request: Any) -> dict[str, tuple[str, Any]]:
    """The tools of a model request: description and parameters by name."""
    functions = [tool["function"] for tool in request.get("tools") or []]
    return {each["name"]: (each.get("description", ""), each.get("parameters")) for each in functions}
