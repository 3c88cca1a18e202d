"""Posts with photos that are shown once the moderation service says so. Flask."""

import os
import uuid

from flask import Flask, abort, request
from moderation_client import Client, NotSigned, Refused, text, verify

client = Client(os.environ["MODERATION_URL"], key=os.environ["MODERATION_KEY"])
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 15_000_000
posts = {}  # in your app a table


@app.post("/posts")
def publish():
    post = {"id": uuid.uuid4().hex, "state": "waiting", "reason": "", "number": 0}
    posts[post["id"]] = post  # first, because the webhook may be here before the answer
    parts = [text(request.form["text"])]
    try:
        if photo := request.files.get("photo"):
            parts.append(client.upload(photo.read(), photo.mimetype))
        item = client.post(
            parts,
            content_id=post["id"],
            idempotency_key=post["id"],
            callback_url=os.environ["PUBLIC_URL"] + "/moderated",
            wait=5,
        )
    except Refused as error:
        del posts[post["id"]]
        return {"detail": error.detail}, 422
    post["item"] = item["id"]
    if item.get("decision"):
        learn(post, 1, item["decision"])
    return shown(post), 201


@app.get("/posts/<post_id>")
def read(post_id):
    return shown(posts.get(post_id) or abort(404))


@app.post("/posts/<post_id>/appeal")
def appeal(post_id):
    post = posts.get(post_id) or abort(404)
    try:
        client.appeal(post["item"], request.form["reason"])
    except Refused as error:  # not decided yet, or appealed already
        return {"detail": error.detail}, 409
    return shown(post), 202


@app.post("/moderated")
def moderated():
    try:
        event = verify(request.get_data(), request.headers, secret=os.environ["WEBHOOK_SECRET"])
    except NotSigned:
        abort(401)
    post = posts.get(event["data"].get("content_id"))
    if post and event["type"] == "item.decided":
        learn(post, event["number"], event["data"]["decision"])
    return "", 204


def learn(post, number, decision):
    """Events come at least once, in no promised order: the highest number is how it stands."""
    if number > post["number"]:
        state = "shown" if decision["outcome"] == "approve" else "hidden"
        post.update(number=number, state=state, reason=decision["reason"])


def shown(post):
    return {name: post[name] for name in ("id", "state", "reason")}
