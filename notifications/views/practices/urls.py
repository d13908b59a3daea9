"""Addresses of practices, teams, groups, the board, rosters and batches."""

from django.urls import path

from . import batches, board, groups, practices, roster, team

urlpatterns = [
    path("cabinets/", practices.list_practices, name="practices"),
    path("cabinets/nouveau/", practices.create_practice, name="new_practice"),
    path("cabinets/<str:practice_id>/", practices.show_practice, name="practice"),
    path("cabinets/<str:practice_id>/fiche/", practices.edit_profile, name="profile"),
    path("cabinets/<str:practice_id>/commencer/", practices.start_for_practice, name="start_for_practice"),
    path("dossiers/<str:public_id>/cabinet/", practices.entrust_dossier, name="entrust"),
    path("dossiers/<str:public_id>/propositions/", practices.answer_offers, name="offers"),
    path("cabinets/<str:practice_id>/equipe/", team.show_team, name="team"),
    path("invitations/<str:secret>/", team.answer_invitation, name="invitation"),
    path("groupes/nouveau/", groups.start_group, name="new_group"),
    path("groupes/<str:group_id>/", groups.show_group, name="group"),
    path("groupes/<str:group_id>/communes/", groups.edit_common_answers, name="common_answers"),
    path("groupes/<str:group_id>/echeances.pdf", groups.download_deadlines, name="group_deadlines_pdf"),
    path("tableau/", board.show_board, name="board"),
    path("tableau/tableau.csv", board.download_board, name="board_csv"),
    path("tableau/importer/", roster.import_roster, name="import_roster"),
    path("lots/", batches.new_batch, name="new_batch"),
    path("lots/<str:batch_id>/", batches.batch, name="batch"),
    path("lots/<str:batch_id>/fichiers.zip", batches.batch_zip, name="batch_zip"),
]
