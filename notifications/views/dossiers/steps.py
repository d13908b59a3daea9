"""One view for every step of the form, and the page that checks all of them."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...forms.dossiers.step import StepForm
from ...models import Dossier
from ...report import Report, Section
from ...services.accounts import access
from ...services.dossiers import saving
from ..requests import ViewerRequest
from ..viewer import visible_dossier
from . import pages


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: ViewerRequest, public_id: str, slug: str) -> HttpResponse:
    """The questions of one step. POST saves them and goes on, or comes back when there is something new to show."""
    dossier = visible_dossier(request, public_id)
    report = pages.build_form_report(dossier)
    section = _section(report, slug)
    if request.method != "POST":
        return _page(request, dossier, report, section, pages.build_form(report, section.all_rows))
    outcome = pages.save_page(request, dossier, report, section.all_rows)
    if pages.is_autosave(request):
        return pages.reply(outcome)
    dossier, section = outcome.saved.dossier, _section(outcome.report, slug)
    if outcome.is_refused:
        return _page(request, dossier, outcome.report, section, outcome.form, status=422)
    if pages.announce(request, outcome, section.all_rows):
        return redirect("step", dossier.public_id, slug)
    if "later" in request.POST:
        return redirect("dossier", dossier.public_id)
    sections = outcome.report.sections
    after = sections[sections.index(section) + 1 :]
    return redirect("step", dossier.public_id, after[0].slug) if after else redirect("check", dossier.public_id)


def _section(report: Report, slug: str) -> Section:
    section = next((each for each in report.sections if each.slug == slug), None)
    if section is None:
        raise Http404
    return section


def _page(
    request: ViewerRequest, dossier: Dossier, report: Report, section: Section, form: StepForm, *, status: int = 200
) -> HttpResponse:
    place = report.sections.index(section)
    context = {
        "dossier": dossier,
        "report": report,
        "section": section,
        "form": form,
        "place": place + 1,
        "previous": report.sections[place - 1] if place else None,
        "starts_clock": any(row.key in report.clock.obligation.starts for row in section.all_rows),
    }
    return render(request, "dossiers/step.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: ViewerRequest, public_id: str) -> HttpResponse:
    """Every step in the CNIL's order; POST keeps the unread answers of one step that may be kept together."""
    dossier = visible_dossier(request, public_id)
    if request.method == "POST":
        keys = saving.list_keepable(dossier, request.POST.get("keep", ""))
        saving.keep_answers(dossier=dossier, keys=keys, by=access.author(dossier, request.viewer), now=timezone.now())
        return redirect(f"{request.path}#{request.POST.get('keep', '')}" if keys else request.path)
    report = pages.build_page_report(dossier)
    sections = [(section, len(saving.list_keepable(dossier, section.slug))) for section in report.sections]
    return render(request, "dossiers/check.html", {"dossier": dossier, "report": report, "sections": sections})
