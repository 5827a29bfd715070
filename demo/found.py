"""Which programs this machine has. Standard library only: `demo.prepare` asks before anything is installed."""

import os
import shutil
import subprocess
from pathlib import Path

# The plain program first: Debian's /usr/sbin/rabbitmq-server goes through `su` and one fixed data folder.
_RABBITMQ = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/local/opt/rabbitmq/sbin")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def rabbitmq_folder() -> Path | None:
    """Where the machine's `rabbitmq-server` and `rabbitmqctl` are; None when RabbitMQ isn't installed."""
    on_path = shutil.which("rabbitmq-server")
    places = [Path(place) for place in _RABBITMQ] + ([Path(on_path).resolve().parent] if on_path else [])
    return next((place for place in places if (place / "rabbitmq-server").exists() and epmd()), None)


def epmd() -> str | None:
    """Erlang's name server, without which no RabbitMQ node starts."""
    bundled = [str(path) for path in sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))]
    return shutil.which("epmd") or next(iter(bundled), None)


def mongod() -> str | None:
    """The machine's MongoDB server."""
    return shutil.which("mongod")


def chromium() -> str | None:
    """The machine's Chromium, for the browser tests."""
    return next((path for name in _CHROMIUM if (path := shutil.which(name))), None)


def firefox() -> str | None:
    """The machine's Firefox, as an engine of its own."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def webkit() -> str | None:
    """The driver of WebKitGTK, the engine of Safari and of each browser on an iPhone; None when it, its browser or a
    display for it is missing."""
    shown = os.environ.get("DISPLAY") or shutil.which("Xvfb")
    return shutil.which("WebKitWebDriver") if mini_browsers() and shown else None


def mini_browsers() -> list[Path]:
    """WebKitGTK's small browsers, the newest last."""
    return sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))


def docker_engine() -> bool:
    """Whether a Docker engine answers; the client alone is not enough."""
    if not shutil.which("docker"):
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
