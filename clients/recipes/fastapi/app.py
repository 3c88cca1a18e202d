"""Posts with photos that are shown once the moderation service says so. FastAPI."""

import os
import uuid
from typing import Annotated, Any

from fastapi import FastAPI, Form, HTTPException, Request, Response, UploadFile
from moderation_client import AsyncClient, NotSigned, Refused, text, verify

client = AsyncClient(os.environ["MODERATION_URL"], key=os.environ["MODERATION_KEY"])
app = FastAPI()
posts: dict[str, dict[str, Any]] = {}  # in your app a table


@app.post("/posts", status_code=201)
async def publish(content: Annotated[str, Form(alias="text")], photo: UploadFile | None = None) -> dict[str, str]:
    post = {"id": uuid.uuid4().hex, "state": "waiting", "reason": "", "number": 0}
    posts[post["id"]] = post  # first, because the webhook may be here before the answer
    parts = [text(content)]
    try:
        if photo:
            parts.append(await client.upload(await photo.read(), photo.content_type or ""))
        item = await client.post(
            parts,
            content_id=post["id"],
            idempotency_key=post["id"],
            callback_url=os.environ["PUBLIC_URL"] + "/moderated",
            wait=5,
        )
    except Refused as error:
        del posts[post["id"]]
        raise HTTPException(422, error.detail) from error
    post["item"] = item["id"]
    if decision := item.get("decision"):
        learn(post, 1, decision)
    return shown(post)


@app.get("/posts/{post_id}")
async def read(post_id: str) -> dict[str, str]:
    return shown(found(post_id))


@app.post("/posts/{post_id}/appeal", status_code=202)
async def appeal(post_id: str, reason: Annotated[str, Form()]) -> dict[str, str]:
    post = found(post_id)
    try:
        await client.appeal(post["item"], reason)
    except Refused as error:  # not decided yet, or appealed already
        raise HTTPException(409, error.detail) from error
    return shown(post)


@app.post("/moderated", status_code=204, response_class=Response)
async def moderated(request: Request) -> None:
    try:
        event = verify(await request.body(), request.headers, secret=os.environ["WEBHOOK_SECRET"])
    except NotSigned as error:
        raise HTTPException(401) from error
    post = posts.get(event["data"].get("content_id", ""))
    if post and event["type"] == "item.decided":
        learn(post, event["number"], event["data"]["decision"])


def found(post_id: str) -> dict[str, Any]:
    if post_id not in posts:
        raise HTTPException(404)
    return posts[post_id]


def learn(post: dict[str, Any], number: int, decision: Any) -> None:
    """Events come at least once, in no promised order: the highest number is how it stands."""
    if number > post["number"]:
        state = "shown" if decision["outcome"] == "approve" else "hidden"
        post.update(number=number, state=state, reason=decision["reason"])


def shown(post: dict[str, Any]) -> dict[str, str]:
    return {name: post[name] for name in ("id", "state", "reason")}
