"""The table of posts."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """The first."""

    initial = True
    operations = [
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.UUIDField(primary_key=True, default=uuid.uuid4, serialize=False)),
                ("text", models.TextField()),
                ("item", models.CharField(max_length=40, default="")),
                ("state", models.CharField(max_length=10, default="waiting")),
                ("reason", models.TextField(default="")),
                ("number", models.PositiveIntegerField(default=0)),
            ],
        )
    ]
