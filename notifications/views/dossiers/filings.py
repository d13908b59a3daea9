"""Recording what was filed with the CNIL, preparing the complement, and erasing the dossier."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...deadlines import PARIS, ZONES
from ...documents import pdf
from ...forms.dossiers.filing import CancelForm, FilingForm
from ...models import Dossier, Filing
from ...report import (
    Report,
    build_report,
    find_complement_clock,
    list_differences,
    list_unknowns,
    offers_letter,
)
from ...services.accounts import access, roles
from ...services.dossiers import filings, snapshots
from ...services.keeping import erasure
from ..requests import ViewerRequest
from ..viewer import visible_dossier
from . import files, pages

MOVED = (
    "Les réponses du dossier ont changé depuis l'affichage de cette page. Rien n'a été consigné : relisez ce qui le "
    "sera maintenant, puis consignez de nouveau."
)
OVERTAKEN = (
    "Un autre dépôt vient d'être consigné pour ce dossier. Le vôtre ne l'est pas : vérifiez la liste ci-dessous, puis "
    "consignez-le de nouveau s'il s'y ajoute."
)
WITHDRAWN = (
    "Le dépôt n° {number}, consigné depuis cette page, a été annulé depuis. Rien n'est consigné de nouveau : vérifiez "
    "la liste ci-dessous, puis consignez-le encore une fois s'il a bien été fait."
)
DONE = "Le dépôt est consigné. Gardez aussi le récépissé de la CNIL : lui seul fait foi."
ALREADY = "Ce dépôt était déjà consigné : rien n'a été ajouté."
CANCELLED = "Le dépôt {number} est annulé. Il reste lisible, avec la date et le motif."


# -- filing ---------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def filing(request: ViewerRequest, public_id: str) -> HttpResponse:
    """GET: what would be recorded, and what was. POST: records a filing, or cancels the one numbered `cancel`."""
    dossier = visible_dossier(request, public_id)
    report = pages.build_page_report(dossier)
    if request.method != "POST":
        return _filing_page(request, dossier, report)
    if "cancel" in request.POST:
        return _cancelled(request, dossier, report)
    form = _form(dossier, report, request.POST.get("kind", ""), request.POST)
    if not form.is_valid():
        return _filing_page(request, dossier, report, form=form, status=422)
    return _recorded(request, dossier, report, form)


def _recorded(request: ViewerRequest, dossier: Dossier, report: Report, form: FilingForm) -> HttpResponse:
    said, author = form.cleaned_data, access.author(dossier, request.viewer)
    page: dict[str, Any] = {"version": _number(request, "base"), "number": _number(request, "number")}
    told = {name: said[name] for name in ("kind", "filed_at", "cnil_number", "filed_by")}
    try:
        filings.record(dossier=dossier, **page, **told, again=said.get("content"), by=author, now=report.now)
    except filings.Moved:
        return _filing_page(request, dossier, report, form=form, notice=MOVED, status=422)
    except filings.AlreadyRecorded as found:
        if notice := _overtaken(found.filing, told):
            return _filing_page(request, dossier, report, form=form, notice=notice, status=422)
        messages.info(request, ALREADY)
    else:
        messages.success(request, DONE)
    return redirect("filing", dossier.public_id)


def _overtaken(filing: Filing, told: Mapping[str, Any]) -> str:
    """Why what this page says is not recorded by this filing; "" when it is."""
    if any(getattr(filing, name) != told[name] for name in ("kind", "filed_at", "cnil_number")):
        return OVERTAKEN
    return WITHDRAWN.format(number=filing.number) if filing.cancelled_at else ""


def _form(dossier: Dossier, report: Report, kind: str, data: Mapping[str, Any] | None = None) -> FilingForm:
    zone = report.data.zone
    local = (zone.key, f"Heure {ZONES[zone.key]} (votre fuseau)")
    clocks = [] if zone.key == PARIS.key else [(PARIS.key, "Heure de Paris"), local]
    found: dict[str, Any] = {"zone": zone, "clocks": clocks, "now": report.now, "again": _again(dossier, report, kind)}
    return FilingForm(data, initial={"kind": kind}, **found)


def _again(dossier: Dossier, report: Report, kind: str) -> tuple[int, int] | None:
    """(number, answers changed since) of the cancelled filing that may be recorded anew; None when nothing changed."""
    found = filings.find_taken_back(dossier, kind)
    if found is None:
        return None
    then = build_report(report.data, found.filed_at)  # today's answers: the hour alone must not differ
    changed = len(list_differences(then, snapshots.as_data(found)))
    return (found.number, changed) if changed else None


def _number(request: ViewerRequest, name: str) -> int:
    """A number that our own page always holds."""
    text = request.POST.get(name, "")
    if not (text.isdecimal() and len(text) < 10):
        raise SuspiciousOperation(f"a page without its {name}")
    return int(text)


def _cancelled(request: ViewerRequest, dossier: Dossier, report: Report) -> HttpResponse:
    number, form = _number(request, "cancel"), CancelForm(request.POST)
    if not form.is_valid():
        return _filing_page(request, dossier, report, cancel=form, cancelling=number, status=422)
    author = access.author(dossier, request.viewer)
    reason = form.cleaned_data["reason"]
    if filings.cancel(dossier=dossier, number=number, reason=reason, by=author, now=report.now):
        messages.success(request, CANCELLED.format(number=number))
    else:
        messages.info(request, "Ce dépôt était déjà annulé.")
    return redirect("filing", dossier.public_id)


def _filing_page(
    request: ViewerRequest,
    dossier: Dossier,
    report: Report,
    *,
    form: FilingForm | None = None,
    notice: str = "",
    cancel: CancelForm | None = None,
    cancelling: int = 0,
    status: int = 200,
) -> HttpResponse:
    kind = report.kind if report.notified or not report.data.filings else "initial"
    form = form or _form(dossier, report, kind)
    context = {
        "dossier": dossier,
        "report": report,
        "zone": report.data.zone,
        "form": form,
        "when": (form["day"], form["hour"]),
        "notice": notice,
        "cancel": cancel or CancelForm(),
        "cancelling": cancelling,
        "number": filings.next_number(dossier),
        "recorded": [_describe(dossier, report, each, request) for each in dossier.filings.order_by("-number")],
    }
    return render(request, "dossiers/filing.html", context, status=status)


def _describe(dossier: Dossier, report: Report, filing: Filing, request: ViewerRequest) -> dict[str, Any]:
    author = access.author(dossier, request.viewer)
    # typed by people, perhaps like an account: that is named only where it did something in this dossier
    acted = dossier.journal.filter(by=filing.by).exists()
    by = access.author_words(filing.by, author) if acted else filing.by
    return {"filing": snapshots.describe_filing(filing, report), "by": by}


@never_cache
@require_safe
def filing_pdf(request: ViewerRequest, public_id: str, number: int) -> HttpResponse:
    """What was filed, from its snapshot."""
    dossier = visible_dossier(request, public_id)
    found = Filing.objects.filter(dossier=dossier, number=number).first()
    if found is None:
        raise Http404
    data = pdf.filing_pdf(snapshots.build_filed_report(found), snapshots.describe_filing(found))
    return files.as_file(dossier, data, f"depot-{number}.pdf")


# -- complement -----------------------------------------------------------------------------------------


@never_cache
@require_safe
def complement(request: ViewerRequest, public_id: str) -> HttpResponse:
    """What changed since the last filing, what is still unknown, and how to ask the vendor for it."""
    dossier = visible_dossier(request, public_id)
    report = pages.build_page_report(dossier)
    filed = report.data.filings
    context = {
        "dossier": dossier,
        "report": report,
        "zone": report.data.zone,
        "last": filed[-1] if filed else None,
        "differences": list_differences(report, filed[-1]) if filed else (),
        "unknowns": list_unknowns(report),
        "clock": find_complement_clock(report),
        "letter": offers_letter(report),
    }
    return render(request, "dossiers/complement.html", context)


# -- erasing --------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: ViewerRequest, public_id: str) -> HttpResponse:
    """GET: what goes and what stays. POST with the box ticked: everything goes."""
    dossier = visible_dossier(request, public_id)
    may_erase = dossier.practice is None or roles.may_govern(request.viewer, dossier.practice)
    if request.method == "POST" and not may_erase:
        raise PermissionDenied
    if request.method == "POST" and request.POST.get("sure") == "1":
        erasure.erase_dossier(dossier=dossier, by=access.author(dossier, request.viewer), now=timezone.now())
        messages.success(request, "Le dossier est effacé.")
        return redirect("dossiers")
    refused = request.method == "POST"
    context = {"dossier": dossier, "links": access.links(dossier).count(), "refused": refused, "may_erase": may_erase}
    context["filed"] = len(snapshots.list_active(dossier))
    return render(request, "dossiers/erase.html", context, status=422 if refused else 200)
