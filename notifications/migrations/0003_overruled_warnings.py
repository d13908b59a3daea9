from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_numbered_grants")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="overruled",
            field=models.JSONField(blank=True, default=dict, verbose_name="avertissements écartés"),
        ),
    ]
