"""Where editors write a template: their organisation, the roles it accepts, and the guide step by step."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import prefill, seeds
from ...deadlines import PARIS, in_words
from ...documents import chart, qr
from ...forms.shared_templates.template import CoverForm, TemplateStepForm
from ...models import Incident, Organisation, SharedTemplate
from ...questionnaire import ANY_TIME, Refused
from ...report import list_value_lines
from ...services.dossiers import counts
from ...services.incidents import incidents
from ...services.shared_templates import templates, unions
from . import template_page

SAVED = "Enregistré. Rien n'est publié tant que vous ne publiez pas une révision."
CHANGED = (
    "Quelqu'un d'autre a changé ceci pendant que cette page était ouverte{when}. "
    "Votre version est restée dans le champ : enregistrez de nouveau pour la garder."
)


def editable(request, slug):
    """A template of an organisation that the viewer edits for; anything else does not exist."""
    found = SharedTemplate.objects.edited_by(request.viewer).select_related("organisation", "incident")
    return get_object_or_404(found, slug=slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisations(request):
    """GET: the templates of my organisations. POST: begin one, from an incident of the catalogue or without."""
    mine = Organisation.objects.visible_to(request.viewer).order_by("name")
    if not mine:
        raise Http404
    if request.method == "POST":
        return _begun(request, mine)
    shown = [(each, unions.has_accepted(each), _with_newest(each)) for each in mine]
    return render(request, "shared_templates/manage.html", {"organisations": shown, "incidents": incidents.newest()})


def _with_newest(organisation):
    found = list(organisation.templates.order_by("-created_at"))
    newest = templates.newest(found)
    return [(each, newest.get(each.pk)) for each in found]


def _begun(request, mine):
    organisation = get_object_or_404(mine, slug=request.POST.get("organisation", ""))
    slug = request.POST.get("incident", "")
    incident = get_object_or_404(Incident, slug=slug) if slug else None
    template = templates.begin(organisation=organisation, incident=incident, now=timezone.now())
    messages.success(request, "Le modèle est commencé. Ce que dit la fiche de l'incident y est déjà proposé.")
    return redirect("manage_template", template.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def roles(request, slug):
    """GET: who answers for what (art. 28). POST: the organisation accepts it."""
    found = Organisation.objects.visible_to(request.viewer)
    organisation = get_object_or_404(found, slug=slug)
    unticked = request.method == "POST" and "accept" not in request.POST
    if request.method == "POST" and not unticked:
        unions.accept_roles(organisation=organisation, by=request.viewer.user, now=timezone.now())
        messages.success(request, "Votre organisation a accepté la répartition des rôles.")
        return redirect("manage_templates")
    accepted = organisation.acceptances.filter(version=unions.ROLES_VERSION).select_related("accepted_by").first()
    context = {"organisation": organisation, "accepted": accepted, "unticked": unticked, "zone": PARIS}
    return render(request, "shared_templates/roles.html", context, status=422 if unticked else 200)


@never_cache
@require_safe
def overview(request, slug):
    """Where a template stands: its steps, what was published, how to tell members, and how many began with it."""
    template = editable(request, slug)
    questionnaire = seeds.questionnaire(template.questionnaire)
    revisions = templates.revisions(slug)
    address = template_page.address(slug)
    context = {
        "template": template,
        "steps": [_written(template, questionnaire, step) for step in questionnaire.steps],
        "accepted": unions.has_accepted(template.organisation),
        "newest": revisions[0] if revisions else None,
        "changes": template_page.changes(questionnaire, revisions) if revisions else [],
        "digest": template_page.digest(revisions[0]) if revisions else "",
        "address": address,
        "code": qr.svg(address),
        "zone": PARIS,
        **_counted(template),
    }
    return render(request, "shared_templates/overview.html", context)


def _written(template, questionnaire, step):
    """How much is written in one step."""
    keys = [question.key for question in questionnaire.of_step(step.slug)]
    named = {name: sum(key in template.content.get(name, {}) for key in keys) for name in ("answers", "advice")}
    return {"slug": step.slug, "title": step.title, **named}


def _counted(template):
    found = counts.shown(template)
    if found is None:
        return {"bars": []}
    words = {"begun": "Commencés", "finished": "Terminés", "on_time": "Déposés à temps", "late": "Déposés en retard"}
    return {"bars": chart.bars([(label, getattr(found, name)) for name, label in words.items()])}


# -- writing ----------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def presentation(request, slug):
    """Title, cover, position, contact, and the public line."""
    template = editable(request, slug)
    if request.method != "POST":
        return _cover_page(request, template, CoverForm(initial=_cover(template)), template.version)
    form = CoverForm(request.POST)
    base = base_of(request, template)
    saved = _save(request, template, form, base)
    _save_columns(request, template, form, base)
    if form.errors:
        return _cover_page(request, template, form, saved.version if saved.conflicts else base, status=422)
    messages.success(request, SAVED)
    return redirect("manage_template", slug)


def _cover(template):
    position = template.content.get("position") or {}
    return {
        "title": template.content.get("title", ""),
        "cover": template.content.get("cover", ""),
        "position_text": position.get("text", ""),
        "position_date": position.get("date", ""),
        "contact": template.organisation.contact,
        "public_line": template.public_line,
    }


def _cover_page(request, template, form, base, *, status=200):
    context = {"template": template, "form": form, "base": base}
    return render(request, "shared_templates/presentation.html", context, status=status)


def _save_columns(request, template, form, base):
    """What changes at once, without a revision."""
    said = {"by": request.viewer.user, "now": timezone.now()}
    try:
        templates.set_public_line(template=template, base=base, text=form.cleaned_data["public_line"], **said)
    except Refused as refused:
        form.add_error("public_line", str(refused))
    try:
        unions.set_contact(organisation=template.organisation, text=form.cleaned_data["contact"])
    except Refused as refused:
        form.add_error("contact", str(refused))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, slug, step):
    """One step of the guide: answers where a template may give them, advice for every question."""
    template = editable(request, slug)
    questionnaire = seeds.questionnaire(template.questionnaire)
    place = next((n for n, each in enumerate(questionnaire.steps) if each.slug == step), None)
    if place is None:
        raise Http404
    if request.method != "POST":
        form = _form(template, questionnaire, step)
        return _step_page(request, template, questionnaire, place, form, template.version)
    form = _form(template, questionnaire, step, request.POST)
    base = base_of(request, template)
    saved = _save(request, template, form, base)
    if form.errors:
        form.stored = _form(template, questionnaire, step)
        base = saved.version if saved.conflicts else base
        return _step_page(request, template, questionnaire, place, form, base, status=422)
    messages.success(request, SAVED)
    after = questionnaire.steps[place + 1 : place + 2]
    if "later" in request.POST or not after:
        return redirect("manage_template", slug)
    return redirect("template_step", slug, after[0].slug)


def base_of(request, template):
    """The version that a page was rendered from."""
    base = request.POST.get("base", "")
    if not base.isdecimal() or len(base) > 9 or int(base) > template.version:
        raise SuspiciousOperation("a page without its version")
    return int(base)


def _form(template, questionnaire, step, data=None):
    """The questions of a step; of those that were sent, when a page was."""
    keys = data.getlist("keys") if data is not None else questionnaire.questions
    questions = [question for question in questionnaire.of_step(step) if question.key in keys]
    form = TemplateStepForm(questions, template.content, ANY_TIME, data)
    form.proposed = _proposed(template, questionnaire)
    return form


def _step_page(request, template, questionnaire, place, form, base, *, status=200):
    context = {
        "template": template,
        "steps": questionnaire.steps,
        "section": questionnaire.steps[place],
        "place": place + 1,
        "previous": questionnaire.steps[place - 1] if place else None,
        "keys": [question.key for question in questionnaire.of_step(questionnaire.steps[place].slug)],
        "form": form,
        "base": base,
    }
    return render(request, "shared_templates/step.html", context, status=status)


def _proposed(template, questionnaire):
    """What the incident says, in words, by key."""
    known = incidents.revisions(template.incident.slug) if template.incident else []
    found = prefill.of_incident(questionnaire, known[0]) if known else {}
    return {
        key: tuple(list_value_lines(questionnaire.questions[key], each.entry, PARIS))
        for key, each in found.items()
        if each.entry["state"] == "known"
    }


def _save(request, template, form, base):
    """Save what the form holds; what was refused, or changed meanwhile by somebody else, becomes its errors."""
    form.is_valid()
    user, now = request.viewer.user, timezone.now()
    saved = templates.save(template=template, base=base, elements=form.elements(), by=user, now=now)
    for name, sentence in saved.refused.items():
        form.refuse(name, sentence)
    for name, found in saved.conflicts.items():
        form.refuse(name, _elsewhere(found))
    template.refresh_from_db()
    return saved


def _elsewhere(found):
    at = datetime.fromisoformat(found["at"]) if found["at"] else None
    words = CHANGED.format(when=f" ({in_words(at, PARIS)})" if at else "")
    theirs = found["theirs"]
    return f"{words} L'autre version : « {theirs[:500]} »." if isinstance(theirs, str) and theirs else words
