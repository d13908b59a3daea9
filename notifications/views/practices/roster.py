"""Starting dossiers from a CSV: the file is read and shown line by line first, then confirmed."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ... import deadlines
from ...files import roster
from ...forms.practices.board import RosterForm
from ...questionnaire import Unusable
from ...services.incidents import incidents
from ...services.practices import starting, team

CHECKED = "notifications.roster"  # the salt of what was shown and is confirmed
VALID = 2 * 3600  # seconds


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_roster(request):
    """GET: the form. POST of a file: what would be started. POST of `checked`: it is started, all or nothing."""
    if "checked" in request.POST:
        return _confirmed(request)
    form = RosterForm(
        request.POST or None,
        request.FILES or None,
        incidents=[(each.slug, each.title) for each in incidents.newest()],
        zones=[(key, f"Heure {words}") for key, words in deadlines.ZONES.items()],
    )
    if request.method != "POST" or not form.is_valid():
        return _form(request, form)
    said = {name: form.cleaned_data[name] for name in ("incident", "timezone", "invite")}
    try:
        said["text"] = roster.decoded(form.cleaned_data["file"].read())
        return _shown(request, said)
    except Unusable as error:
        return _form(request, form, error.problems)


def _form(request, form, problems=()):
    context = {"form": form, "problems": problems, "columns": _columns()}
    status = 422 if problems or form.errors else 200
    return render(request, "practices/board/import.html", context, status=status)


def _columns():
    """(name of a column, the names that are understood as well)"""
    return [(first, ", ".join(others)) for first, *others in roster.COLUMNS.values()]


def _shown(request, said):
    read, revision = _read(said)
    planned = starting.plan(viewer=request.viewer, lines=read.lines, revision=revision)
    zone = ZoneInfo(said["timezone"])
    context = {
        "planned": [(each, *_words(each.line, zone)) for each in planned],
        "fresh": sum(each.dossier is None for each in planned),
        "ignored": read.ignored,
        "invite": said["invite"],
        "incident": incidents.as_data(revision).title if revision else "",
        "checked": signing.dumps({**said, "user": request.viewer.user.pk}, salt=CHECKED, compress=True),
    }
    return render(request, "practices/board/check.html", context)


def _words(line, zone):
    """When a practice learned of the breach, and how many persons are concerned; "" while not given."""
    aware = deadlines.moment_in_words(line.aware, zone) if line.aware else ""
    return aware, f"{line.persons:,}".replace(",", "\u202f") if line.persons != "" else ""


def _read(said):
    """(the roster, the newest revision of the incident). Read again at each step: the only rules are the reader's."""
    stored = incidents.stored_revisions(said["incident"])
    return roster.read(said["text"], ZoneInfo(said["timezone"]), timezone.now()), next(iter(stored), None)


def _confirmed(request):
    user = request.viewer.user
    try:
        said = signing.loads(request.POST["checked"], salt=CHECKED, max_age=VALID)
        if said["user"] != user.pk:
            raise signing.BadSignature
        read, revision = _read(said)
        about = {"revision": revision, "timezone": said["timezone"]}
        begun = starting.begin(user=user, lines=read.lines, **about, now=timezone.now())
    except signing.BadSignature:
        messages.error(request, "Cette vérification n'est plus valable : choisissez de nouveau le fichier.")
        return redirect("import_roster")
    except Unusable as error:
        messages.error(request, f"Rien n'a été commencé. {' '.join(error.problems[:3])}")
        return redirect("import_roster")
    _tell(request, len(begun), len(read.lines) - len(begun))
    if said["invite"]:
        _invite(request, user, begun)
    return redirect("board")


def _tell(request, begun, here):
    started = f"{begun} dossier{'s' * (begun > 1)} commencé{'s' * (begun > 1)}." if begun else "Rien à commencer."
    stood = f" {here} {'étaient' if here > 1 else 'était'} déjà là." if here else ""
    messages.success(request, started + stood)


def _invite(request, user, begun):
    """After the commit: a mail that does not leave takes no dossier away."""
    addressed = [(each.practice, each.line.email) for each in begun if each.is_new and each.line.email]
    sent = len(addressed) - len(team.invite_owners(found=addressed, by=user, now=timezone.now()))
    messages.info(
        request, f"Invitations envoyées : {sent} sur {len(addressed)}. Envoyez les autres depuis la page du cabinet."
    )
