"""Addresses of a dossier: its guide, its files, its filing, its links."""

from django.urls import path

from . import (
    claims,
    copy_sheet,
    dossiers,
    essential,
    files,
    filings,
    journal,
    links,
    reviews,
    revision_changes,
    steps,
    versions,
)

urlpatterns = [
    path("incidents/<slug:slug>/commencer/", dossiers.start, name="start_incident"),
    path("commencer/", dossiers.start, name="start"),
    path("dossiers/", dossiers.dossiers, name="dossiers"),
    path("dossiers/liste.csv", dossiers.dossiers_csv, name="dossiers_csv"),
    path("dossiers/importer/", dossiers.import_dossier, name="import"),
    path("dossiers/oublier/", links.forget, name="forget"),
    path("dossiers/<str:public_id>/", dossiers.dossier, name="dossier"),
    path("dossiers/<str:public_id>/etapes/<slug:slug>/", steps.step, name="step"),
    path("dossiers/<str:public_id>/essentiel/<slug:subject>/", essential.essential, name="essential"),
    path("dossiers/<str:public_id>/telecharger/", essential.ready, name="ready"),
    path("dossiers/<str:public_id>/verifier/", steps.check, name="check"),
    path("dossiers/<str:public_id>/recopie/", copy_sheet.copy_sheet, name="copy_sheet"),
    path("dossiers/<str:public_id>/brouillon.pdf", files.draft_pdf, name="draft_pdf"),
    *(
        path(f"dossiers/<str:public_id>/{each.file}", files.send_download, {"download": each}, name=each.name)
        for each in files.DOWNLOADS
    ),
    path("dossiers/<str:public_id>/lien/", links.link, name="link"),
    path("dossiers/<str:public_id>/versions/<slug:key>/", versions.versions, name="versions"),
    path("dossiers/<str:public_id>/depot/", filings.filing, name="filing"),
    path("dossiers/<str:public_id>/depot/<int:number>/notification.pdf", filings.filing_pdf, name="filing_pdf"),
    path("dossiers/<str:public_id>/complement/", filings.complement, name="complement"),
    path("dossiers/<str:public_id>/nouveautes/", revision_changes.news, name="news"),
    path("dossiers/<str:public_id>/journal/", journal.journal, name="journal"),
    path("dossiers/<str:public_id>/effacer/", filings.erase, name="erase"),
    path("dossiers/<str:public_id>/rattacher/", claims.claim, name="claim"),
    path("d/<str:secret>/", links.open_link, name="open_link"),
    path("dossiers/<str:public_id>/relecture/", reviews.ask_review, name="ask_review"),
    path("relecture/<str:secret>/", reviews.give_review, name="give_review"),
]
