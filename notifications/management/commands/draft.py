"""`manage.py draft`: from an incident and a file of answers to a PDF draft and a dossier.json, without a database."""

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand

from notifications import deadlines, rubrics
from notifications.documents import dossier_file, pdf
from notifications.services import drafting
from notifications.services.files import Unusable


class Command(BaseCommand):
    help = "Prépare un brouillon de notification à partir d'un incident et d'un fichier de réponses."
    requires_system_checks = ()  # some of them open the database

    def add_arguments(self, parser):
        parser.add_argument("incident", help="slug, slug@révision, fichier .toml, ou - sans incident")
        parser.add_argument("--answers", required=True, type=Path, metavar="FICHIER")
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
            self._draft(options)
        except Unusable as error:
            self.stderr.write("\n".join(error.problems))
            sys.exit(2)

    def _draft(self, options):
        now, zone = _instant(options["now"]), options["timezone"] and ZoneInfo(options["timezone"])
        if options["pdf"] and options["pdf"] == options["json"]:
            raise Unusable([f"{options['pdf']}: les deux sorties portent le même nom."])
        revision = drafting.find_incident(options["incident"])
        given, zone = drafting.read_answers(options["answers"], revision, zone, now)
        report = rubrics.report(drafting.dossier(revision, given, zone), now)
        outputs = {}
        if options["json"]:
            outputs[options["json"]] = dossier_file.dump(report)
        if options["pdf"]:
            outputs[options["pdf"]] = pdf.draft_pdf(
                report, title=report.organisation, incident_title=report.incident_title
            )
        _write_together(outputs)
        self._say(report)

    def _say(self, report):
        found = drafting.figures(report)
        self.stdout.write(
            f"Prérempli : {found.prefilled} / {found.applicable}, dont {found.sourced} avec une source "
            f"et {found.unknown} « inconnu » motivé(s)."
        )
        for clock in report.clocks:
            duty = clock.obligation
            self.stdout.write(f"Échéance : {duty.key} ({duty.title}) : {_end(clock, report.dossier.zone)}")
        for row in report.missing:
            self.stdout.write(f"Manquant : {row.key} ({row.question.label})")
        for keys, message in report.doubts:
            self.stdout.write(f"À vérifier : {', '.join(keys)} : {message}")


def _end(clock, zone):
    """« samedi 15 novembre 2025 à 18 h 07 (heure de Paris), en cours », or the state alone where there is no hour."""
    state = rubrics.CLOCK_WORDS[clock.state]
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
    """All files or none: written under temporary names first, renamed at the end."""
    staged = []
    try:
        for path, data in outputs.items():
            if path.exists() and not path.is_file():
                raise FileExistsError
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            staged.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
    except OSError:
        for name, _ in staged:
            Path(name).unlink(missing_ok=True)
        raise Unusable([f"{path}: impossible d'écrire ici."]) from None
    umask = os.umask(0)
    os.umask(umask)
    for name, path in staged:
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
