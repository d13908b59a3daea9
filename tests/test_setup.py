"""What is installed is what was locked, and nobody's machine is changed unasked."""

import importlib.util
import re
from types import ModuleType

import pytest

from tests.dossiers import ROOT

LOCKS = ("requirements", "requirements-dev", "requirements-node")


@pytest.fixture
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_script", ROOT / "scripts" / "setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", LOCKS)
def test_what_we_ask_for_is_locked_with_its_hashes(name: str) -> None:
    """`make lock` was run after the last change."""
    asked = re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", (ROOT / f"{name}.in").read_text(), re.M)
    locked = dict(
        re.findall(r"^([\w.-]+)==(\S+)(?: ;.*)? \\\n    --hash=sha256:", (ROOT / f"{name}.txt").read_text(), re.M)
    )
    assert asked
    assert {package.lower(): version for package, version in asked}.items() <= locked.items()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_machine(name: str) -> None:
    lock = (ROOT / f"{name}.txt").read_text()
    assert not re.search(r"://|^--|find-links", lock, re.M)
    packages = re.findall(r"^\w.*", lock, re.M)
    assert all(package.endswith("\\") for package in packages), "a package without a hash"


def test_root_reads_what_will_be_installed_and_why_before_it_is(setup, monkeypatch, capsys) -> None:
    monkeypatch.setattr(setup.os, "geteuid", lambda: 0)
    monkeypatch.setattr(setup.shutil, "which", lambda program: program if program == "apt-get" else None)
    monkeypatch.setattr(setup.subprocess, "run", lambda *_, **__: None)
    read_before = []
    monkeypatch.setattr(setup, "run", lambda *_, **__: read_before.append(capsys.readouterr().out))
    setup.install_system_packages({"qpdf": (("qpdf",), "contrôle des PDF")}, required=True)
    assert "qpdf : contrôle des PDF" in read_before[0]
    assert "apt-get install" in read_before[0]


def test_another_user_is_told_what_to_type_and_nothing_is_installed(setup, monkeypatch) -> None:
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup.shutil, "which", lambda program: None)
    monkeypatch.setattr(setup, "run", lambda *_, **__: pytest.fail("something was run"))
    with pytest.raises(SystemExit, match="sudo apt-get install -y --no-install-recommends qpdf"):
        setup.install_system_packages({"qpdf": (("qpdf",), "contrôle des PDF")}, required=True)
