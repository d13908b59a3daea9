"""One row of a coming revision: a fact, an event, an advice or a source, written, changed or withdrawn."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ... import seeds
from ...catalogue import GUIDANCE_WORDS, STATUS_WORDS, propose_entry
from ...forms.incidents.catalogue import EventForm, FactForm, GuidanceForm, SourceForm
from ...models import IncidentEdit
from ...questionnaire import ANY_TIME, Question, Step, Unusable
from ...report.incident_page import ABOUT
from ...services.incidents import catalogue_edits
from ...services.revisions import INCIDENT_REVISIONS
from ..requests import AccountRequest
from .catalogue import for_editors, list_visible_edits

STATEMENT = "constat"  # no question: a fact that only says something
TABLES = {  # by part of the address: the table of the file, the title of the page
    "faits": ("fact", "Un fait"),
    "chronologie": ("event", "Une ligne de la chronologie"),
    "conseils": ("guidance", "Un conseil"),
    "sources": ("source", "Une source"),
}
SAVED, WITHDRAWN = "La ligne est enregistrée dans la modification.", "La ligne est retirée de la modification."


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def edit_row(request: AccountRequest, slug: str, edit_id: str, table: str, place: int | None = None) -> HttpResponse:
    """GET: the row as it stands (without `place`: a further one). POST: save it, or `withdraw` it."""
    edit = get_object_or_404(list_visible_edits(request), incident__slug=slug, public_id=edit_id)
    name, title = TABLES.get(table, ("", ""))
    rows = edit.content.get(name, [])
    if not name or edit.published_at or edit.dropped_at or (place is not None and place >= len(rows)):
        raise Http404
    before = rows[place] if place is not None else {}
    if name == "fact" and place is None:
        steps = _list_questions(edit)
        before = {"key": _choose_key(request, rows, steps)}
        if not before["key"]:
            return render(request, "incidents/catalogue/question.html", {"edit": edit, "steps": steps})
    is_sent = request.method == "POST"
    form = _build_form(edit, name, before, request.POST if is_sent else None)
    problems: Sequence[str] = ()
    withdraw = is_sent and "withdraw" in request.POST and place is not None
    if withdraw or (is_sent and form.is_valid()):
        row = None
        if not withdraw:
            row = form.build_row(timezone.localdate()) if isinstance(form, FactForm) else form.build_row()
        try:
            catalogue_edits.change_rows(edit=edit, base=request.POST.get("base", ""), changes=[(name, place, row)])
        except Unusable as error:
            problems = error.problems
        else:
            messages.success(request, WITHDRAWN if withdraw else SAVED)
            return redirect("catalogue_edit", slug, edit_id)
    context = {
        "edit": edit,
        "form": form,
        "place": place,
        "title": title,
        "table": table,
        "base": request.POST.get("base") or catalogue_edits.digest_edit(edit),
        "key": before.get("key", ""),
        "problems": problems,
    }
    return render(request, "incidents/catalogue/row.html", context, status=422 if is_sent else 200)


def _list_questions(edit: IncidentEdit) -> list[tuple[Step, list[Question]]]:
    """Return what an incident may answer, by step."""
    questionnaire = seeds.find_questionnaire(edit.content["questionnaire"])
    steps = [
        (step, [each for each in questionnaire.of_step(step.slug) if not (each.ours or each.practice_only)])
        for step in questionnaire.steps
    ]
    return [(step, questions) for step, questions in steps if questions]


def _choose_key(
    request: AccountRequest, facts: Sequence[Mapping[str, Any]], steps: Sequence[tuple[Step, list[Question]]]
) -> str:
    """Return the question that a further fact is about, "" where none is chosen; a statement has a key of its own."""
    key = request.POST.get("key") or request.GET.get("question", "")
    if key.startswith(STATEMENT):
        taken = {fact["key"] for fact in facts}
        return next(f"{STATEMENT}-{n}" for n in range(1, len(taken) + 2) if f"{STATEMENT}-{n}" not in taken)
    if key and key not in [question.key for _, questions in steps for question in questions]:
        raise Http404
    return key


def _build_form(
    edit: IncidentEdit, name: str, before: Mapping[str, Any], sent: QueryDict | None
) -> SourceForm | EventForm | GuidanceForm | FactForm:
    known = edit.content["source"]
    sources = [(source["id"], f"{source['publisher']}, {source['title']}") for source in known]
    statuses = [(key, words.capitalize()) for key, words in STATUS_WORDS.items()]
    if name == "source":
        return SourceForm(before, sent, taken=[source["id"] for source in known])
    if name == "event":
        return EventForm(before, sent, statuses=statuses, sources=sources)
    if name == "guidance":
        kinds = [(key, words.capitalize()) for key, words in GUIDANCE_WORDS.items()]
        return GuidanceForm(before, sent, kinds=kinds, subjects=list(ABOUT.items()), sources=sources)
    question = seeds.find_questionnaire(edit.content["questionnaire"]).get(before["key"])
    entry = None  # the answer that the fact proposes
    if question and ("value" in before or "unknown" in before):
        revision = INCIDENT_REVISIONS.build(edit.content)
        same = (before["key"], before.get("statement", ""))
        facts = [fact for fact in revision.facts if fact.proposes and (fact.key, fact.statement) == same]
        entry = propose_entry(question, facts[0], revision.origin) if facts else None
    return FactForm(before, sent, question=question, entry=entry, context=ANY_TIME, statuses=statuses, sources=sources)
