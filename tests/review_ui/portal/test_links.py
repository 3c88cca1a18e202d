"""Addresses in a template's page lead to where its reader came from, whoever came first."""

from __future__ import annotations

from typing import Any

from review_ui.a2i import resources
from tests.houses.desk import PASSWORD, Desk, form_token


def test_each_reviewer_gets_addresses_of_the_host_that_they_came_to(desk: Desk) -> None:
    template = '<img src="{{ task.input.picture | grant_read_access }}">'
    resources.delete_human_task_ui(desk.review, {"HumanTaskUiName": "ui"})
    resources.create_human_task_ui(desk.review, {"HumanTaskUiName": "ui", "UiTemplate": {"Content": template}})
    for _ in range(2):
        desk.start({"picture": "s3://bucket/picture.png"})

    pages = {
        host: _template_page(desk, name, host) for name, host in (("ann", "first.example"), ("bob", "second.example"))
    }

    for host, page in pages.items():
        assert f'src="http://{host}/a2i/s3/bucket/picture.png?' in page


def _template_page(desk: Desk, name: str, host: str) -> str:
    """The page in the frame of the next task, as somebody at this host gets it."""
    desk.people.add(name, "reviewer", PASSWORD)
    client: Any = desk.app.test_client()
    at = {"base_url": f"http://{host}"}
    token = form_token(client, f"http://{host}/review/sign-in")
    client.post("/review/sign-in", data={"username": name, "password": PASSWORD, "csrf": token}, **at)
    task = client.get("/review/next", **at).headers["Location"].partition("?")[0]
    page: str = client.get(f"{task.removeprefix(f'http://{host}')}/template", **at).get_data(as_text=True)
    return page
