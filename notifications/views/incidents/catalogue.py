"""The catalogue as its editors see it: what is published, what is coming, each row of a coming revision."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import catalogue as files
from ... import seeds
from ...models import Incident, IncidentEdit
from ...questionnaire import Unusable
from ...report import catalogue_diff, incident_page, write_day
from ...services.incidents import catalogue_edits, incidents, revision_files

NO_FILE = "Choisissez un fichier .toml (256 Ko au plus)."
DONE = {
    "propose": "La modification est proposée. Un autre éditeur peut la relire et la publier.",
    "publish": "La nouvelle révision est publiée. Les dossiers ouverts montrent ce qui change pour eux.",
    "rebase": "La modification part de la révision la plus récente. Relisez-la, puis proposez-la de nouveau.",
    "drop": "La modification est abandonnée.",
}


def for_editors(view):
    """To everybody else these pages do not exist."""

    @never_cache
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not catalogue_edits.is_editor(request.viewer):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@for_editors
def catalogue(request):
    """Every incident with its newest revision and what is coming."""
    coming = _open_edits(request)
    known = [
        (each, write_day(each.published_at), sum(edit.incident.slug == each.slug for edit in coming))
        for each in incidents.newest()
    ]
    return render(request, "incidents/catalogue/catalogue.html", {"known": known})


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def incident(request, slug):
    """GET: the revisions of an incident, and the edits under way. POST: begin one, from the newest or from a file."""
    found = get_object_or_404(Incident, slug=slug)
    problems = []
    if request.method == "POST":
        try:
            edit = catalogue_edits.begin(incident=found, file=_sent_file(request))
            return redirect("catalogue_edit", slug, edit.public_id)
        except Unusable as error:
            problems = error.problems
    revisions = incidents.revisions(slug)
    context = {
        "incident": found,
        "revision": revisions[0],
        "changes": incident_page.changes(
            revisions, seeds.questionnaire(revisions[0].questionnaire), catalogue_edits.publishers(slug)
        ),
        "edits": _open_edits(request).filter(incident=found),
        "problems": problems,
    }
    return render(request, "incidents/catalogue/incident.html", context, status=422 if problems else 200)


def _open_edits(request):
    found = IncidentEdit.objects.visible_to(request.viewer).filter(published_at=None, dropped_at=None)
    return found.select_related("incident", "based_on", "proposed_by").order_by("pk")


def _sent_file(request):
    """None where the edit is to begin from what is published."""
    if "from_file" not in request.POST:
        return None
    sent = request.FILES.get("file")
    if sent is None or sent.size > revision_files.SIZE:
        raise Unusable([NO_FILE])
    return sent.read()


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def edit(request, slug, edit_id):
    """GET: what an edit changes, all its rows, and what may be done with it. POST: `propose`, `publish`, `rebase`,
    `drop`."""
    found = visible_edit(request, slug, edit_id)
    if request.method != "POST":
        return _edit_page(request, found)
    act = request.POST.get("act", "")
    try:
        _done(request, found, act)
    except Unusable as error:
        found.refresh_from_db()
        return _edit_page(request, found, problems=error.problems, status=422)
    messages.success(request, DONE[act])
    return redirect("catalogue_incident", slug) if act in ("publish", "drop") else redirect(request.path)


def _done(request, found, act):
    shown, said = {"edit": found, "base": request.POST.get("base", "")}, {"now": timezone.now()}
    if act == "propose":
        catalogue_edits.propose(**shown, **said, summary=request.POST.get("summary", ""), by=request.user)
    elif act == "publish":
        catalogue_edits.publish(**shown, **said, by=request.user)
    elif act == "rebase":
        catalogue_edits.rebase(**shown)
    elif act == "drop":
        catalogue_edits.drop(**shown, **said)
    else:
        raise Http404


def visible_edit(request, slug, edit_id):
    found = IncidentEdit.objects.visible_to(request.viewer).select_related("incident", "based_on", "proposed_by")
    return get_object_or_404(found, incident__slug=slug, public_id=edit_id)


def as_revision(found):
    """An edit as data."""
    content = found.content
    return files.build(content, content["slug"], seeds.questionnaire(content["questionnaire"]))


def _edit_page(request, found, *, problems=(), status=200):
    revision = as_revision(found)
    questionnaire = seeds.questionnaire(revision.questionnaire)
    context = {
        "edit": found,
        "base": catalogue_edits.fingerprint(found),
        "open": not (found.published_at or found.dropped_at),
        "outdated": found.based_on_id != catalogue_edits.newest(found.incident).pk,
        "may_publish": catalogue_edits.may_publish(found, request.user),
        "differences": catalogue_diff.differences(revision, incidents.as_data(found.based_on), questionnaire),
        "tables": catalogue_diff.tables(revision, questionnaire),
        "problems": problems,
        "summary": request.POST.get("summary", found.summary),
    }
    return render(request, "incidents/catalogue/edit.html", context, status=status)
