"""The transparency report of a year, as a page and as CSV."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, render_template, request

from ground.spreadsheets import csv_lines
from moderation.reporting.yearly import COLUMNS, FEW, Row
from moderation.service import Service
from review_ui.portal.access import only_for
from review_ui.portal.languages import N_, _
from review_ui.portal.problems import Page

READERS = ("lead", "policy_owner", "admin")
SECTIONS = (
    N_("notices"), N_("decisions"), N_("restrictions"), N_("error rate"), N_("appeals"), N_("out-of-court disputes"),
    N_("left out"),
)  # fmt: skip
FIGURES = (
    N_("received"), N_("upheld"), N_("dismissed"), N_("open"), N_("median time to action"), N_("all"), N_("approve"),
    N_("reject"), N_("automated share"), N_("median time from post"), N_("newly imposed"), N_("by law"), N_("by terms"),
    N_("ground not known"), N_("samples"), N_("error rate of rules"), N_("precision of rejects"),
    N_("recall of rejects"), N_("not estimated"), N_("submitted"), N_("overturned"), N_("median time"),
    N_("partially reversed"), N_("reversed"), N_("omitted"), N_("items withdrawn"), N_("decisions gone"),
)  # fmt: skip
"""What stands in rows, so that it is translated; the file has it in English."""


FAILED = N_("The newest report ended by a fault of the service, which its log has. It is tried again in some minutes.")
MAKING_SECONDS = 10
"""After which who wants the file is to ask again."""


def add_transparency_pages(console: Blueprint, service: Service) -> None:
    """``/admin/transparency`` and its CSV; see `moderation.reporting.kept`."""

    def asked() -> tuple[int, str | None]:
        now, said = service.pipeline.now().year, request.args.get("year", "")
        year = int(said) if said.isascii() and said.isdigit() and 2000 <= int(said[:9]) <= now else now
        return year, request.args.get("app") or None

    @console.get("/admin/transparency")
    @only_for(*READERS)
    def transparency() -> Page:
        year, app = asked()
        report, progress = service.reports.asked(year, app)
        now, found = service.pipeline.now(), report.rows if report is not None else ()
        return render_template(
            "console/transparency.html",
            year=year,
            app=app,
            report=report,
            progress=progress,
            years=range(now.year, now.year - 6, -1),
            apps=service.accounts.list_apps(now),
            sections=[(name, list(mine)) for name, mine in groupby(found, key=lambda row: row.section)],
            shown=_shown,
        )

    @console.get("/admin/transparency.csv")
    @only_for(*READERS)
    def transparency_csv() -> Page:
        year, app = asked()
        shown = request.args.get("report", type=int)
        report = service.reports.made(shown, year, app) if shown is not None else None
        if report is None:
            report, progress = service.reports.asked(year, app)
            if report is None or progress is not None:
                is_failed = progress is not None and progress.state == "failed"
                said = FAILED if is_failed else _("The report is being made. Ask again in some seconds.")
                answer = Response(_(said), status=503, content_type="text/plain; charset=utf-8")
                answer.headers["Retry-After"] = str(MAKING_SECONDS)
                return answer
        lines = csv_lines([COLUMNS, *(row.cells() for row in report.rows)])
        answer = Response(lines, content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="transparency-{year}.csv"'
        return answer


def _shown(row: Row) -> str:
    """The value of a row, for people."""
    if row.value is None:
        return "–"
    if row.value == FEW:
        return str(_("few"))
    if row.unit == "share":
        return f"{row.value:.1%}"
    if row.unit == "hours":
        return str(_("%(hours)s hours", hours=f"{row.value:,.1f}"))
    return f"{row.value:,}"
