"""What the worker makes when pages put it off."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from django.db import OperationalError

from .documents import dossier_file, pdf, table, zipped
from .models import Batch, BatchItem, Dossier
from .report import build_report
from .services.dossiers import loading, snapshots
from .services.keeping import exports
from .services.practices import batches

logger = logging.getLogger(__name__)

Files = Iterator[tuple[str, bytes]]


def make_next() -> bool:
    """Make the files of the next dossier of the batches; returns whether there was one."""
    item = batches.claim_item()
    if item is None:
        return False
    content = _make_zip(item)
    batches.settle(item=item, content=content, fault="" if content else batches.BROKEN)
    return True


def _make_zip(item: BatchItem) -> bytes | None:
    """One zip, None when something is wrong with this dossier. A database that is busy is no fault of it."""
    minute = item.batch.created_at.replace(second=0, microsecond=0)
    try:
        dossier = Dossier.objects.select_related("practice", "group", "incident_revision__incident").get(
            pk=item.dossier_id
        )
        return zipped.pack(FILES[item.batch.kind](dossier, minute))
    except OperationalError:
        raise
    except Exception:
        logger.exception("batch.item_failed", extra={"fields": {"kind": item.batch.kind}})
        return None


# -- files ----------------------------------------------------------------------------------------------


def draft_files(dossier: Dossier, now: datetime) -> Files:
    """The draft, as its page gives it."""
    yield "brouillon.pdf", pdf.draft_pdf(build_report(loading.load_dossier_data(dossier), now))


def dossier_files(dossier: Dossier, now: datetime) -> Files:
    """Everything of a dossier."""
    report = build_report(loading.load_dossier_data(dossier), now)
    yield "dossier.json", dossier_file.dump(report)
    yield "brouillon.pdf", pdf.draft_pdf(report)
    for filing in dossier.filings.order_by("number"):
        yield f"depot-{filing.number}.json", zipped.as_json(exports.export_filing(filing))
        yield (
            f"depot-{filing.number}.pdf",
            pdf.filing_pdf(snapshots.build_filed_report(filing), snapshots.describe_filing(filing)),
        )
    yield "journal.json", zipped.as_json(exports.export_journal(dossier))
    yield "journal.csv", table.table(exports.tabulate_journal(dossier))
    yield "historique.json", zipped.as_json(exports.export_history(dossier))


FILES: Mapping[str, Callable[[Dossier, datetime], Files]] = {
    Batch.Kind.DRAFTS: draft_files,
    Batch.Kind.EXPORT: dossier_files,
}
