"""The catalogue as its editors see it: what is published, what is coming, each row of a coming revision."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import seeds
from ...models import Incident, IncidentEdit
from ...questionnaire import Unusable
from ...report import catalogue_diff, incident_page, write_day
from ...services.incidents import catalogue_edits, incidents, revision_files
from ...services.revisions import INCIDENT_REVISIONS
from ..requests import AccountRequest

NO_FILE = "Choisissez un fichier .toml (256 Ko au plus)."
DONE = {
    "propose": "La modification est proposée. Un autre éditeur peut la relire et la publier.",
    "publish": "La nouvelle révision est publiée. Les dossiers ouverts montrent ce qui change pour eux.",
    "rebase": "La modification part de la révision la plus récente. Relisez-la, puis proposez-la de nouveau.",
    "drop": "La modification est abandonnée.",
}


def for_editors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer everybody else as if these pages did not exist."""

    @wraps(view)
    def answer_editors(request: AccountRequest, **arguments: Any) -> HttpResponse:
        if not catalogue_edits.is_editor(request.viewer):
            raise Http404
        return view(request, **arguments)

    return never_cache(answer_editors)


def list_visible_edits(request: AccountRequest) -> QuerySet[IncidentEdit]:
    """Return the edits that this viewer may see, each with its incident and the revision that it was begun from."""
    edits = IncidentEdit.objects.visible_to(request.viewer)
    return edits.select_related("incident", "based_on", "proposed_by").order_by("pk")


@require_safe
@for_editors
def show_catalogue(request: AccountRequest) -> HttpResponse:
    """Every incident with its newest revision and what is coming."""
    coming = [edit.incident.slug for edit in list_visible_edits(request).filter(published_at=None, dropped_at=None)]
    known = [
        (revision, write_day(revision.published_at), coming.count(revision.slug))
        for revision in incidents.load_newest_revisions()
    ]
    return render(request, "incidents/catalogue/catalogue.html", {"known": known})


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def show_incident(request: AccountRequest, slug: str) -> HttpResponse:
    """GET: the revisions of an incident, and the edits under way. POST: begin one, from the newest or from a file."""
    incident = get_object_or_404(Incident, slug=slug)
    problems: Sequence[str] = ()
    if request.method == "POST":
        try:
            content = None
            if "from_file" in request.POST:
                file = request.FILES.get("file")
                if file is None or (file.size or 0) > revision_files.SIZE:
                    raise Unusable([NO_FILE])
                content = file.read()
            edit = catalogue_edits.begin_edit(incident=incident, file=content)
            return redirect("catalogue_edit", slug, edit.public_id)
        except Unusable as error:
            problems = error.problems
    revisions = INCIDENT_REVISIONS.load_all(slug)
    questionnaire = seeds.find_questionnaire(revisions[0].questionnaire)
    context = {
        "incident": incident,
        "revision": revisions[0],
        "changes": incident_page.list_changes(revisions, questionnaire, catalogue_edits.find_publishers(slug)),
        "edits": list_visible_edits(request).filter(incident=incident, published_at=None, dropped_at=None),
        "problems": problems,
    }
    return render(request, "incidents/catalogue/incident.html", context, status=422 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def show_edit(request: AccountRequest, slug: str, edit_id: str) -> HttpResponse:
    """GET: what an edit changes, all its rows, and what may be done with it. POST: `propose`, `publish`, `rebase`,
    `drop`."""
    edit = get_object_or_404(list_visible_edits(request), incident__slug=slug, public_id=edit_id)
    problems: Sequence[str] = ()
    if request.method == "POST":
        act, base, now = request.POST.get("act", ""), request.POST.get("base", ""), timezone.now()
        if act not in DONE:
            raise Http404
        try:
            if act == "propose":
                summary = request.POST.get("summary", "")
                catalogue_edits.propose_edit(edit=edit, base=base, summary=summary, by=request.user, now=now)
            elif act == "publish":
                catalogue_edits.publish_edit(edit=edit, base=base, by=request.user, now=now)
            elif act == "rebase":
                catalogue_edits.rebase_edit(edit=edit, base=base)
            else:
                catalogue_edits.drop_edit(edit=edit, base=base, now=now)
        except Unusable as error:
            edit.refresh_from_db()
            problems = error.problems
        else:
            messages.success(request, DONE[act])
            return redirect("catalogue_incident", slug) if act in ("publish", "drop") else redirect(request.path)
    revision = INCIDENT_REVISIONS.build(edit.content)
    questionnaire = seeds.find_questionnaire(revision.questionnaire)
    before = INCIDENT_REVISIONS.as_data(edit.based_on)
    context = {
        "edit": edit,
        "base": catalogue_edits.digest_edit(edit),
        "open": not (edit.published_at or edit.dropped_at),
        "outdated": edit.based_on_id != catalogue_edits.get_newest(edit.incident).pk,
        "may_publish": catalogue_edits.may_publish(edit, request.user),
        "differences": catalogue_diff.list_row_differences(revision, before, questionnaire),
        "tables": catalogue_diff.list_editable_tables(revision, questionnaire),
        "problems": problems,
        "summary": request.POST.get("summary", edit.summary),
    }
    return render(request, "incidents/catalogue/edit.html", context, status=422 if problems else 200)
