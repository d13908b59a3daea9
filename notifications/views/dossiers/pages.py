"""A page of questions, whichever way it is reached: its form, its save, and what was refused or changed elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from ... import deadlines
from ...forms.dossiers.step import StepForm
from ...questionnaire import Context
from ...report import Report, build_report, list_checkboxes
from ...services.accounts import access
from ...services.dossiers import saving
from ...templatetags import marks


@dataclass
class Outcome:
    """What became of a page that was sent; `report` is of the dossier after the save."""

    form: StepForm
    saved: saving.Saved
    report: Report
    notices: list[str]
    elsewhere: dict[str, dict]  # by key: what somebody else wrote since the page was rendered, shown nowhere on it
    unasked: list[str]  # keys that the page holds and the dossier no longer asks
    asks: bool = False  # does one of the notices ask something on this page?

    @property
    def whole(self):
        """Was nothing refused and nothing in conflict?"""
        return not (self.form.errors or self.saved.conflicts)


def report_of(dossier):
    return build_report(saving.load_dossier_data(dossier), timezone.now())


def form_of(report, rows, optional=()):
    """The form of these rows as the dossier stands. A question that copies another is not asked."""
    questions = [row.question for row in rows if not row.copied]
    form = StepForm(questions, report.data.answers, _context(report), ticks=list_checkboxes(report), optional=optional)
    return _explained(form, report)


def save(request, dossier, report, rows, optional=()):
    """Save the page that was sent. It says which version it was rendered from (`base`) and which questions it holds
    (`keys`, and `held` for those where the person has yet to choose between two versions: they are not saved); only
    those of `rows` are saved, each on its own: what is refused holds nothing else back."""
    base, keys = base_of(request, dossier), set(request.POST.getlist("keys"))
    held = set(request.POST.getlist("held")) - keys
    questions = [row.question for row in rows if row.key in keys]
    shown = [row.key for row in rows if row.key in keys | held]
    before = saving.entries_as_of(dossier=dossier, base=base, keys=shown)
    context = _context(report)
    form = StepForm(questions, before, context, request.POST, ticks=list_checkboxes(report), optional=optional)
    form.is_valid()
    author = access.author(dossier, request.viewer)
    saved = saving.save_answers(dossier=dossier, base=base, entries=form.entries(), by=author, now=report.now)
    _overrule(request, dossier, questions, author, report.now)
    dossier.refresh_from_db()
    after = report_of(dossier)
    _explained(form, after)
    form.conflicts = {key: _conflict(after, key, found, author) for key, found in saved.conflicts.items()}
    if form.errors or form.conflicts:
        form.stored = form_of(after, [after.by_key[key] for key in form.fields if key in after.by_key], optional)
    moved = _moved(dossier, before, set(saved.saved) | set(saved.conflicts))
    elsewhere = {key: _conflict(after, key, found, author) for key, found in moved.items()}
    unasked = [
        key
        for key in saving.load_dossier_data(dossier).questionnaire.questions
        if key in keys and key not in after.by_key
    ]
    return Outcome(form, saved, after, context.notices, elsewhere, unasked, context.asks)


def base_of(request, dossier):
    """The version that the page was rendered from."""
    base = request.POST.get("base", "")
    if not base.isdecimal() or len(base) > 9 or int(base) > dossier.version:
        raise SuspiciousOperation("a page without its version")
    return int(base)


def _moved(dossier, before, told):
    """Answers that somebody else changed since the page was rendered, apart from those told of already. A page goes on
    from the version after its save: what it does not know of by then, it would overwrite unseen."""
    keys = [key for key in before if key not in told and saving.bare(dossier.answers.get(key)) != before[key]]
    return {key: saving.last_change(dossier, key) for key in keys}


def _overrule(request, dossier, questions, author, now):
    """« Ce n'est pas une donnée de patient »: each box says of which text, the one that the warning was about."""
    for question in questions:
        if seen := request.POST.get(f"{question.key}-not_patient"):
            saving.overrule(dossier=dossier, key=question.key, seen=seen, by=author, now=now)


