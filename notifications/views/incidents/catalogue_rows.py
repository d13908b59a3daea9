"""One row of a coming revision: a fact, an event, an advice or a source, written, changed or withdrawn."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ... import seeds
from ...catalogue import GUIDANCE_WORDS, STATUS_WORDS, Fact, proposed_entry
from ...forms.incidents.catalogue import EventForm, FactForm, GuidanceForm, SourceForm
from ...questionnaire import ANY_TIME, Unusable
from ...report.incident_page import ABOUT
from ...services.incidents import catalogue_edits
from .catalogue import as_revision, for_editors, visible_edit

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
def row(request, slug, edit_id, table, place=None):
    """GET: the row as it stands (without `place`: a further one). POST: save it, or `withdraw` it."""
    edit = visible_edit(request, slug, edit_id)
    (name, title), before = TABLES.get(table, ("", "")), {}
    if not name or edit.published_at or edit.dropped_at:
        raise Http404
    if place is not None:
        before = _row_of(edit, name, place)
    if name == "fact" and place is None:
        before = {"key": _asked(request, edit)}
        if not before["key"]:
            return render(request, "incidents/catalogue/question.html", {"edit": edit, "steps": _questions(edit)})
    form = _form(edit, name, before, request.POST if request.method == "POST" else None)
    problems = []
    if request.method == "POST":
        try:
            if _save(request, edit, name, place, form):
                return redirect("catalogue_edit", slug, edit_id)
        except Unusable as error:
            problems = error.problems
    shown = {"edit": edit, "form": form, "place": place, "title": title, "table": table}
    shown |= {"base": request.POST.get("base") or catalogue_edits.fingerprint(edit), "key": before.get("key", "")}
    status = 422 if request.method == "POST" else 200
    return render(request, "incidents/catalogue/row.html", {**shown, "problems": problems}, status=status)


def _row_of(edit, name, place):
    rows = edit.content.get(name, [])
    if place >= len(rows):
        raise Http404
    return rows[place]


def _asked(request, edit):
    """The question that a further fact is about; a statement has a key of its own."""
    key = request.POST.get("key") or request.GET.get("question", "")
    if key.startswith(STATEMENT):
        taken = {each["key"] for each in edit.content.get("fact", [])}
        return next(f"{STATEMENT}-{n}" for n in range(1, len(taken) + 2) if f"{STATEMENT}-{n}" not in taken)
    if key and key not in [question.key for _, questions in _questions(edit) for question in questions]:
        raise Http404
    return key


def _questions(edit):
    """What an incident may answer, by step."""
    form = seeds.questionnaire(edit.content["questionnaire"])
    found = [
        (step, [each for each in form.of_step(step.slug) if not (each.ours or each.practice_only)])
        for step in form.steps
    ]
    return [(step, questions) for step, questions in found if questions]


def _save(request, edit, name, place, form):
    """Was the row written, or withdrawn? Raises Unusable where no revision would come of it."""
    withdrawn = "withdraw" in request.POST and place is not None
    if not (withdrawn or form.is_valid()):
        return False
    row = None if withdrawn else form.row(timezone.localdate()) if name == "fact" else form.row()
    catalogue_edits.change(edit=edit, base=request.POST.get("base", ""), changes=[(name, place, row)])
    messages.success(request, WITHDRAWN if withdrawn else SAVED)
    return True


def _form(edit, name: str, before: Mapping[str, Any], data):
    cited = {"sources": [(each["id"], f"{each['publisher']}, {each['title']}") for each in edit.content["source"]]}
    statuses = [(key, words.capitalize()) for key, words in STATUS_WORDS.items()]
    if name == "source":
        return SourceForm(before, data, taken=[each["id"] for each in edit.content["source"]])
    if name == "event":
        return EventForm(before, data, statuses=statuses, **cited)
    if name == "guidance":
        kinds = [(key, words.capitalize()) for key, words in GUIDANCE_WORDS.items()]
        return GuidanceForm(before, data, kinds=kinds, subjects=list(ABOUT.items()), **cited)
    question, entry = _question(edit, before)
    return FactForm(before, data, question=question, entry=entry, context=ANY_TIME, statuses=statuses, **cited)


def _question(edit, before):
    """(the question that a fact is about, the answer that it proposes)."""
    question = seeds.questionnaire(edit.content["questionnaire"]).get(before["key"])
    revision = as_revision(edit)
    facts = [each for each in revision.facts if _is(each, before)]
    if question is None or not facts:
        return question, None
    return question, proposed_entry(question, facts[0], revision.origin)


def _is(fact: Fact, before: Mapping[str, Any]) -> bool:
    same = fact.key == before["key"] and fact.statement == before.get("statement", "")
    return fact.proposes and same and ("value" in before or "unknown" in before)
