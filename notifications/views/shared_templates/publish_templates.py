"""From what editors have written to what members find: preview, publication, withdrawal, files, poster and code."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ... import seeds, shared_template
from ...documents import pdf, poster, qr
from ...forms.shared_templates.template import PublishForm
from ...models import Organisation, SharedTemplate
from ...questionnaire import Unusable
from ...report import Report, build_report, template_page
from ...services.revisions import TEMPLATE_REVISIONS
from ...services.shared_templates import editing, publishing, template_files, unions
from ...shared_template import SharedTemplateFile
from ..dossiers import pages
from ..requests import AccountRequest
from .manage_templates import get_editable, read_base
from .templates import get_address

CODES = {"svg": "image/svg+xml", "png": "image/png"}
TOO_LARGE = "Choisissez un fichier de modèle (.json, moins de 256 ko)."


@never_cache
@require_safe
def show_preview(request: AccountRequest, slug: str) -> HttpResponse:
    """A step as a practice will see it; nothing can be typed."""
    template = get_editable(request, slug)
    try:
        report = _build_preview(template)
    except Unusable as error:
        return _show_unusable(request, template, error)
    name = request.GET.get("rubrique", "")
    section = next((section for section in report.sections if section.slug == name), report.sections[0])
    form = pages.build_form(report, section.all_rows)
    context = {"template": template, "report": report, "section": section, "form": form}
    return render(request, "shared_templates/preview.html", context)


@never_cache
@require_safe
def download_preview(request: AccountRequest, slug: str) -> HttpResponse:
    """The draft of a practice that has answered nothing yet, as a PDF."""
    template = get_editable(request, slug)
    try:
        data = pdf.draft_pdf(_build_preview(template), title="Aperçu d'un modèle")
    except Unusable as error:
        return _show_unusable(request, template, error)
    return _send_file(data, "application/pdf", f"apercu-{slug}.pdf")


def _build_preview(template: SharedTemplate) -> Report:
    now = timezone.now().replace(second=0, microsecond=0)
    return build_report(publishing.preview_dossier(template, now), now)


def _show_unusable(request: AccountRequest, template: SharedTemplate, error: Unusable) -> HttpResponse:
    context = {"template": template, "problems": error.problems}
    return render(request, "shared_templates/unusable.html", context, status=422)


def _send_file(data: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=content_type, headers=headers)


# -- published and withdrawn ------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def publish_revision(request: AccountRequest, slug: str) -> HttpResponse:
    """GET: what changes for members. POST: it is the next revision."""
    template = get_editable(request, slug)
    if not unions.has_accepted(template.organisation):
        return redirect("template_roles", template.organisation.slug)
    form, problems = PublishForm(), list[str]()
    if request.method == "POST":
        form = PublishForm(request.POST)
        form.is_valid()
        summary, base, now = form.cleaned_data["summary"], read_base(request, template), timezone.now()
        try:
            stored = publishing.publish_revision(
                template=template, base=base, summary=summary, by=request.user, now=now
            )
        except Unusable as error:
            problems = error.problems
        else:
            messages.success(request, f"La révision {stored.number} est publiée.")
            return redirect("manage_template", slug)
    try:
        edited = publishing.build_edited(template, timezone.now())
    except Unusable as error:
        return _show_unusable(request, template, error)
    newest = next(iter(TEMPLATE_REVISIONS.load_all(slug)), None)
    questionnaire = seeds.find_questionnaire(template.questionnaire)
    context = {
        "template": template,
        "form": form,
        "problems": problems,
        "newest": newest,
        "number": edited.number,
        "differences": template_page.list_element_changes(questionnaire, newest, edited),
    }
    return render(request, "shared_templates/publish.html", context, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_template(request: AccountRequest, slug: str) -> HttpResponse:
    """GET: what it means. POST: the template is offered no more."""
    template = get_editable(request, slug)
    if request.method == "POST":
        editing.withdraw_template(template=template, by=request.user, now=timezone.now())
        messages.success(request, "Le modèle est retiré. Les dossiers commencés avec lui le gardent.")
        return redirect("manage_template", slug)
    return render(request, "shared_templates/withdraw.html", {"template": template})


# -- files ------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_template(request: AccountRequest) -> HttpResponse:
    """A file is read and shown first; sent again by the button below it (`content`), it is stored."""
    if not Organisation.objects.visible_to(request.viewer).exists():
        raise Http404
    problems: Sequence[str] = ()
    if request.method == "POST":
        try:
            return _import_file(request)
        except Unusable as error:
            problems = error.problems
    context = {"problems": problems}
    return render(request, "shared_templates/import.html", context, status=422 if problems else 200)


def _import_file(request: AccountRequest) -> HttpResponse:
    if "content" in request.POST:
        revision = template_files.read_file(request.POST["content"].encode())
        is_new = template_files.store_revision(revision=revision, by=request.user, now=timezone.now())
        words = "La révision {} est publiée ici." if is_new else "La révision {} était déjà ici : rien n'a changé."
        messages.success(request, words.format(revision.number))
        return redirect("template", revision.slug)
    file = request.FILES.get("file")
    if file is None:
        raise Unusable([TOO_LARGE])
    revision = template_files.read_file(file.read())
    questionnaire = seeds.find_questionnaire(revision.questionnaire)
    context = {
        "revision": revision,
        "content": shared_template.write_file(revision).decode(),
        "digest": template_page.digest_file(revision),
        "differences": template_page.list_element_changes(questionnaire, None, revision),
    }
    return render(request, "shared_templates/import_shown.html", context)


# -- telling members --------------------------------------------------------------------------------------


@never_cache
@require_safe
def download_poster(request: AccountRequest, slug: str) -> HttpResponse:
    """One page to pin up or to send."""
    revision = _get_published(get_editable(request, slug))
    data = poster.print_poster(
        title=revision.title,
        organisation=revision.organisation,
        contact=revision.contact,
        number=revision.number,
        address=get_address(slug),
        digest=template_page.digest_file(revision),
    )
    return _send_file(data, "application/pdf", f"affiche-{slug}.pdf")


def _get_published(template: SharedTemplate) -> SharedTemplateFile:
    """Return the newest revision, while it is offered."""
    revisions = TEMPLATE_REVISIONS.load_all(template.slug)
    if not revisions or template.withdrawn_at:
        raise Http404
    return revisions[0]


@never_cache
@require_safe
def download_code(request: AccountRequest, slug: str, kind: str) -> HttpResponse:
    """The address of the template's page as a QR code."""
    _get_published(get_editable(request, slug))
    if kind not in CODES:
        raise Http404
    return _send_file(qr.draw_file(get_address(slug), kind), CODES[kind], f"code-{slug}.{kind}")
