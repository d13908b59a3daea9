"""Digests travel with files and posters: those of what was published and filed stay what they were."""

import json
from pathlib import Path

import pytest

from notifications import shared_template
from notifications.digests import compute_digest, write_canonical_json
from notifications.models import IncidentRevision, SharedTemplateRevision
from notifications.services.dossiers import snapshots
from notifications.services.shared_templates import template_files
from tests.dossiers import NOW

PUBLISHED = json.loads((Path(__file__).parents[1] / "data" / "published.sha256.json").read_text("utf-8"))
SNAPSHOT = {"é": [1, {"b": None, "a": "x’y"}], "a": True}


@pytest.mark.parametrize("revision", PUBLISHED["incidents"])
def test_a_shipped_revision_of_an_incident_keeps_its_digest(seeds_loaded: None, revision: str) -> None:
    slug, number = revision.split("@")
    stored = IncidentRevision.objects.get(incident__slug=slug, number=number)
    assert stored.digest == PUBLISHED["incidents"][revision]
    assert compute_digest(write_canonical_json(stored.content)) == stored.digest


@pytest.mark.parametrize("revision", PUBLISHED["shared_templates"])
def test_a_shipped_revision_of_a_template_keeps_its_digest(seeds_loaded: None, revision: str) -> None:
    template_files.load_seeds(now=NOW)
    slug, number = revision.split("@")
    stored = SharedTemplateRevision.objects.get(template__slug=slug, number=number)
    assert stored.digest == PUBLISHED["shared_templates"][revision]
    assert shared_template.digest_content(stored.content) == stored.digest


def test_the_snapshot_of_a_filing_keeps_its_digest() -> None:
    assert snapshots.digest_of(SNAPSHOT) == "b09694684e8c9e3d14735bb25d9705ea7abf9f85ad8c8d58fbb101b09f2fc657"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (write_canonical_json(SNAPSHOT), '{"a": true, "é": [1, {"a": "x’y", "b": null}]}'),
        (write_canonical_json(SNAPSHOT, separators=(",", ":")), '{"a":true,"é":[1,{"a":"x’y","b":null}]}'),
        (shared_template.write_canonical({"b": [1], "a": "é"}), '{\n  "a": "é",\n  "b": [\n    1\n  ]\n}\n'),
    ],
)
def test_each_kind_of_content_keeps_its_layout(written: bytes, text: str) -> None:
    assert written == text.encode()


@pytest.mark.parametrize("model", [IncidentRevision, SharedTemplateRevision])
def test_a_published_revision_is_never_saved_again(
    seeds_loaded: None, model: type[IncidentRevision] | type[SharedTemplateRevision]
) -> None:
    template_files.load_seeds(now=NOW)
    revision = model.objects.all()[0]
    with pytest.raises(TypeError, match="never edited"):
        revision.save()
