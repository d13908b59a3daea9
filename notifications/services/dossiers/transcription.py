"""What was copied to the teleservice: marks that are kept, so that one may stop and go on later."""

import re
from datetime import datetime

from django.db import transaction

from ...models import Dossier
from .. import journal
from ..locks import lock_dossier

SHA256 = re.compile(r"[0-9a-f]{64}")


@transaction.atomic
def mark_copied(*, dossier: Dossier, mark: str, sha256: str, by: str, now: datetime) -> bool:
    """The text of this SHA-256 was copied to the place of the sheet named `mark`. Nothing happens when that is known
    already; says whether something did."""
    locked = lock_dossier(dossier.pk)
    if not SHA256.fullmatch(sha256) or read_marks(locked).get(mark) == sha256:
        return False
    locked.transcribed[mark] = {"sha256": sha256, "at": now.isoformat()}
    locked.save(update_fields=["transcribed"])
    journal.append_line(dossier=locked, event="answer_copied", keys=[mark.partition("/")[0]], by=by, now=now)
    return True


@transaction.atomic
def restart_copying(*, dossier: Dossier, by: str, now: datetime) -> None:
    """Everything is to be copied again: the form was closed half-way."""
    locked = lock_dossier(dossier.pk)
    if not locked.transcribed:
        return
    locked.transcribed = {}
    locked.save(update_fields=["transcribed"])
    journal.append_line(dossier=locked, event="copying_restarted", by=by, now=now)


def forget_marks(dossier: Dossier, key: str) -> None:
    """Nothing tells any more what text of this question was copied; the row is locked by the caller."""
    kept = {mark: copied for mark, copied in dossier.transcribed.items() if mark.partition("/")[0] != key}
    if kept != dossier.transcribed:
        dossier.transcribed = kept
        dossier.save(update_fields=["transcribed"])


def read_marks(dossier: Dossier) -> dict[str, str]:
    """By mark, the SHA-256 of the text that was copied."""
    return {mark: copied["sha256"] for mark, copied in dossier.transcribed.items()}
