"""A page of questions, whichever way it is reached: its form, its save, and what was refused or changed elsewhere."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from ... import deadlines
from ...forms.dossiers.step import StepForm
from ...models import Dossier
from ...questionnaire import Checkbox, Context, Question
from ...report import Report, Row, build_report, list_checkboxes
from ...services.accounts import access
from ...services.dossiers import loading, saving
from ...templatetags import marks
from ..requests import ViewerRequest

NEW_QUESTIONS = "Vos réponses font apparaître d'autres questions sur cette page."
PATIENT_DATA = (
    "Un texte de cette page semble contenir une donnée de patient. "
    "Retirez-la, ou cochez « Ce n'est pas une donnée de patient » sous ce texte."
)
DOUBT = "Un point est à vérifier sur cette page. Si c'est bien cela, continuez."


@dataclass(frozen=True)
class Outcome:
    """What became of a page that was sent; `report` is of the dossier after the save."""

    form: StepForm
    saved: saving.Saved
    report: Report
    context: Context  # with the notices of what was read in another way than it was typed
    elsewhere: Mapping[str, dict[str, Any]]  # by key: what somebody else wrote since, shown nowhere on the page
    unasked: Sequence[str]  # keys that the page holds and the dossier no longer asks

    @property
    def is_refused(self) -> bool:
        """Was something refused, or in conflict with what somebody else wrote?"""
        return bool(self.form.errors or self.saved.conflicts)


def build_page_report(dossier: Dossier) -> Report:
    return build_report(loading.load_dossier_data(dossier), timezone.now())


def build_form_report(dossier: Dossier) -> Report:
    """Return what a page of questions needs to know; who read the dossier is told elsewhere."""
    return build_report(loading.load_dossier_data(dossier, with_reviews=False), timezone.now())


def build_form(report: Report, rows: Iterable[Row], optional: Collection[str] = ()) -> StepForm:
    """Return the form of these rows as the dossier stands. A question that another one answers is not asked."""
    questions = [row.question for row in rows if not row.answered_elsewhere]
    checkboxes, context = _find_checkboxes(report, questions), Context(report.data.zone, report.now)
    form = StepForm(questions, report.data.answers, context, checkboxes=checkboxes, optional=optional)
    form.explain(**_explain(report))
    return form


def save_page(
    request: ViewerRequest, dossier: Dossier, report: Report, rows: Sequence[Row], optional: Collection[str] = ()
) -> Outcome:
    """Save the page that was sent. It says which version it was rendered from (`base`) and which questions it holds
    (`keys`, and `held` for those where the person has yet to choose between two versions: they are not saved); only
    those of `rows` are saved, each on its own: what is refused holds nothing else back."""
    base, author = read_version(request, dossier), access.author(dossier, request.viewer)
    keys = set(request.POST.getlist("keys"))
    held = set(request.POST.getlist("held")) - keys
    questions = [row.question for row in rows if row.key in keys]
    shown = [row.key for row in rows if row.key in keys | held]
    before = saving.entries_as_of(dossier=dossier, base=base, keys=shown)
    checkboxes, context = _find_checkboxes(report, questions), Context(report.data.zone, report.now)
    form = StepForm(questions, before, context, request.POST, checkboxes=checkboxes, optional=optional)
    saved = saving.save_answers(dossier=dossier, base=base, entries=form.entries(), by=author, now=report.now)
    for question in questions:
        # « Ce n'est pas une donnée de patient »: each box says of which text, the one that the warning was about
        if seen := request.POST.get(f"{question.key}-not_patient"):
            saving.overrule_warning(dossier=dossier, key=question.key, seen=seen, by=author, now=report.now)
            saved.dossier.refresh_from_db()
    after = build_report(loading.update_data(report.data, saved.dossier), timezone.now())
    conflicts = {key: _describe_conflict(after, key, change, author) for key, change in saved.conflicts.items()}
    if is_autosave(request):  # all else stands on the page already
        form.explain(rows=after.by_key, conflicts=conflicts)
    else:
        asked = [after.by_key[key] for key in form.fields if key in after.by_key]
        stored = build_form(after, asked, optional) if form.errors or conflicts else None
        form.explain(**_explain(after), conflicts=conflicts, stored=stored)
    # A page goes on from the version after its save: what somebody else wrote since it was rendered, and it does not
    # know of by then, it would overwrite unseen.
    elsewhere = {
        key: _describe_conflict(after, key, saving.find_last_change(saved.dossier, key), author)
        for key, entry in before.items()
        if key not in {*saved.saved, *saved.conflicts}
        and loading.strip_version(saved.dossier.answers.get(key)) != entry
    }
    unasked = [key for key in report.data.questionnaire.questions if key in keys and key not in after.by_key]
    return Outcome(form, saved, after, context, elsewhere, unasked)


def read_version(request: ViewerRequest, dossier: Dossier, name: str = "base") -> int:
    """Return the version that the page was rendered from."""
    version = request.POST.get(name, "")
    if not version.isdecimal() or len(version) > 9 or int(version) > dossier.version:
        raise SuspiciousOperation("a page without its version")
    return int(version)


def _find_checkboxes(report: Report, questions: Iterable[Question]) -> dict[str, tuple[Checkbox, ...]]:
    """Return the boxes that fit what is recorded, by question; most pages have none."""
    occasions = report.data.newest.occasions if report.data.newest else ()
    with_boxes = {occasion.question for occasion in occasions}
    boxed = any(question.ticks or question.key in with_boxes for question in questions)
    return list_checkboxes(report) if boxed else {}


def _explain(report: Report) -> dict[str, Any]:
    """Return what a page says beside each question, by key: also options that the incident suggests unticked."""
    newest, template = report.data.newest, report.data.newest_template
    suggestions = {}
    for fact in newest.facts if newest else ():
        question = report.data.questionnaire.get(fact.key)
        if fact.suggest and question:
            suggestions[fact.key] = [option.label for key in fact.suggest if (option := question.option(key))]
    return {
        "rows": report.by_key,
        "advice": newest.advice if newest else {},
        "union_advice": {key: (template.organisation, text) for key, text in template.advice.items()}
        if template
        else {},
        "suggestions": suggestions,
    }


def _describe_conflict(report: Report, key: str, change: Mapping[str, str], author: str) -> dict[str, Any]:
    at = change["at"]
    return {
        "lines": report.by_key[key].lines if key in report.by_key else (),
        "by": access.author_words(change["by"], author),
        "at": deadlines.describe_instant(datetime.fromisoformat(at), report.data.zone) if at else "",
    }


def is_autosave(request: ViewerRequest) -> bool:
    """Did the script send the page, rather than a person?"""
    return request.method == "POST" and request.headers.get("Accept") == "application/json"


def reply(outcome: Outcome) -> JsonResponse:
    """Tell autosave what was done (version, saved_at, saved, refused, conflicts), and give it the pieces of the page
    that follow from the answers: what stands beside each question, and the deadline."""
    form, saved = outcome.form, outcome.saved
    beside = {key: render_to_string("forms/_beside.html", {"row": form.rows.get(key)}) for key in form.fields}
    beside |= {key: render_to_string("forms/_unasked.html") for key in outcome.unasked}
    boxes = {
        key: render_to_string("forms/_conflict.html", {"key": key, "conflict": conflict})
        for key, conflict in {**form.conflicts, **outcome.elsewhere}.items()
    }
    errors = {key: marks.errors(key, faults) for key, faults in form.errors.items()}
    return JsonResponse(
        {
            "version": saved.version,
            "saved_at": saved.saved_at.isoformat() if saved.saved_at else None,
            "saved_words": write_hour(saved.dossier),
            "saved": saved.saved,
            "refused": {key: " ".join(map(str, faults)) for key, faults in form.errors.items()},
            "errors": errors,
            "conflicts": {key: {**change, "html": boxes[key]} for key, change in saved.conflicts.items()},
            "elsewhere": {key: boxes[key] for key in outcome.elsewhere},
            "beside": beside,
            "deadline": render_to_string("dossiers/_deadline.html", {"report": outcome.report}),
        }
    )


def write_hour(dossier: Dossier) -> str:
    """Return « 14 h 32 », the hour of the last save in the dossier's zone; "" before the first."""
    if not dossier.last_saved_at:
        return ""
    local = dossier.last_saved_at.astimezone(dossier.zone)
    return f"{local.hour} h {local.minute:02d}"


def announce(request: ViewerRequest, outcome: Outcome, rows: Iterable[Row]) -> bool:
    """Add the messages after a page that was saved whole. Returns whether it has something new to show: its answers
    brought new questions, or what was just written raises a doubt that the person has not seen."""
    for notice in outcome.context.notices:
        messages.info(request, notice)
    if outcome.context.asks:
        return True
    if not (outcome.saved.saved or "autosaved" in request.POST):  # by the page, before it was sent
        return False
    messages.success(request, f"Enregistré à {write_hour(outcome.saved.dossier)}.")
    held = {*outcome.form.fields, *request.POST.getlist("held")}
    if any(row.key not in held and not row.answered_elsewhere for row in rows):
        messages.info(request, NEW_QUESTIONS)
    elif any(row.warnings for row in rows):
        messages.warning(request, PATIENT_DATA)
    elif any(row.doubts for row in rows):
        messages.warning(request, DOUBT)
    else:
        return False
    return True
