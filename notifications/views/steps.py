"""One view for every step of the form, and the review of all of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from .. import deadlines, rubrics
from ..forms.step import StepForm
from ..questionnaire import Context
from ..services import drafts
from .dossiers import BY_DEVICE, visible_draft


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, public_id, slug):
    """The questions of one step. POST saves what is not refused, whatever else the page holds."""
    draft = visible_draft(request, public_id)
    report = rubrics.report(drafts.dossier(draft), timezone.now())
    section = next((each for each in report.sections if each.slug == slug), None)
    if section is None:
        raise Http404
    if request.method == "POST":
        return _save(request, draft, report, section)
    return _page(request, draft, report, section, _form(report, section))


def _form(report, section):
    questions = [row.question for row in section.all_rows]
    return _explained(StepForm(questions, report.dossier.answers, _context(report)), report)


def _context(report):
    return Context(report.dossier.zone, report.now)


def _explained(form, report):
    """What the page says beside each question."""
    dossier = report.dossier
    form.rows = report.by_key
    form.advice = dossier.newest.advice if dossier.newest else {}
    form.suggestions = _suggestions(dossier)
    return form


def _suggestions(dossier):
    """Options that the incident suggests without ticking them, in words."""
    found = {}
    for fact in dossier.newest.facts if dossier.newest else ():
        question = dossier.questionnaire.get(fact.key)
        if fact.suggest and question:
            found[fact.key] = [question.option(key).label for key in fact.suggest]
    return found


def _page(request, draft, report, section, form, *, status=200, base=None):
    slugs = [each.slug for each in report.sections]
    place = slugs.index(section.slug)
    context = {
        "draft": draft,
        "report": report,
        "section": section,
        "form": form,
        "base": draft.version if base is None else base,
        "place": place + 1,
        "previous": report.sections[place - 1] if place else None,
        "next": report.sections[place + 1] if place + 1 < len(slugs) else None,
    }
    return render(request, "notifications/step.html", context, status=status)


def _save(request, draft, report, section):
    """The page says which version it was rendered from and which questions it holds; only these are saved."""
    base, keys = request.POST.get("base", ""), set(request.POST.getlist("keys"))
    if not base.isdecimal() or len(base) > 9:
        return HttpResponseBadRequest()
    questionnaire = report.dossier.questionnaire
    questions = [question for question in questionnaire.of_step(section.slug) if question.key in keys]
    before = drafts.entries_as_of(draft=draft, base=int(base), keys=[question.key for question in questions])
    context = _context(report)
    form = StepForm(questions, before, context, request.POST)
    form.is_valid()
    saved = drafts.save_answers(draft=draft, base=int(base), entries=form.entries(), by=BY_DEVICE, now=report.now)
    if form.errors or saved.conflicts:
        return _again(request, draft, section.slug, form, saved, questions)
    for notice in context.notices:
        messages.info(request, notice)
    return _onward(request, draft, section, saved)


def _again(request, draft, slug, form, saved, questions):
    """The same page with what was typed, what was refused and what changed elsewhere; the rest is saved."""
    draft.refresh_from_db()
    report = rubrics.report(drafts.dossier(draft), timezone.now())
    section = next(each for each in report.sections if each.slug == slug)
    _explained(form, report)
    for question in questions:
        if question.key in saved.conflicts:
            form.conflicts[question.key] = _conflict(report, question, saved.conflicts[question.key])
    return _page(request, draft, report, section, form, status=422)


def _conflict(report, question, conflict):
    zone = report.dossier.zone
    at = conflict["at"]
    return {
        "lines": report.by_key[question.key].lines if question.key in report.by_key else (),
        "by": conflict["by"],
        "at": deadlines.in_words(datetime.fromisoformat(at), zone) if at else "",
    }


def _onward(request, draft, section, saved):
    """To the next step, or back to this one when the answers brought new questions here."""
    held = set(request.POST.getlist("keys"))
    draft.refresh_from_db()
    report = rubrics.report(drafts.dossier(draft), timezone.now())
    section = next(each for each in report.sections if each.slug == section.slug)
    if saved.saved:
        messages.success(request, f"Enregistré à {_hour(draft)}.")
    if any(row.key not in held for row in section.all_rows):
        messages.info(request, "Vos réponses font apparaître d'autres questions sur cette page.")
        return redirect("step", draft.public_id, section.slug)
    if "later" in request.POST:
        return redirect("dossier", draft.public_id)
    slugs = [each.slug for each in report.sections]
    after = slugs[slugs.index(section.slug) + 1 :]
    return redirect("step", draft.public_id, after[0]) if after else redirect("review", draft.public_id)


def _hour(draft):
    local = draft.last_saved_at.astimezone(ZoneInfo(draft.timezone))
    return f"{local.hour} h {local.minute:02d}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request, public_id):
    """Every rubric in the CNIL's order; POST keeps the unread answers of one rubric that may be kept together."""
    draft = visible_draft(request, public_id)
    if request.method == "POST":
        keys = drafts.keepable(draft, request.POST.get("keep", ""))
        drafts.keep(draft=draft, keys=keys, by=BY_DEVICE, now=timezone.now())
        return redirect(f"{request.path}#{request.POST.get('keep', '')}" if keys else request.path)
    report = rubrics.report(drafts.dossier(draft), timezone.now())
    keepable = {section.slug: drafts.keepable(draft, section.slug) for section in report.sections}
    sections = [(section, len(keepable[section.slug])) for section in report.sections]
    return render(request, "notifications/review.html", {"draft": draft, "report": report, "sections": sections})
