"""Where editors write a template: their organisation, the roles it accepts, and the guide step by step."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import prefill, seeds
from ...deadlines import PARIS, describe_instant
from ...documents import chart, qr
from ...forms.shared_templates.template import CoverForm, TemplateStepForm
from ...models import Incident, Organisation, SharedTemplate
from ...questionnaire import ANY_TIME, Questionnaire, Refused
from ...report import list_value_lines, template_page
from ...services.dossiers import counts
from ...services.incidents import incidents
from ...services.revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS
from ...services.shared_templates import editing, unions
from ..requests import AccountRequest
from .templates import get_address

SAVED = "Enregistré. Rien n'est publié tant que vous ne publiez pas une révision."
CHANGED = (
    "Quelqu'un d'autre a changé ceci pendant que cette page était ouverte{when}. "
    "Votre version est restée dans le champ : enregistrez de nouveau pour la garder."
)
COUNTED = {"begun": "Commencés", "finished": "Terminés", "on_time": "Déposés à temps", "late": "Déposés en retard"}


def get_editable(request: AccountRequest, slug: str) -> SharedTemplate:
    """Return a template of an organisation that the viewer edits for; anything else does not exist."""
    editable = SharedTemplate.objects.edited_by(request.viewer).select_related("organisation", "incident")
    return get_object_or_404(editable, slug=slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def manage_organisations(request: AccountRequest) -> HttpResponse:
    """GET: the templates of my organisations. POST: begin one, from an incident of the catalogue or without."""
    mine = Organisation.objects.visible_to(request.viewer).order_by("name")
    if not mine:
        raise Http404
    if request.method == "POST":
        organisation = get_object_or_404(mine, slug=request.POST.get("organisation", ""))
        slug = request.POST.get("incident", "")
        incident = get_object_or_404(Incident, slug=slug) if slug else None
        template = editing.begin_template(organisation=organisation, incident=incident, now=timezone.now())
        messages.success(request, "Le modèle est commencé. Ce que dit la fiche de l'incident y est déjà proposé.")
        return redirect("manage_template", template.slug)
    organisations = []
    for organisation in mine:
        templates = organisation.templates.order_by("-created_at")
        newest = {row.template_id: row for row in TEMPLATE_REVISIONS.list_newest(template__in=templates)}
        with_newest = [(template, newest.get(template.pk)) for template in templates]
        organisations.append((organisation, unions.has_accepted(organisation), with_newest))
    context = {"organisations": organisations, "incidents": incidents.load_newest_revisions()}
    return render(request, "shared_templates/manage.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept_roles(request: AccountRequest, slug: str) -> HttpResponse:
    """GET: who answers for what (art. 28). POST: the organisation accepts it."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.viewer), slug=slug)
    unticked = request.method == "POST" and "accept" not in request.POST
    if request.method == "POST" and not unticked:
        unions.accept_roles(organisation=organisation, by=request.user, now=timezone.now())
        messages.success(request, "Votre organisation a accepté la répartition des rôles.")
        return redirect("manage_templates")
    accepted = organisation.acceptances.filter(version=unions.ROLES_VERSION).select_related("accepted_by").first()
    context = {"organisation": organisation, "accepted": accepted, "unticked": unticked, "zone": PARIS}
    return render(request, "shared_templates/roles.html", context, status=422 if unticked else 200)


@never_cache
@require_safe
def show_overview(request: AccountRequest, slug: str) -> HttpResponse:
    """Where a template stands: its steps, what was published, how to tell members, and how many began with it."""
    template = get_editable(request, slug)
    questionnaire = seeds.find_questionnaire(template.questionnaire)
    steps = []
    for section in questionnaire.steps:
        keys = [question.key for question in questionnaire.of_step(section.slug)]
        written = {kind: sum(key in template.content.get(kind, {}) for key in keys) for kind in ("answers", "advice")}
        steps.append({"slug": section.slug, "title": section.title, **written})
    revisions = TEMPLATE_REVISIONS.load_all(slug)
    address = get_address(slug)
    counted = counts.get_last_counts(template)
    context = {
        "template": template,
        "steps": steps,
        "accepted": unions.has_accepted(template.organisation),
        "newest": revisions[0] if revisions else None,
        "changes": template_page.list_changes(questionnaire, revisions),
        "digest": template_page.digest_file(revisions[0]) if revisions else "",
        "address": address,
        "code": qr.draw_svg(address),
        "zone": PARIS,
        "bars": chart.draw_bars([(label, getattr(counted, name)) for name, label in COUNTED.items()])
        if counted
        else [],
    }
    return render(request, "shared_templates/overview.html", context)


