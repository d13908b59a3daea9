"""One view for every step of the form, and the review of all of them."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...services.accounts import access
from ...services.dossiers import saving
from ..viewer import visible_dossier
from . import pages


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, public_id, slug):
    """The questions of one step."""
    dossier = visible_dossier(request, public_id)
    report = pages.report_of(dossier)
    section = _section(report, slug)
    if request.method != "POST":
        return _page(request, dossier, report, section, pages.form_of(report, section.all_rows))
    outcome = pages.save(request, dossier, report, section.all_rows)
    if pages.wants_json(request):
        return pages.reply(dossier, outcome)
    section = _section(outcome.report, slug)
    if not outcome.whole:
        return _page(request, dossier, outcome.report, section, outcome.form, status=422)
    return _onward(request, dossier, outcome, section)


def _section(report, slug):
    section = next((each for each in report.sections if each.slug == slug), None)
    if section is None:
        raise Http404
    return section


def _page(request, dossier, report, section, form, *, status=200):
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


def _onward(request, dossier, outcome, section):
    """To the next step, or back to this one when it has something new to show."""
    if pages.tell(request, dossier, outcome, section.all_rows):
        return redirect("step", dossier.public_id, section.slug)
    if "later" in request.POST:
        return redirect("dossier", dossier.public_id)
    sections = outcome.report.sections
    after = sections[sections.index(section) + 1 :]
    return redirect("step", dossier.public_id, after[0].slug) if after else redirect("review", dossier.public_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request, public_id):
    """Every rubric in the CNIL's order; POST keeps the unread answers of one rubric that may be kept together."""
    dossier = visible_dossier(request, public_id)
    if request.method == "POST":
        keys = saving.keepable(dossier, request.POST.get("keep", ""))
        saving.keep(dossier=dossier, keys=keys, by=access.author(dossier, request.viewer), now=timezone.now())
        return redirect(f"{request.path}#{request.POST.get('keep', '')}" if keys else request.path)
    report = pages.report_of(dossier)
    sections = [(section, len(saving.keepable(dossier, section.slug))) for section in report.sections]
    return render(request, "dossiers/review.html", {"dossier": dossier, "report": report, "sections": sections})
