"""From what editors have written to what members find: preview, publication, withdrawal, files, poster and code."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import seeds, shared_template
from ...documents import pdf, poster, qr
from ...forms.shared_templates.template import PublishForm
from ...models import Organisation
from ...questionnaire import Unusable
from ...report import build_report
from ...services.shared_templates import template_files, templates, unions
from ..dossiers import pages
from . import template_page
from .manage_templates import base_of, editable

CODES = {"svg": (qr.svg_file, "image/svg+xml"), "png": (qr.png, "image/png")}
TOO_LARGE = "Choisissez un fichier de modèle (.json, moins de 256 ko)."


@never_cache
@require_safe
def preview(request, slug):
    """A step as a practice will see it; nothing can be typed."""
    template = editable(request, slug)
    try:
        report = _report(template)
    except Unusable as error:
        return _unusable(request, template, error)
    name = request.GET.get("rubrique", "")
    section = next((each for each in report.sections if each.slug == name), report.sections[0])
    form = pages.form_of(report, section.all_rows)
    context = {"template": template, "report": report, "section": section, "form": form}
    return render(request, "shared_templates/preview.html", context)


@never_cache
@require_safe
def preview_pdf(request, slug):
    """The draft of a practice that has answered nothing yet."""
    template = editable(request, slug)
    try:
        data = pdf.draft_pdf(_report(template), title="Aperçu d'un modèle")
    except Unusable as error:
        return _unusable(request, template, error)
    return _download(data, "application/pdf", f"apercu-{slug}.pdf")


def _report(template):
    now = timezone.now().replace(second=0, microsecond=0)
    return build_report(templates.preview(template, now), now)


def _unusable(request, template, error):
    return render(
        request, "shared_templates/unusable.html", {"template": template, "problems": error.problems}, status=422
    )


def _download(data, content_type, name):
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=content_type, headers=headers)


# -- published and withdrawn ------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request, slug):
    """GET: what changes for members. POST: it is the next revision."""
    template = editable(request, slug)
    if not unions.has_accepted(template.organisation):
        return redirect("template_roles", template.organisation.slug)
    if request.method != "POST":
        return _publish_page(request, template, PublishForm())
    form = PublishForm(request.POST)
    form.is_valid()
    said = {"summary": form.cleaned_data["summary"], "by": request.viewer.user, "now": timezone.now()}
    try:
        stored = templates.publish(template=template, base=base_of(request, template), **said)
    except Unusable as error:
        return _publish_page(request, template, form, error.problems)
    messages.success(request, f"La révision {stored.number} est publiée.")
    return redirect("manage_template", slug)


def _publish_page(request, template, form, problems=()):
    try:
        edited = templates.edited(template, timezone.now())
    except Unusable as error:
        return _unusable(request, template, error)
    revisions = templates.revisions(template.slug)
    questionnaire = seeds.questionnaire(template.questionnaire)
    context = {
        "template": template,
        "form": form,
        "problems": problems,
        "newest": revisions[0] if revisions else None,
        "number": edited.number,
        "differences": template_page.differences(questionnaire, revisions[0] if revisions else None, edited),
    }
    return render(request, "shared_templates/publish.html", context, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request, slug):
    """GET: what it means. POST: the template is offered no more."""
    template = editable(request, slug)
    if request.method == "POST":
        templates.withdraw(template=template, by=request.viewer.user, now=timezone.now())
        messages.success(request, "Le modèle est retiré. Les dossiers commencés avec lui le gardent.")
        return redirect("manage_template", slug)
    return render(request, "shared_templates/withdraw.html", {"template": template})


# -- files ------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_template(request):
    """A file is read and shown first; sent again by the button below it (`content`), it is stored."""
    if not Organisation.objects.visible_to(request.viewer).exists():
        raise Http404
    if request.method != "POST":
        return render(request, "shared_templates/import.html")
    try:
        return _read(request) if "content" not in request.POST else _stored(request)
    except Unusable as error:
        return render(request, "shared_templates/import.html", {"problems": error.problems}, status=422)


def _read(request):
    sent = request.FILES.get("file")
    if sent is None:
        raise Unusable([TOO_LARGE])
    revision = template_files.read(sent.read())
    questionnaire = seeds.questionnaire(revision.questionnaire)
    context = {
        "revision": revision,
        "content": shared_template.dump(revision).decode(),
        "digest": template_page.digest(revision),
        "differences": template_page.differences(questionnaire, None, revision),
    }
    return render(request, "shared_templates/import_shown.html", context)


def _stored(request):
    revision = template_files.read(request.POST["content"].encode())
    added = template_files.store(revision=revision, by=request.viewer.user, now=timezone.now())
    words = "La révision {} est publiée ici." if added else "La révision {} était déjà ici : rien n'a changé."
    messages.success(request, words.format(revision.number))
    return redirect("template", revision.slug)


# -- telling members --------------------------------------------------------------------------------------


@never_cache
@require_safe
def poster_pdf(request, slug):
    """One page to pin up or to send."""
    template = editable(request, slug)
    revision = _published(template)
    data = poster.poster_pdf(
        title=revision.title,
        organisation=revision.organisation,
        contact=revision.contact,
        number=revision.number,
        address=template_page.address(slug),
        digest=template_page.digest(revision),
    )
    return _download(data, "application/pdf", f"affiche-{slug}.pdf")


def _published(template):
    """The newest revision, while it is offered."""
    revisions = templates.revisions(template.slug)
    if not revisions or template.withdrawn_at:
        raise Http404
    return revisions[0]


@never_cache
@require_safe
def code(request, slug, kind):
    """The address of the template's page as a QR code."""
    template = editable(request, slug)
    _published(template)
    if kind not in CODES:
        raise Http404
    draw, content_type = CODES[kind]
    return _download(draw(template_page.address(slug)), content_type, f"code-{slug}.{kind}")
