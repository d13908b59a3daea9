"""Templates for everybody: which there are, what one holds, its file, and the start of a dossier with it."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from ... import seeds, shared_template
from ...deadlines import ZONES
from ...models import SharedTemplate, SharedTemplateRevision, Viewer
from ...report.template_page import build_template_page
from ...services.revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS
from ..dossiers import dossiers
from ..requests import AccountRequest
from ..site.public import public

NOBODY = Viewer()  # a page that any cache may keep looks at no cookie


def get_address(slug: str) -> str:
    """Return where members find a template."""
    return f"{settings.SITE_URL}{reverse('template', args=[slug])}"


def find_offered(slug: str) -> SharedTemplate | None:
    """Return the template at this address, while it is published and not withdrawn."""
    return SharedTemplate.objects.visible_to(NOBODY).select_related("organisation").filter(slug=slug).first()


@require_safe
@public
@conditional_page
def list_templates(request: HttpRequest) -> HttpResponse:
    """Every template that is published and not withdrawn."""
    newest = TEMPLATE_REVISIONS.list_newest(template__in=SharedTemplate.objects.visible_to(NOBODY))
    templates = [(stored.template, TEMPLATE_REVISIONS.as_data(stored)) for stored in newest]
    templates.sort(key=lambda pair: (pair[1].published_at, pair[1].slug), reverse=True)
    return render(request, "shared_templates/templates.html", {"templates": templates})


@require_safe
def show_template(request: AccountRequest, slug: str) -> HttpResponse:
    """What a template holds and who stands behind it; one that was withdrawn is gone, but for those who used it."""
    template = find_offered(slug)
    return _show_offered(request, template) if template else _show_withdrawn(request, slug)


@public
@conditional_page
def _show_offered(request: HttpRequest, template: SharedTemplate) -> HttpResponse:
    return _render_template(request, template, "shared_templates/template.html")


@never_cache
def _show_withdrawn(request: AccountRequest, slug: str) -> HttpResponse:
    """A withdrawn template, whole for those who used it or edit it."""
    withdrawn = SharedTemplate.objects.filter(slug=slug, revisions__isnull=False).distinct()
    if not withdrawn.exists():
        raise Http404
    used = withdrawn.visible_to(request.viewer).select_related("organisation").first()
    return _render_template(request, used, "shared_templates/template_gone.html", status=410)


def _render_template(
    request: HttpRequest, template: SharedTemplate | None, name: str, status: int = 200
) -> HttpResponse:
    """The page that says all that is published of a template; without one, only what such pages say of all."""
    if template is None:
        return render(request, name, status=status)
    revisions = TEMPLATE_REVISIONS.load_all(template.slug)
    incident = revisions[0].incident
    published = INCIDENT_REVISIONS.load_all(incident[0]) if incident else []
    questionnaire = seeds.find_questionnaire(revisions[0].questionnaire)
    newest = published[0] if published else None
    page = build_template_page(revisions, questionnaire, newest, template.public_line)
    return render(request, name, {"template": template, **page}, status=status)


@require_safe
def download_revision(request: AccountRequest, slug: str, number: str) -> HttpResponse:
    """The file of one revision: the same bytes for ever. That of a withdrawn template is for those who used it or
    edit it."""
    offered = SharedTemplateRevision.objects.visible_to(NOBODY).filter(template__slug=slug, number=number).first()
    return _send_file(request, offered) if offered else _send_withdrawn_file(request, slug, number)


@public
@conditional_page
def _send_file(request: HttpRequest, stored: SharedTemplateRevision) -> HttpResponse:
    name = f'attachment; filename="modele-{stored.template.slug}-{stored.number}.json"'
    data = shared_template.write_file(TEMPLATE_REVISIONS.as_data(stored))
    return HttpResponse(data, content_type="application/json", headers={"Content-Disposition": name})


@never_cache
def _send_withdrawn_file(request: AccountRequest, slug: str, number: str) -> HttpResponse:
    visible = SharedTemplateRevision.objects.visible_to(request.viewer)
    return _send_file(request, get_object_or_404(visible, template__slug=slug, number=number))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start_dossier(request: AccountRequest, slug: str) -> HttpResponse:
    """GET: before you start. POST: start a dossier with the newest revision; the box says not to count it."""
    template = find_offered(slug)
    if template is None:
        return _show_withdrawn(request, slug)
    stored = TEMPLATE_REVISIONS.list_stored(slug)[0]
    incident = INCIDENT_REVISIONS.list_stored(template.incident.slug)[0] if template.incident else None
    if request.method == "POST":
        counted = "uncounted" not in request.POST
        return dossiers.begin(request, incident, template=stored, questionnaire=template.questionnaire, counted=counted)
    context = {
        "template": template,
        "newest": TEMPLATE_REVISIONS.as_data(stored),
        "revision": incident and INCIDENT_REVISIONS.as_data(incident),
        "form_action": request.path,
        "zones": list(ZONES.items()),
        "keep": settings.RETENTION.words(),
    }
    return render(request, "shared_templates/start.html", context)
