"""How fast a reviewer gets from one task to the next, by keyboard alone, in headless Chromium over loopback.

The baseline, in the same run and the same browser, is a page of the portal that asks the database for nothing (the
sign-in form). What a reviewer waits for is the time from the key to the next task's page being there.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from moderation.settings import load_settings
from review_ui.a2i import flows, loops, resources, workforces
from review_ui.people.people import People
from review_ui.server import A2IServer

TASKS = 30
PASSWORD = "a long enough password"


def item(number: int) -> dict[str, Any]:
    """An item of ours: a text of 1,200 characters with four marks."""
    words = f"task {number}: " + "some words that somebody wrote about something. " * 25
    detections = [
        {"label": f"Label {n}", "confidence": 90, "part": "p0", "span": {"start": n * 60, "end": n * 60 + 12}}
        for n in range(4)
    ]
    parts = [{"id": "p0", "type": "text", "text": words}]
    content = {"schema": "moderation-item/1", "item": {"id": str(number)}, "parts": parts, "detections": detections}
    return content | {"why": ["policy: a reason"], "labels": ["Label 0", "Label 1"], "policy": {"name": "policy"}}


def fill(server: A2IServer) -> None:
    """A reviewer, a queue, and its tasks."""
    review = server.review
    People(review.database).add("ann", "reviewer", PASSWORD)
    workforces.create_workteam(review, {"WorkteamName": "team", "Description": "d", "MemberDefinitions": []})
    resources.create_human_task_ui(review, {"HumanTaskUiName": "ui", "UiTemplate": {"Content": "<p></p>"}})
    config = {
        "WorkteamArn": review.arn("workteam/private-crowd", "team"),
        "HumanTaskUiArn": review.arn("human-task-ui", "ui"),
        "TaskTitle": "Moderation: general",
        "TaskDescription": "d",
        "TaskCount": 1,
    }
    output = {"S3OutputPath": f"s3://{server.settings.media_bucket}/a2i"}
    role = "arn:aws:iam::000000000000:role/x"
    given = {"FlowDefinitionName": "flow", "HumanLoopConfig": config, "OutputConfig": output, "RoleArn": role}
    flows.create_flow_definition(review, given)
    for number in range(TASKS + 1):
        arn = review.arn("flow-definition", "flow")
        body = {"InputContent": json.dumps(item(number))}
        loops.start(review, {"FlowDefinitionArn": arn, "HumanLoopName": f"loop-{number}", "HumanLoopInput": body})


def main() -> None:
    """Print the times and their ratio."""
    chromium = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, A2IServer(load_settings(data=Path(folder), port=0)) as server:
        server.start()
        fill(server)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            plain = []
            for _ in range(TASKS):
                began = time.perf_counter()
                page.goto(f"{server.url}/review/sign-in", wait_until="domcontentloaded")
                plain.append((time.perf_counter() - began) * 1000)
            page.fill("[name=username]", "ann")
            page.fill("[name=password]", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/review/")
            page.click("#start")
            page.wait_for_selector("#answer")
            page.wait_for_load_state()
            began_all, waits, sizes = time.perf_counter(), [], []
            for number in range(TASKS):
                page.keyboard.press("a" if number % 2 else "r")
                with page.expect_navigation(wait_until="domcontentloaded"):
                    began = time.perf_counter()
                    page.keyboard.press("Enter")
                waits.append((time.perf_counter() - began) * 1000)
                timing = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
                sizes.append(timing["decodedBodySize"])
                page.wait_for_load_state()
            total = time.perf_counter() - began_all
            browser.close()
    print(f"{TASKS} tasks by keyboard alone: {total:.1f} s")
    print(f"from Enter to the next task: median {statistics.median(waits):.0f} ms, slowest {max(waits):.0f} ms")
    print(f"a page that asks for nothing: median {statistics.median(plain):.0f} ms")
    ratio = statistics.median(waits) / statistics.median(plain)
    print(f"ratio {ratio:.1f}; the task page has {max(sizes) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
