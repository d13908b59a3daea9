"""Addresses of practices, teams, groups, the board, rosters and batches."""

from django.urls import path

from . import batches, board, groups, practices, roster, team

urlpatterns = [
    path("cabinets/", practices.practices, name="practices"),
    path("cabinets/nouveau/", practices.new_practice, name="new_practice"),
    path("cabinets/<str:practice_id>/", practices.practice, name="practice"),
    path("cabinets/<str:practice_id>/fiche/", practices.profile, name="profile"),
    path("cabinets/<str:practice_id>/commencer/", practices.start_for_practice, name="start_for_practice"),
    path("dossiers/<str:public_id>/cabinet/", practices.entrust, name="entrust"),
    path("dossiers/<str:public_id>/propositions/", practices.offers, name="offers"),
    path("cabinets/<str:practice_id>/equipe/", team.team, name="team"),
    path("invitations/<str:secret>/", team.invitation, name="invitation"),
    path("groupes/nouveau/", groups.new_group, name="new_group"),
    path("groupes/<str:group_id>/", groups.group, name="group"),
    path("groupes/<str:group_id>/communes/", groups.common_answers, name="common_answers"),
    path("groupes/<str:group_id>/echeances.pdf", groups.group_deadlines_pdf, name="group_deadlines_pdf"),
    path("tableau/", board.board, name="board"),
    path("tableau/tableau.csv", board.board_csv, name="board_csv"),
    path("tableau/importer/", roster.import_roster, name="import_roster"),
    path("lots/", batches.new_batch, name="new_batch"),
    path("lots/<str:batch_id>/", batches.batch, name="batch"),
    path("lots/<str:batch_id>/fichiers.zip", batches.batch_zip, name="batch_zip"),
]
