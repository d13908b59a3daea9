"""Starting dossiers from a CSV: the file is read and shown line by line first, then confirmed."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ... import deadlines
from ...files import roster
from ...forms.practices.board import RosterForm
from ...models import IncidentRevision
from ...questionnaire import Unusable
from ...services.incidents import incidents
from ...services.practices import starting, team
from ...services.revisions import INCIDENT_REVISIONS
from ..requests import AccountRequest

CHECKED = "notifications.roster"  # the salt of what was shown and is confirmed
INVITED = "Invitations envoyées : {} sur {}. Envoyez les autres depuis la page du cabinet."
VALID = 2 * 3600  # seconds


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_roster(request: AccountRequest) -> HttpResponse:
    """GET: the form. POST of a file: what would be started. POST of `checked`: it is started, all or nothing."""
    if "checked" in request.POST:
        return _start_dossiers(request)
    form = RosterForm(
        request.POST or None,
        request.FILES or None,
        incidents=[(revision.slug, revision.title) for revision in incidents.load_newest_revisions()],
        zones=[(key, f"Heure {words}") for key, words in deadlines.ZONES.items()],
    )
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("incident", "timezone", "invite")}
        try:
            asked["text"] = roster.decode_roster(form.cleaned_data["file"].read())
            return _show_plan(request, asked)
        except Unusable as error:
            problems = error.problems
    # of each column, the names that are understood as well
    columns = [(first, ", ".join(others)) for first, *others in roster.COLUMNS.values()]
    context = {"form": form, "problems": problems, "columns": columns}
    return render(request, "practices/board/import.html", context, status=422 if problems or form.errors else 200)


def _read_roster(asked: Mapping[str, Any]) -> tuple[roster.Roster, IncidentRevision | None]:
    """Return the roster and the newest revision of the incident. It is read again at each step: the only rules are the
    reader's."""
    stored = INCIDENT_REVISIONS.list_stored(asked["incident"])
    return roster.read_roster(asked["text"], ZoneInfo(asked["timezone"]), timezone.now()), next(iter(stored), None)


def _show_plan(request: AccountRequest, asked: Mapping[str, Any]) -> HttpResponse:
    read, revision = _read_roster(asked)
    plan = starting.plan_dossiers(viewer=request.viewer, lines=read.lines, revision=revision)
    zone, rows = ZoneInfo(asked["timezone"]), []
    for planned in plan:
        line = planned.line
        aware = deadlines.describe_moment(line.aware, zone) if line.aware else ""
        persons = f"{line.persons:,}".replace(",", "\u202f") if line.persons != "" else ""
        rows.append((planned, aware, persons))
    context = {
        "planned": rows,
        "fresh": sum(planned.dossier is None for planned in plan),
        "ignored": read.ignored,
        "invite": asked["invite"],
        "incident": INCIDENT_REVISIONS.as_data(revision).title if revision else "",
        "checked": signing.dumps({**asked, "user": request.user.pk}, salt=CHECKED, compress=True),
    }
    return render(request, "practices/board/check.html", context)


def _start_dossiers(request: AccountRequest) -> HttpResponse:
    user, now = request.user, timezone.now()
    try:
        asked = signing.loads(request.POST["checked"], salt=CHECKED, max_age=VALID)
        if asked["user"] != user.pk:
            raise signing.BadSignature
        read, revision = _read_roster(asked)
        begun = starting.start_dossiers(
            user=user, lines=read.lines, revision=revision, timezone=asked["timezone"], now=now
        )
    except signing.BadSignature:
        messages.error(request, "Cette vérification n'est plus valable : choisissez de nouveau le fichier.")
        return redirect("import_roster")
    except Unusable as error:
        messages.error(request, f"Rien n'a été commencé. {' '.join(error.problems[:3])}")
        return redirect("import_roster")
    new, old = len(begun), len(read.lines) - len(begun)
    started = f"{new} dossier{'s' * (new > 1)} commencé{'s' * (new > 1)}." if new else "Rien à commencer."
    stood = f" {old} {'étaient' if old > 1 else 'était'} déjà là." if old else ""
    messages.success(request, started + stood)
    if asked["invite"]:  # after the commit: a mail that does not leave takes no dossier away
        new_practices = [(each.practice, each.line.email) for each in begun if each.is_new]
        owners = [(practice, email) for practice, email in new_practices if practice and email]
        sent = len(owners) - len(team.invite_owners(found=owners, by=user, now=now))
        messages.info(request, INVITED.format(sent, len(owners)))
    return redirect("board")
