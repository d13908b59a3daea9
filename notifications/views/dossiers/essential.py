"""« L'essentiel »: the few screens that prefill cannot answer, then the sentences that the practice will be held to."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...forms.dossiers.step import StepForm
from ...models import Dossier
from ...report import READ_AGAIN, Report, Screen, find_next_screen, find_screen, list_screens
from ..requests import ViewerRequest
from ..viewer import visible_dossier
from . import pages


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def essential(request: ViewerRequest, public_id: str, subject: str) -> HttpResponse:
    """One screen. POST saves it and goes on to the next one, to reading again, then to the check."""
    dossier = visible_dossier(request, public_id)
    report = pages.build_form_report(dossier)
    screen = _screen(report, subject)
    if request.method != "POST" and not _is_asked(report, subject):
        messages.info(request, "Cette question ne se pose plus, d’après vos autres réponses.")
        return redirect("dossier", dossier.public_id)
    if request.method != "POST":
        return _page(request, dossier, report, screen, pages.build_form(report, screen.rows, screen.optional))
    outcome = pages.save_page(request, dossier, report, screen.rows, screen.optional)
    if pages.is_autosave(request):
        return pages.reply(outcome)
    dossier, screen = outcome.saved.dossier, _screen(outcome.report, subject)
    if outcome.is_refused:
        return _page(request, dossier, outcome.report, screen, outcome.form, status=422)
    if pages.announce(request, outcome, screen.rows) and _is_asked(outcome.report, subject):
        return redirect("essential", dossier.public_id, subject)
    if "later" in request.POST:
        return redirect("dossier", dossier.public_id)
    if slug := _after(outcome.report, subject):
        return redirect("essential", dossier.public_id, slug)
    return redirect("check", dossier.public_id)


def _screen(report: Report, subject: str) -> Screen:
    """The screen, also where other answers left nothing to ask on it since it was opened: what was typed is saved."""
    listed = next((screen for screen in list_screens(report) if screen.slug == subject), None)
    found = listed or find_screen(report, subject)
    if found is None:
        raise Http404
    return found


def _is_asked(report: Report, subject: str) -> bool:
    return any(screen.slug == subject for screen in list_screens(report))


def _after(report: Report, subject: str) -> str | None:
    if not _is_asked(report, subject):
        screen = find_next_screen(report)
        return screen.slug if screen else None
    slugs = [screen.slug for screen in list_screens(report)]
    place = slugs.index(subject)
    return slugs[place + 1] if place + 1 < len(slugs) else None


def _page(
    request: ViewerRequest, dossier: Dossier, report: Report, screen: Screen, form: StepForm, *, status: int = 200
) -> HttpResponse:
    slugs = [each.slug for each in list_screens(report)]
    place = slugs.index(screen.slug) if screen.slug in slugs else 0
    starts_clock = not form.fields.keys().isdisjoint(report.clock.obligation.starts)
    context = {
        "dossier": dossier,
        "report": report,
        "screen": screen,
        "form": form,
        "place": place + 1,
        "questions": len(slugs) - 1,
        "read_again": screen.slug == READ_AGAIN,
        "previous": slugs[place - 1] if place else None,
        "starts_clock": starts_clock,
        "aids": report.data.newest.aids if starts_clock and report.data.newest else (),
        "situations": [each for key in form.fields for each in report.data.questionnaire.questions[key].situations],
    }
    return render(request, "dossiers/essential.html", context, status=status)


@never_cache
@require_safe
def ready(request: ViewerRequest, public_id: str) -> HttpResponse:
    """The draft is ready and nothing is filed yet: what comes next."""
    dossier = visible_dossier(request, public_id)
    return render(request, "dossiers/ready.html", {"dossier": dossier, "report": pages.build_page_report(dossier)})
