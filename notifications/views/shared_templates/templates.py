"""Templates for everybody: which there are, what one holds, its file, and the start of a dossier with it."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from ... import shared_template
from ...deadlines import ZONES
from ...models import SharedTemplate, SharedTemplateRevision, Viewer
from ...services.incidents import incidents
from ...services.shared_templates import templates
from ..dossiers import dossiers
from ..site.public import public
from . import template_page

NOBODY = Viewer()  # a page that any cache may keep looks at no cookie


@require_safe
@public
@conditional_page
def listed(request):
    """Every template that is published and not withdrawn."""
    newest = templates.newest(SharedTemplate.objects.visible_to(NOBODY))
    found = [(stored.template, templates.as_data(stored)) for stored in newest.values()]
    found.sort(key=lambda pair: (pair[1].published_at, pair[1].slug), reverse=True)
    return render(request, "shared_templates/templates.html", {"templates": found})


@require_safe
def template(request, slug):
    """What a template holds and who stands behind it; one that was withdrawn is gone, but for those who used it."""
    found = _offered(slug)
    return _public_page(request, found) if found else _gone(request, slug)


@public
@conditional_page
def _public_page(request, found):
    context = template_page.context(found, templates.revisions(found.slug))
    return render(request, "shared_templates/template.html", context)


def _offered(slug):
    return SharedTemplate.objects.visible_to(NOBODY).select_related("organisation").filter(slug=slug).first()


@never_cache
def _gone(request, slug):
    """A withdrawn template, whole for those who used it or edit it."""
    withdrawn = SharedTemplate.objects.filter(slug=slug, revisions__isnull=False).distinct()
    if not withdrawn.exists():
        raise Http404
    used = withdrawn.visible_to(request.viewer).select_related("organisation").first()
    context = template_page.context(used, templates.revisions(slug)) if used else {}
    return render(request, "shared_templates/template_gone.html", context, status=410)


@require_safe
def template_json(request, slug, number):
    """The file of one revision: the same bytes for ever."""
    shown = SharedTemplateRevision.objects.visible_to(NOBODY).filter(template__slug=slug, number=number).first()
    return _file(request, shown) if shown else _own_file(request, slug, number)


@public
@conditional_page
def _file(request, stored):
    name = f'attachment; filename="modele-{stored.template.slug}-{stored.number}.json"'
    data = shared_template.dump(templates.as_data(stored))
    return HttpResponse(data, content_type="application/json", headers={"Content-Disposition": name})


@never_cache
def _own_file(request, slug, number):
    """Of a withdrawn template, for those who used it or edit it."""
    found = SharedTemplateRevision.objects.visible_to(request.viewer)
    return _file(request, get_object_or_404(found, template__slug=slug, number=number))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request, slug):
    """GET: before you start. POST: start a dossier with the newest revision; the box says not to count it."""
    found = _offered(slug)
    if found is None:
        return _gone(request, slug)
    stored = templates.stored_revisions(found)[0]
    incident = incidents.stored_revisions(found.incident.slug)[0] if found.incident else None
    if request.method == "POST":
        counted = "uncounted" not in request.POST
        return dossiers.begin(request, incident, template=stored, questionnaire=found.questionnaire, counted=counted)
    context = {
        "template": found,
        "newest": templates.as_data(stored),
        "revision": incident and incidents.as_data(incident),
        "form_action": request.path,
        "zones": list(ZONES.items()),
        "keep": settings.RETENTION.words(),
    }
    return render(request, "shared_templates/start.html", context)
