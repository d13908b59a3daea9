"""Pages for everybody: no cookie, no form, and any cache may keep them for a minute."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ... import seeds
from ...report import incident_page
from ...services.incidents import catalogue_edits, incidents
from ...services.revisions import INCIDENT_REVISIONS

public = cache_control(public=True, max_age=60)


@require_safe
@public
def show_home(request: HttpRequest) -> HttpResponse:
    """Every incident, and the other ways in."""
    return render(request, "site/home.html", {"incidents": incidents.load_newest_revisions()})


@require_safe
@public
def show_incident(request: HttpRequest, slug: str) -> HttpResponse:
    """What is known of an incident, with its sources."""
    revisions = INCIDENT_REVISIONS.load_all(slug)
    if not revisions:
        raise Http404("no such incident")
    questionnaire = seeds.find_questionnaire(revisions[0].questionnaire)
    context = incident_page.build_incident_page(revisions, questionnaire, catalogue_edits.find_publishers(slug))
    return render(request, "incidents/incident.html", context)


@require_safe
@public
def show_text(request: HttpRequest, template: str) -> HttpResponse:
    """A page that says the same to everybody."""
    return render(request, template)
