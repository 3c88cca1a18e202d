"""Posts with photos that are shown once the moderation service says so."""

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST
from moderation_client import Client, NotSigned, Refused, text, verify

from moderated.models import Post

client = Client(settings.MODERATION_URL, key=settings.MODERATION_KEY)


@require_POST
def publish(request):
    """Store a post, have it looked at, and say how it stands."""
    post = Post.objects.create(text=request.POST["text"])  # first, because the webhook may be here before the answer
    parts = [text(post.text)]
    try:
        if photo := request.FILES.get("photo"):
            parts.append(client.upload(photo.read(), photo.content_type))
        item = client.post(
            parts,
            content_id=str(post.id),
            idempotency_key=str(post.id),
            callback_url=settings.PUBLIC_URL + "/moderated",
            wait=5,
        )
    except Refused as error:
        post.delete()
        return JsonResponse({"detail": error.detail}, status=422)
    Post.objects.filter(id=post.id).update(item=item["id"])
    if decision := item.get("decision"):
        post.learn(1, decision)
    return shown(post, 201)


@require_GET
def read(request, post_id):
    """How a post stands."""
    return shown(get_object_or_404(Post, id=post_id))


@require_POST
def appeal(request, post_id):
    """Have fresh reviewers look again."""
    post = get_object_or_404(Post, id=post_id)
    try:
        client.appeal(post.item, request.POST["reason"])
    except Refused as error:  # not decided yet, or appealed already
        return JsonResponse({"detail": error.detail}, status=409)
    return shown(post, 202)


@require_POST
def moderated(request):
    """The webhook. Its signature is what a form's token is elsewhere: with CsrfViewMiddleware, mark it @csrf_exempt."""
    try:
        event = verify(request.body, request.headers, secret=settings.WEBHOOK_SECRET)
    except NotSigned:
        return HttpResponse(status=401)
    if event["type"] == "item.decided":
        post = Post.objects.filter(id=event["data"]["content_id"]).first()
        if post:
            post.learn(event["number"], event["data"]["decision"])
    return HttpResponse(status=204)


def shown(post, status=200):
    """A post as JSON, as it stands in the database."""
    post.refresh_from_db()
    return JsonResponse({"id": str(post.id), "state": post.state, "reason": post.reason}, status=status)
