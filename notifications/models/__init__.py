"""What is stored. Every change of state goes through `services`; every dossier is reached through `visible_to`."""

from .dossiers import AnswerChange, Dossier, Grant
from .filings import Erasure, Filing, JournalEntry, RegisterLine
from .groups import ControllerGroup
from .ids import new_public_id
from .incidents import Incident, IncidentRevision
from .people import User, Viewer
from .practices import ROLE_SENTENCES, Invitation, Membership, Practice, Role
from .reminders import ConfirmationSent, Heartbeat, Outgoing, Subscription
from .unions import (
    Editor,
    IncidentEdit,
    Organisation,
    RolesAcceptance,
    SharedTemplate,
    SharedTemplateChange,
    SharedTemplateRevision,
)
from .work import Batch, BatchItem, Review

__all__ = [
    "ROLE_SENTENCES",
    "AnswerChange",
    "Batch",
    "BatchItem",
    "ConfirmationSent",
    "ControllerGroup",
    "Dossier",
    "Editor",
    "Erasure",
    "Filing",
    "Grant",
    "Heartbeat",
    "Incident",
    "IncidentEdit",
    "IncidentRevision",
    "Invitation",
    "JournalEntry",
    "Membership",
    "Organisation",
    "Outgoing",
    "Practice",
    "RegisterLine",
    "Review",
    "Role",
    "RolesAcceptance",
    "SharedTemplate",
    "SharedTemplateChange",
    "SharedTemplateRevision",
    "Subscription",
    "User",
    "Viewer",
    "new_public_id",
]