def _context(report):
    return Context(report.data.zone, report.now)


def _explained(form, report):
    """What the page says beside each question."""
    dossier_data = report.data
    form.rows = report.by_key
    form.advice = dossier_data.newest.advice if dossier_data.newest else {}
    form.union_advice = _union_advice(dossier_data.newest_template)
    form.suggestions = _suggestions(dossier_data)
    return form


def _union_advice(template):
    """Who advises what, by key; nothing without a template."""
    return {key: (template.organisation, text) for key, text in template.advice.items()} if template else {}


def _suggestions(dossier_data):
    """Options that the incident suggests without ticking them, in words."""
    found = {}
    for fact in dossier_data.newest.facts if dossier_data.newest else ():
        question = dossier_data.questionnaire.get(fact.key)
        if fact.suggest and question:
            found[fact.key] = [question.option(key).label for key in fact.suggest]
    return found


def _conflict(report, key, found, author):
    at = found["at"]
    return {
        "lines": report.by_key[key].lines if key in report.by_key else (),
        "by": access.author_words(found["by"], author),
        "at": deadlines.in_words(datetime.fromisoformat(at), report.data.zone) if at else "",
    }


def wants_json(request):
    """Did autosave ask, rather than a person who sent the page?"""
    return request.headers.get("Accept") == "application/json"


def reply(dossier, outcome):
    """What autosave is told (version, saved_at, saved, refused, conflicts), and the pieces of the page that
    follow from the answers: what stands beside each question, and the deadline."""
    form, saved = outcome.form, outcome.saved
    beside = {key: render_to_string("forms/_beside.html", {"row": form.rows.get(key)}) for key in form.fields}
    beside |= {key: render_to_string("forms/_unasked.html") for key in outcome.unasked}
    conflicts = {key: found | {"html": _box(key, form.conflicts[key])} for key, found in saved.conflicts.items()}
    errors = {key: marks.errors(key, found) for key, found in form.errors.items()}
    return JsonResponse(
        {
            "version": saved.version,
            "saved_at": saved.saved_at.isoformat() if saved.saved_at else None,
            "saved_words": hour_of(dossier),
            "saved": saved.saved,
            "refused": {key: " ".join(errors) for key, errors in form.errors.items()},
            "errors": errors,
            "conflicts": conflicts,
            "elsewhere": {key: _box(key, found) for key, found in outcome.elsewhere.items()},
            "beside": beside,
            "deadline": render_to_string("dossiers/_deadline.html", {"report": outcome.report}),
        }
    )


def _box(key, conflict):
    return render_to_string("forms/_conflict.html", {"key": key, "conflict": conflict})


def hour_of(dossier):
    """« 14 h 32 », the hour of the last save in the dossier's zone; "" before the first."""
    if not dossier.last_saved_at:
        return ""
    local = dossier.last_saved_at.astimezone(ZoneInfo(dossier.timezone))
    return f"{local.hour} h {local.minute:02d}"


def tell(request, dossier, outcome, rows):
    """Messages after a page that was saved whole. Returns whether it should be shown again: its answers brought new
    questions, or what was just written raises a doubt that the person has not seen."""
    for notice in outcome.notices:
        messages.info(request, notice)
    if outcome.asks:
        return True
    if not (outcome.saved.saved or "autosaved" in request.POST):  # by the page, before it was sent
        return False
    messages.success(request, f"Enregistré à {hour_of(dossier)}.")
    held = {*outcome.form.fields, *request.POST.getlist("held")}
    if any(row.key not in held and not row.copied for row in rows):
        messages.info(request, "Vos réponses font apparaître d'autres questions sur cette page.")
        return True
    if any(row.warnings for row in rows):
        messages.warning(
            request,
            "Un texte de cette page semble contenir une donnée de patient. "
            "Retirez-la, ou cochez « Ce n'est pas une donnée de patient » sous ce texte.",
        )
        return True
    if any(row.doubts for row in rows):
        messages.warning(request, "Un point est à vérifier sur cette page. Si c'est bien cela, continuez.")
        return True
    return False
