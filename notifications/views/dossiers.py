"""Starting, listing and opening dossiers."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from .. import rubrics
from ..deadlines import ZONES
from ..models import Draft
from ..services import access, accounts, drafts, files, incidents
from ..services.files import Unusable
from .essential import next_screen
from .viewer import open_new, visible_draft


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request, slug=None):
    """GET: before you start. POST: start a dossier, with an incident or without."""
    stored = incidents.stored_revisions(slug) if slug else []
    if slug and not stored:
        raise Http404
    if request.method == "POST":
        return _started(request, stored[0] if stored else None)
    return render(
        request,
        "notifications/start.html",
        {
            "revision": incidents.as_data(stored[0]) if stored else None,
            "form_action": request.path,
            "zones": list(ZONES.items()),
        },
    )


def _started(request, stored):
    zone = request.POST.get("timezone", "")
    now = timezone.now()
    with transaction.atomic():
        draft = drafts.start(
            revision=stored,
            timezone=zone if zone in ZONES else "Europe/Paris",
            by=access.first_author(request.viewer),
            now=now,
        )
        return open_new(request, _first_page(draft, now), draft, now)


def _first_page(draft, now):
    """« L'essentiel » where a known incident fills the rest, every rubric otherwise."""
    report = rubrics.report(drafts.dossier(draft), now)
    if draft.incident_revision:
        return redirect("essential", draft.public_id, rubrics.essential(report)[0].slug)
    return redirect("step", draft.public_id, report.sections[0].slug)


@never_cache
@require_safe
def dossiers(request):
    now = timezone.now()
    found = Draft.objects.visible_to(request.viewer).select_related("incident_revision__incident")
    reports = [(draft, rubrics.report(drafts.dossier(draft), now)) for draft in found.order_by("-created_at")]
    claimable = set(accounts.claimable(request.viewer).values_list("pk", flat=True))
    return render(request, "notifications/dossiers.html", {"reports": reports, "claimable": claimable})


@never_cache
@require_safe
def dossier(request, public_id):
    draft = visible_draft(request, public_id)
    report = rubrics.report(drafts.dossier(draft), timezone.now())
    context = {"draft": draft, "report": report, "next": next_screen(report)}
    return render(request, "notifications/dossier.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_dossier(request):
    """A dossier.json comes back as a new dossier; a file that is refused leaves nothing behind."""
    if request.method != "POST":
        return render(request, "notifications/import.html")
    sent = request.FILES.get("file")
    now = timezone.now()
    try:
        if sent is None:
            raise Unusable(["Choisissez un fichier dossier.json (moins de 1 Mo)."])
        imported = files.read_dossier(sent.read(), revisions_of=_by_origin, now=now)
    except Unusable as error:
        return render(request, "notifications/import.html", {"problems": error.problems}, status=422)
    return _imported(request, imported, now)


def _by_origin(slug):
    return {revision.origin: revision for revision in incidents.revisions(slug)}


def _imported(request, imported, now):
    revision = imported.revision
    stored = (
        next(
            (each for each in incidents.stored_revisions(revision.slug) if each.number == revision.number),
            None,
        )
        if revision
        else None
    )
    with transaction.atomic():
        draft = drafts.start(
            revision=stored,
            questionnaire=imported.questionnaire.name,
            timezone=imported.timezone,
            by=access.first_author(request.viewer),
            now=now,
            answers=imported.answers,
        )
        response = open_new(request, redirect("review", draft.public_id), draft, now)
    messages.success(request, "Le dossier a été repris. Relisez les réponses marquées « à relire ».")
    return response
