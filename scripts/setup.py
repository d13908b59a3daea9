#!/usr/bin/env python3
"""Prepare a machine: system packages, Python packages, static files, database.

Standard library only: nothing is installed yet. A step whose inputs did not change since its stamp is skipped."""

from __future__ import annotations

import argparse
import ctypes
import glob
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV, NODE_MODULES, VAR = ROOT / ".venv", ROOT / "node_modules", ROOT / "var"
PYTHON = str(VENV / "bin" / "python")

# Debian package: what shows that it is there (any of: a library, a file, a Python module, a command), what it is for.
NEEDED = {
    f"python{sys.version_info[0]}.{sys.version_info[1]}-venv": (("module ensurepip", PYTHON), "environnement Python"),
    "libpango-1.0-0": (("libpango-1.0.so.0",), "PDF"),
    "libpangoft2-1.0-0": (("libpangoft2-1.0.so.0",), "PDF"),
    "libharfbuzz-subset0": (("libharfbuzz-subset.so.0",), "PDF"),
    "fonts-dejavu-core": (("/usr/share/fonts/**/DejaVuSans.ttf",), "signes que la police du site n'a pas"),
}
TOOLS = {
    "chromium-headless-shell": (("chromium-headless-shell", "chromium"), "tests dans un navigateur"),
    "libatomic1": (("libatomic.so.1",), "tests dans un navigateur"),
    "qpdf": (("qpdf",), "contrôle des PDF par qpdf"),
    "poppler-utils": (("pdftotext",), "lecture des PDF par poppler"),
    "default-jre-headless": (("java",), "contrôle du HTML par Nu"),
    "postgresql": (("postgres", "/usr/lib/postgresql/*/bin/postgres"), "tests sur PostgreSQL"),
}

FONT = "@fontsource/atkinson-hyperlegible-next"
FACES = [f"{script}-{face}" for script in ("latin", "latin-ext") for face in ("400-normal", "400-italic", "700-normal")]


def main() -> None:
    parser = argparse.ArgumentParser(description="Prepare a machine.")
    parser.add_argument("--dev", action="store_true", help="packages for tests and checks too")
    parser.add_argument("--tools", action="store_true", help="programs that tests drive too (browser, Java)")
    options = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python meets first
        sys.exit("Breach Assistant : Python 3.11 ou plus récent est nécessaire.")
    os.environ["PATH"] += os.pathsep + str(VENV / "bin")  # last: serves only where the machine has no Node of its own
    install_system_packages(NEEDED, required=True)
    install_python_packages("requirements", options.dev)
    install_static_packages(options.dev)
    copy_to_vendor("font", FONT, [*(f"files/{Path(FONT).name}-{face}.woff2" for face in FACES), "LICENSE"])
    build_style_sheet()
    if options.tools:
        install_system_packages(TOOLS, required=False)
    prepare_application()


def install_system_packages(packages: dict[str, tuple[tuple[str, ...], str]], *, required: bool) -> None:
    """Install what is missing where we may, after saying so; elsewhere say what to type, and stop if it is required."""
    missing = {name: reason for name, (signs, reason) in packages.items() if not any(map(is_there, signs))}
    if not missing or sys.platform != "linux":  # elsewhere the same things have other names
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    reasons = "".join(f"\n  {name} : {reason}" for name, reason in missing.items())
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Paquets système à installer, en tant que root :{reasons}\npar : {' '.join(command)}", flush=True)
        subprocess.run(["apt-get", "update"], capture_output=True)  # an unreachable mirror may be one we do not need
        run("Installation des paquets système", *command, DEBIAN_FRONTEND="noninteractive")
    elif required:
        sys.exit(f"Breach Assistant : il manque des paquets système :{reasons}\nLancez : sudo {' '.join(command)}")
    else:
        print(f"ATTENTION : tests sautés, car il manque :{reasons}\nPour les faire : sudo {' '.join(command)}")


def is_there(sign: str) -> bool:
    if sign.startswith("module "):
        return importlib.util.find_spec(sign.removeprefix("module ")) is not None
    if ".so." in sign:
        try:
            return bool(ctypes.CDLL(sign))
        except OSError:
            return False
    return bool(shutil.which(sign) or next(glob.iglob(sign, recursive=True), None))


def install_python_packages(name: str, dev: bool = False) -> None:
    if not VENV.exists() or subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode:
        print("Création de l'environnement Python (.venv)", flush=True)
        run("Création de l'environnement Python", sys.executable, "-m", "venv", "--clear", str(VENV))
    if dev or (VENV / f"{name}-dev.stamp").exists():  # what was made for development stays so
        name += "-dev"
    pip = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-q", "--require-hashes", "-r", f"{name}.txt")
    run_once(f"Installation des paquets Python ({name})", VENV / f"{name}.stamp", [ROOT / f"{name}.txt"], *pip)


def install_static_packages(dev: bool) -> None:
    if not shutil.which("npm"):
        install_python_packages("requirements-node")
    kind = "dev" if dev or (NODE_MODULES / "dev.stamp").exists() else "plain"
    npm = (
        "npm",
        "ci",
        "--ignore-scripts",
        "--omit=optional",
        *(["--omit=dev"] if kind == "plain" else []),
    )  # no watcher
    run_once("Installation des paquets npm", NODE_MODULES / f"{kind}.stamp", [ROOT / "package-lock.json"], *npm)


def copy_to_vendor(folder: str, package: str, names: list[str]) -> None:
    """Copy only what pages use: collectstatic would compress the whole packages, for twenty seconds."""
    (VAR / "vendor" / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(NODE_MODULES / package / name, VAR / "vendor" / folder / Path(name).name)


def build_style_sheet() -> None:
    copy_to_vendor("bootstrap", "bootstrap", ["LICENSE"])
    run("Feuille de style", sys.executable, "scripts/build_style_sheet.py")


def prepare_application() -> None:
    for command in (["prepare_database"], ["migrate", "--skip-checks"], ["load_seeds"]):
        run(f"manage.py {command[0]}", PYTHON, "manage.py", *command)
    sources = [ROOT / "static", VAR / "vendor", ROOT / "requirements.txt"]  # packages bring static files too
    stamp, collected = VAR / "static.stamp", VAR / "static" / "staticfiles.json"
    if not collected.exists():
        stamp.unlink(missing_ok=True)
    run_once("Préparation des fichiers statiques", stamp, sources, PYTHON, "manage.py", "collectstatic", "--noinput")


def run_once(step: str, stamp: Path, sources: list[Path], *command: str) -> None:
    """Run a command, unless its stamp says that it ran on these very sources with this Python."""
    files = [file for source in sources for file in (sorted(source.rglob("*")) if source.is_dir() else [source])]
    digests = [f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}\n" for file in files if file.is_file()]
    wanted = "".join([sys.version, "\n", *digests])
    if not stamp.is_file() or stamp.read_text() != wanted:
        print(step, flush=True)
        run(step, *command)
        stamp.write_text(wanted)


def run(step: str, *command: str, **environment: str) -> None:
    """Run quietly; where it fails, print the tool's own words, then which step it was, and end."""
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, **both)
    if done.returncode:
        sys.exit(f"{done.stdout}\nBreach Assistant : échec (voir ci-dessus) : {step}")


if __name__ == "__main__":
    main()
