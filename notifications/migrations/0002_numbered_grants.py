"""Devices and links get a number inside their dossier, so that a change can say which browser made it."""

from django.db import migrations, models


def number_grants(apps, schema_editor):
    """Until now a dossier had one device, the one that began it."""
    Draft = apps.get_model("notifications", "Draft")
    AnswerChange = apps.get_model("notifications", "AnswerChange")
    for draft in Draft.objects.prefetch_related("grants"):
        for kind in ("device", "link"):
            grants = sorted((each for each in draft.grants.all() if each.kind == kind), key=lambda each: each.pk)
            for number, grant in enumerate(grants, start=1):
                grant.number = number
                grant.save(update_fields=["number"])
        draft.devices = sum(grant.kind == "device" for grant in draft.grants.all())
        draft.save(update_fields=["devices"])
    AnswerChange.objects.filter(by="cet appareil").update(by="appareil 1")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="devices",
            field=models.PositiveIntegerField(default=0, verbose_name="appareils numérotés"),
        ),
        migrations.AddField(
            model_name="grant",
            name="number",
            field=models.PositiveIntegerField(default=0, verbose_name="numéro"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="grant",
            name="last_used_on",
            field=models.DateField(blank=True, null=True, verbose_name="dernier usage"),
        ),
        migrations.RunPython(number_grants, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                fields=("draft", "kind", "number"), name="one_number_for_a_grant_of_a_draft"
            ),
        ),
    ]
