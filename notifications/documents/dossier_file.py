"""`dossier.json`: a dossier as a file that opens without this tool and comes back whole."""

import json
from typing import Any

from ..report import FILE_FORMAT, FILE_VERSION, Report, list_deadline_terms


def dump(report: Report) -> bytes:
    """The file's bytes. `kind`, `deadlines`, `missing` and `doubts` are computed here and ignored at import."""
    dossier_data = report.data
    content: dict[str, Any] = {
        "format": FILE_FORMAT,
        "format_version": FILE_VERSION,
        "questionnaire": dossier_data.questionnaire.name,
        "incident": _named(dossier_data.revision),
        "template": _named(dossier_data.template),
        "kind": report.kind,
        "timezone": dossier_data.zone.key,
        "answers": {
            q.key: dossier_data.answers[q.key] for q in dossier_data.questionnaire if q.key in dossier_data.answers
        },
        "deadlines": [list_deadline_terms(clock) for clock in report.clocks],
        "missing": [row.key for row in report.missing],
        "doubts": [{"keys": list(keys), "message": message} for keys, message in report.doubts],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _named(revision: Any) -> dict[str, Any] | None:
    """Shipped revisions are plain numbers; those made on an installation are `<n>.local<k>`."""
    if revision is None:
        return None
    number = revision.number
    return {"slug": revision.slug, "revision": int(number) if number.isdigit() else number}