# -- writing ----------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_presentation(request: AccountRequest, slug: str) -> HttpResponse:
    """Title, cover, position, contact, and the public line; the last two change at once, without a revision."""
    template = get_editable(request, slug)
    base = template.version
    if request.method == "POST":
        form = CoverForm(request.POST)
        base = read_base(request, template)
        saved = _save_form(request, template, form, base)
        by, now, sent = request.user, timezone.now(), form.cleaned_data
        try:
            editing.set_public_line(template=template, base=base, text=sent["public_line"], by=by, now=now)
        except Refused as refused:
            form.add_error("public_line", str(refused))
        try:
            unions.set_contact(organisation=template.organisation, text=sent["contact"])
        except Refused as refused:
            form.add_error("contact", str(refused))
        if not form.errors:
            messages.success(request, SAVED)
            return redirect("manage_template", slug)
        base = saved.version if saved.conflicts else base
    else:
        position = template.content.get("position") or {}
        form = CoverForm(
            initial={
                "title": template.content.get("title", ""),
                "cover": template.content.get("cover", ""),
                "position_text": position.get("text", ""),
                "position_date": position.get("date", ""),
                "contact": template.organisation.contact,
                "public_line": template.public_line,
            }
        )
    context = {"template": template, "form": form, "base": base}
    return render(request, "shared_templates/presentation.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_step(request: AccountRequest, slug: str, step: str) -> HttpResponse:
    """One step of the guide: answers where a template may give them, advice for every question."""
    template = get_editable(request, slug)
    questionnaire = seeds.find_questionnaire(template.questionnaire)
    steps = questionnaire.steps
    place = next((number for number, section in enumerate(steps) if section.slug == step), None)
    if place is None:
        raise Http404
    base = template.version
    form = _build_step_form(template, questionnaire, step, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        base = read_base(request, template)
        saved = _save_form(request, template, form, base)
        if not form.errors:
            messages.success(request, SAVED)
            if "later" in request.POST or place + 1 == len(steps):
                return redirect("manage_template", slug)
            return redirect("template_step", slug, steps[place + 1].slug)
        form.stored = _build_step_form(template, questionnaire, step)
        base = saved.version if saved.conflicts else base
    context = {
        "template": template,
        "steps": steps,
        "section": steps[place],
        "place": place + 1,
        "previous": steps[place - 1] if place else None,
        "keys": [question.key for question in questionnaire.of_step(step)],
        "form": form,
        "base": base,
    }
    return render(request, "shared_templates/step.html", context, status=422 if form.errors else 200)


def read_base(request: AccountRequest, template: SharedTemplate) -> int:
    """Return the version that a page was rendered from."""
    base = request.POST.get("base", "")
    if not base.isdecimal() or len(base) > 9 or int(base) > template.version:
        raise SuspiciousOperation("a page without its version")
    return int(base)


def _build_step_form(
    template: SharedTemplate, questionnaire: Questionnaire, step: str, sent: QueryDict | None = None
) -> TemplateStepForm:
    """The form of a step's questions, of those that were sent when a page was, with what the incident says of each."""
    keys = questionnaire.questions if sent is None else sent.getlist("keys")
    questions = [question for question in questionnaire.of_step(step) if question.key in keys]
    form = TemplateStepForm(questions, template.content, ANY_TIME, sent)
    published = INCIDENT_REVISIONS.load_all(template.incident.slug) if template.incident else []
    proposed = prefill.propose_incident(questionnaire, published[0]) if published else {}
    form.proposed = {
        key: tuple(list_value_lines(questionnaire.questions[key], proposal.entry, PARIS))
        for key, proposal in proposed.items()
        if proposal.entry["state"] == "known"
    }
    return form


def _save_form(
    request: AccountRequest, template: SharedTemplate, form: CoverForm | TemplateStepForm, base: int
) -> editing.Saved:
    """Save what the form holds; what was refused, or changed meanwhile by somebody else, becomes its errors."""
    form.is_valid()
    by, now = request.user, timezone.now()
    saved = editing.save_elements(template=template, base=base, elements=form.list_elements(), by=by, now=now)
    for name, sentence in saved.refused.items():
        form.refuse(name, sentence)
    for name, conflict in saved.conflicts.items():
        when = f" ({describe_instant(datetime.fromisoformat(conflict['at']), PARIS)})" if conflict["at"] else ""
        sentence, theirs = CHANGED.format(when=when), conflict["theirs"]
        if isinstance(theirs, str) and theirs:
            sentence += f" L'autre version : « {theirs[:500]} »."
        form.refuse(name, sentence)
    template.refresh_from_db()
    return saved
