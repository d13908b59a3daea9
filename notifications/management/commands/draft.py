"""`manage.py draft`: from an incident and a file of answers to a PDF draft and a dossier.json, or from a roster to both
for every practice on it, without a database."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandParser
from django.utils.text import slugify

from notifications import deadlines
from notifications.catalogue import Revision
from notifications.documents import dossier_file, pdf
from notifications.files import drafting
from notifications.obligations import Deadline
from notifications.questionnaire import Unusable
from notifications.report import CLOCK_WORDS, Report, build_report

PDF_WITH_BATCH = "--pdf et --json ne vont pas avec --batch, qui écrit les deux pour chaque cabinet dans --out."


class Command(BaseCommand):
    help = "Prépare un brouillon de notification à partir d'un incident et d'un fichier de réponses."
    requires_system_checks = ()  # some of them open the database

    def add_arguments(self, parser: CommandParser) -> None:
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

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["pdf"] and options["pdf"] == options["json"]:
                raise Unusable([f"{options['pdf']}: les deux sorties portent le même nom."])
            if bool(options["batch"]) != bool(options["out"]):
                raise Unusable(["--batch et --out vont ensemble."])
            if options["batch"] and (options["pdf"] or options["json"]):
                raise Unusable([PDF_WITH_BATCH])
            now, zone = _read_instant(options["now"]), options["timezone"] and ZoneInfo(options["timezone"])
            revision = drafting.find_incident(options["incident"])
            if options["batch"]:
                self._draft_batch(options, revision, zone or ZoneInfo("Europe/Paris"), now)
            else:
                self._draft_one(options, revision, zone, now)
        except Unusable as error:
            self.stderr.write("\n".join(error.problems))
            sys.exit(2)

    def _draft_batch(self, options: dict[str, Any], revision: Revision | None, zone: ZoneInfo, now: datetime) -> None:
        lines, folder = drafting.read_roster(options["batch"], zone, now), options["out"]
        reports = [
            (line, build_report(drafting.build_dossier_data(revision, line.entries, zone), now)) for line in lines
        ]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise Unusable([f"{folder}: impossible de créer ce dossier."]) from None

        def make_files() -> Iterator[tuple[Path, bytes]]:
            for line, report in reports:
                # the number of the line makes a name unique
                place = folder / f"{line.number:04d}-{slugify(line.name)[:60] or 'cabinet'}"
                yield place.with_suffix(".json"), dossier_file.dump(report)
                yield place.with_suffix(".pdf"), _make_pdf(report)

        _write_together(make_files())
        for line, report in reports:
            # « ligne 2 : Cabinet du Dr Exemple : samedi 15 novembre 2025 à 18 h 07 (heure de Paris), en cours. »
            notices = "".join(f" {notice}" for notice in line.notices)
            end = _describe_end(report.clock, report.data.zone)
            self.stdout.write(f"ligne {line.number} : {line.name} : {end}.{notices}")

    def _draft_one(
        self, options: dict[str, Any], revision: Revision | None, zone: ZoneInfo | None, now: datetime
    ) -> None:
        given, zone = drafting.read_answers(options["answers"], revision, zone, now)
        report = build_report(drafting.build_dossier_data(revision, given, zone), now)
        outputs = {}
        if options["json"]:
            outputs[options["json"]] = dossier_file.dump(report)
        if options["pdf"]:
            outputs[options["pdf"]] = _make_pdf(report)
        _write_together(outputs.items())
        figures = drafting.count_prefilled(report)
        self.stdout.write(
            f"Prérempli : {figures.prefilled} / {figures.applicable}, dont {figures.sourced} avec une source "
            f"et {figures.unknown} « inconnu » motivé(s)."
        )
        for clock in report.clocks:
            duty = clock.obligation
            self.stdout.write(f"Échéance : {duty.key} ({duty.title}) : {_describe_end(clock, report.data.zone)}")
        for row in report.missing:
            self.stdout.write(f"Manquant : {row.key} ({row.question.label})")
        for keys, message in report.doubts:
            self.stdout.write(f"À vérifier : {', '.join(keys)} : {message}")


def _make_pdf(report: Report) -> bytes:
    return pdf.draft_pdf(report, title=report.organisation, incident_title=report.incident_title)


def _describe_end(clock: Deadline, zone: ZoneInfo) -> str:
    """Return « samedi 15 novembre 2025 à 18 h 07 (heure de Paris), en cours », or the state alone where there is no
    hour."""
    state = CLOCK_WORDS[clock.state]
    return f"{deadlines.describe_instant(clock.due_at, zone)}, {state}" if clock.due_at else state


def _read_instant(text: str | None) -> datetime:
    """Return the instant of --now; without it, the minute that the machine's clock shows. Raises Unusable."""
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


def _write_together(outputs: Iterable[tuple[Path, bytes]]) -> None:
    """Write all files, given as (path, bytes), or none: under temporary names first, renamed at the end."""
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
