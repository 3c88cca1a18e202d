"""What a post knows of its moderation."""

import uuid

from django.db import models


class Post(models.Model):
    """A post. Show it where `state` is `shown`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    text = models.TextField()
    item = models.CharField(max_length=40, default="")
    state = models.CharField(max_length=10, default="waiting")
    reason = models.TextField(default="")
    number = models.PositiveIntegerField(default=0)

    def learn(self, number, decision):
        """Events come at least once, in no promised order: the highest number is how it stands, in one statement."""
        state = "shown" if decision["outcome"] == "approve" else "hidden"
        older = Post.objects.filter(id=self.id, number__lt=number)
        older.update(number=number, state=state, reason=decision["reason"])
