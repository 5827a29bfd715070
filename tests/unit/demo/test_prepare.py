"""What `make setup` does without a network: the choice of front-end files, and its sentences."""

from pathlib import Path

import pytest

from demo.prepare import CannotPrepare, browser, copy_frontend, main

ROOT = Path(__file__).parents[3]


def test_only_what_the_pages_need_is_copied(tmp_path: Path) -> None:
    modules, vendor = tmp_path / "node_modules", tmp_path / "vendor"
    fonts = "bootstrap-italia/dist/fonts/Titillium_Web"
    needed = [
        "bootstrap-italia/dist/css/bootstrap-italia.min.css",
        "bootstrap-italia/dist/svg/sprites.svg",
        "bootstrap-italia/LICENSE",
        "htmx.org/dist/htmx.min.js",
        "htmx.org/LICENSE",
        "htmx-ext-sse/dist/sse.min.js",
        f"{fonts}/regular.woff2",
        f"{fonts}/OFL.txt",
    ]
    for name in [*needed, "bootstrap-italia/dist/js/bundle.js", f"{fonts}/regular.ttf", "axe-core/axe.js"]:
        (modules / name).parent.mkdir(parents=True, exist_ok=True)
        (modules / name).write_text(name, encoding="utf-8")
    (vendor / "old").mkdir(parents=True)
    copy_frontend(modules, vendor)
    assert sorted(str(file.relative_to(vendor)) for file in vendor.rglob("*") if file.is_file()) == [
        "bootstrap-italia/LICENSE",
        "bootstrap-italia/css/bootstrap-italia.min.css",
        "bootstrap-italia/fonts/Titillium_Web/OFL.txt",
        "bootstrap-italia/fonts/Titillium_Web/regular.woff2",
        "bootstrap-italia/svg/sprites.svg",
        "htmx/LICENSE",
        "htmx/htmx.min.js",
        "htmx/sse.js",
    ]
    assert not (vendor / "old").exists()


def test_a_missing_package_without_apt_is_one_sentence_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotPrepare, match="'chromium' is missing: install it"):
        browser()
    assert main(["chromium"]) == 1
    assert capsys.readouterr().err.startswith("Sportello: 'chromium' is missing: install it (on Debian: sudo apt-get")


def test_without_the_other_engines_the_tests_go_on_and_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["engines"]) == 0
    missing = "firefox-esr webkit2gtk-driver xvfb"
    assert capsys.readouterr().out == (
        f"Skipping: '{missing}' is missing: install it (on Debian: sudo apt-get install {missing}),"
        " else the widget is not tried in that engine.\n"
    )


@pytest.mark.parametrize("have", ["firefox-esr", "firefox"])
def test_an_engine_that_is_there_is_not_asked_for(
    have: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / have).write_text("#!/bin/sh\n", encoding="ascii")
    (tmp_path / have).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["engines"]) == 0
    assert capsys.readouterr().out.startswith("Skipping: 'webkit2gtk-driver xvfb' is missing")


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt", "package-lock.json"]
)
def test_locks_name_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "sha512-" in text if lock.endswith(".json") else "--hash=sha256:" in text
    assert '"resolved"' not in text
    for word in ("--index-url", "--find-links", "registry", ".whl", ".tar.gz"):
        assert word not in text
