"""`manage.py draft`: from an incident and a file of answers to a PDF draft and a dossier.json, or from a roster to both
for every practice on it, without a database."""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand
from django.utils.text import slugify

from notifications import deadlines
from notifications.documents import dossier_file, pdf
from notifications.files import drafting
from notifications.questionnaire import Unusable
from notifications.report import CLOCK_WORDS, build_report


class Command(BaseCommand):
    help = "Prépare un brouillon de notification à partir d'un incident et d'un fichier de réponses."
    requires_system_checks = ()  # some of them open the database

    def add_arguments(self, parser):
        parser.add_argument("incident", help="slug, slug@révision, fichier .toml, ou - sans incident")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--answers", type=Path, metavar="FICHIER")
        source.add_argument("--batch", type=Path, metavar="CSV", help="un cabinet par ligne ; voir docs/roster.md")
        parser.add_argument("--out", type=Path, metavar="DOSSIER", help="où --batch écrit ; créé s'il n'existe pas")
        parser.add_argument("--pdf", type=Path, metavar="SORTIE")
        parser.add_argument("--json", type=Path, metavar="SORTIE")
        parser.add_argument(
            "--timezone",
            choices=deadlines.ZONES,
            metavar="FUSEAU",
            help="sinon celui du dossier.json, ou Europe/Paris",
        )
        parser.add_argument("--now", metavar="ISO", help="instant avec décalage, au lieu de l'heure de la machine")

    def handle(self, *args, **options):
        try:
            _check(options)
            (self._batch if options["batch"] else self._dossier)(options)
        except Unusable as error:
            self.stderr.write("\n".join(error.problems))
            sys.exit(2)

    def _batch(self, options):
        now, zone = _instant(options["now"]), ZoneInfo(options["timezone"] or "Europe/Paris")
        revision = drafting.find_incident(options["incident"])
        lines = drafting.read_roster(options["batch"], zone, now)
        reports = [
            (line, build_report(drafting.build_dossier_data(revision, line.entries, zone), now)) for line in lines
        ]
        _write_together(_made(reports, _folder(options["out"])))
        for line, report in reports:
            self.stdout.write(_told(line, report))

    def _dossier(self, options):
        now, zone = _instant(options["now"]), options["timezone"] and ZoneInfo(options["timezone"])
        revision = drafting.find_incident(options["incident"])
        given, zone = drafting.read_answers(options["answers"], revision, zone, now)
        report = build_report(drafting.build_dossier_data(revision, given, zone), now)
        outputs = {}
        if options["json"]:
            outputs[options["json"]] = dossier_file.dump(report)
        if options["pdf"]:
            outputs[options["pdf"]] = _pdf(report)
        _write_together(outputs.items())
        self._say(report)

    def _say(self, report):
        found = drafting.figures(report)
        self.stdout.write(
            f"Prérempli : {found.prefilled} / {found.applicable}, dont {found.sourced} avec une source "
            f"et {found.unknown} « inconnu » motivé(s)."
        )
        for clock in report.clocks:
            duty = clock.obligation
            self.stdout.write(f"Échéance : {duty.key} ({duty.title}) : {_end(clock, report.data.zone)}")
        for row in report.missing:
            self.stdout.write(f"Manquant : {row.key} ({row.question.label})")
        for keys, message in report.doubts:
            self.stdout.write(f"À vérifier : {', '.join(keys)} : {message}")


def _check(options):
    """Which options go together."""
    if options["pdf"] and options["pdf"] == options["json"]:
        raise Unusable([f"{options['pdf']}: les deux sorties portent le même nom."])
    if bool(options["batch"]) != bool(options["out"]):
        raise Unusable(["--batch et --out vont ensemble."])
    if options["batch"] and (options["pdf"] or options["json"]):
        raise Unusable(["--pdf et --json ne vont pas avec --batch, qui écrit les deux pour chaque cabinet dans --out."])


def _pdf(report):
    return pdf.draft_pdf(report, title=report.organisation, incident_title=report.incident_title)


def _folder(path):
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise Unusable([f"{path}: impossible de créer ce dossier."]) from None
    return path


def _made(reports, folder):
    """(path, bytes) of each file, made one after the other. The number of the line makes a name unique."""
    for line, report in reports:
        place = folder / f"{line.number:04d}-{slugify(line.name)[:60] or 'cabinet'}"
        yield place.with_suffix(".json"), dossier_file.dump(report)
        yield place.with_suffix(".pdf"), _pdf(report)


def _told(line, report):
    """« ligne 2 : Cabinet du Dr Exemple : samedi 15 novembre 2025 à 18 h 07 (heure de Paris), en cours »."""
    notices = "".join(f" {notice}" for notice in line.notices)
    return f"ligne {line.number} : {line.name} : {_end(report.clock, report.data.zone)}.{notices}"


def _end(clock, zone):
    """« samedi 15 novembre 2025 à 18 h 07 (heure de Paris), en cours », or the state alone where there is no hour."""
    state = CLOCK_WORDS[clock.state]
    return f"{deadlines.in_words(clock.due_at, zone)}, {state}" if clock.due_at else state


def _instant(text):
    if text is None:
        return datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        now = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Unusable([f"--now: « {text} » n'est pas un instant ISO 8601."]) from None
    if not 2000 <= now.year < 2100:
        raise Unusable([f"--now: l'année de « {text} » n'est pas plausible."])
    if now.tzinfo is None:
        raise Unusable(["--now: l'instant doit porter son décalage, par exemple 2025-11-13T09:00:00+01:00."])
    return now


def _write_together(outputs):
    """All files, given as (path, bytes), or none: written under temporary names first, renamed at the end."""
    staged = []
    try:
        for path, data in outputs:
            if path.exists() and not path.is_file():
                raise FileExistsError
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            staged.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
    except BaseException as error:  # also the keyboard's: what is staged goes
        for name, _ in staged:
            Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Unusable([f"{path}: impossible d'écrire ici."]) from None
        raise
    umask = os.umask(0)
    os.umask(umask)
    for name, path in staged:
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
