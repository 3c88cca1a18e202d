"""The policy workbench: what is in force, drafts with lint, tests, trial and backtest, approval, and going back."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from ground.errors import InputError, MediaRefused, NotFound
from moderation.console.backtests import DAYS, Backtests, with_policy
from moderation.console.seen import Seen
from moderation.core.errors import Fault, InvalidSubmission, PolicyFault
from moderation.core.policy.changes import policy_changes
from moderation.core.policy.policies import Policy
from moderation.detection.judgement import Judgement
from moderation.detection.trying import try_file, try_text
from moderation.policies.cases import TestResult, never_fired, run_tests
from moderation.policies.checking import faults_of_text
from moderation.policies.drafts import Draft
from moderation.policies.files import shipped_rules
from moderation.service import Service
from moderation.storage.consents import Consents
from review_ui.desk.audit import note_act
from review_ui.portal.access import only_for
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

OWN = ("policy_owner", "admin")
"""Roles that write and approve drafts."""
LONGEST_TRIED = 20_000
CONTEXT_LINES = 3


@dataclass(frozen=True)
class Checked:
    """What the program says of a text.

    Attributes:
        policy: None where it has errors.
        results: of its own tests; none where it has errors.
        unfired: rules that no test makes true.
    """

    policy: Policy | None
    faults: Sequence[Fault]
    results: Sequence[TestResult] = ()
    unfired: Sequence[str] = ()

    @property
    def errors(self) -> int:
        """Faults that keep it from coming into force."""
        return sum(fault.is_error for fault in self.faults)

    @property
    def failed(self) -> int:
        """Tests that failed."""
        return sum(not result.passed for result in self.results)

    @property
    def is_sound(self) -> bool:
        """True when it may be proposed."""
        return self.policy is not None and not self.errors and not self.failed


def add_policy_pages(console: Blueprint, service: Service, review: ReviewService, backtests: Backtests) -> None:
    """Everything under ``/policies``."""
    plugins, drafts, versions, seen = service.judge.plugins, service.drafts, service.versions, Seen(service)
    two_persons = service.settings.two_persons_for()
    approvals = max(service.settings.policy_approvals, 1 if "policies" in two_persons else 0)

    def now() -> Any:
        return review.clock()

    def in_force(name: str) -> Policy:
        try:
            return service.policies.get(name)
        except KeyError as error:
            raise NotFound(f"no policy '{name}' is in force") from error

    def checked(text: str, policy: Policy) -> Checked:
        made, faults = faults_of_text(text, policy.path, plugins)
        if made is None:
            return Checked(None, faults)
        if made.name != policy.name:
            line = next((n for n, each in enumerate(text.splitlines(), 1) if each.startswith("policy:")), 1)
            fault = Fault(policy.path, line, 1, "E108", f"the policy is called '{policy.name}'", "keep its name")
            return Checked(None, [fault, *faults])
        results = run_tests(made, plugins.taxonomy, plugins.reach())
        return Checked(made, faults, results, never_fired(made, results))

    def note(kind: str, name: str, detail: str = "") -> None:
        note_act(review, kind, g.session.user.id, f"policy:{name}", detail)

    # What is in force

    @console.get("/policies")
    @only_for(*OWN)
    def policies() -> Page:
        history = versions.history()
        open_drafts = drafts.open_drafts()
        user = g.session.user.name
        mine = [
            (draft, drafts.approvers(draft))
            for draft in open_drafts
            if draft.state == "proposed" and user not in drafts.writers(draft.id)
        ]
        return render_template(
            "console/policies.html",
            policies=service.policies.policies,
            waiting=service.policies.not_in_force,
            faults=service.in_force.faults,
            last={each.name: each for each in history},
            numbers={name: sum(each.name == name for each in history) for name in {each.name for each in history}},
            drafts=open_drafts,
            mine=mine,
            history=history[::-1][:20],
            approvals=approvals,
            in_files=is_in_files(service),
            now=now(),
        )

    @console.get("/policies/<name>")
    @only_for(*OWN)
    def policy(name: str) -> Page:
        held = in_force(name)
        history = versions.history(name)
        return render_template(
            "console/policy.html",
            policy=held,
            history=history[::-1],
            file_version=history[-1].file_version if history else held.version,
            drafts=drafts.open_drafts(name),
            checked=checked(held.text, held),
            in_files=is_in_files(service),
            now=now(),
        )

    @console.get("/policies/<name>/versions/<version>")
    @only_for(*OWN)
    def policy_version(name: str, version: str) -> Page:
        held = in_force(name)
        known = {version for each in versions.history(name) for version in (each.version, each.file_version)}
        if version not in known:
            raise NotFound("no such version")
        against = request.args.get("against", held.version)
        if against not in known:
            raise NotFound("no such version")
        old, new = versions.text(against), versions.text(version)
        return render_template(
            "console/policy_version.html",
            policy=held,
            version=version,
            against=against,
            text=new,
            lines=diff_lines(old, new),
            in_files=is_in_files(service),
        )

    @console.post("/policies/<name>/roll-back")
    @only_for(*OWN)
    def roll_back(name: str) -> Page:
        why = request.form.get("why", "").strip()[:500]
        if not why:
            raise InputError(_("say why an earlier version is to be in force again"))
        row = versions.plan_roll_back(name, request.form.get("to") or None, g.session.user.name, now())
        try:
            versions.policy(row.version, plugins.taxonomy, row.path)
        except PolicyFault as fault:
            raise InputError(_("this program cannot read that text any more")) from fault
        what = f"roll policy {name} back to version {row.version[:12]}"
        Consents(service.database, two_persons).need("policies", what, g.session.user.name, now())
        versions.roll_back(row)
        note("policy taken back", name, f"{row.version[:12]}: {why}")
        service.reload_policies()
        return redirect(url_for("portal.console.policy", name=name), 303)

    # Drafts

    @console.post("/policies/<name>/drafts")
    @only_for(*OWN)
    def begin_draft(name: str) -> Page:
        held = in_force(name)
        draft = drafts.begin(name, held.text, held.version, g.session.user.name, now())
        note("draft begun", name)
        return redirect(url_for("portal.console.draft", draft_id=draft.id), 303)

    def draft_page(held: Draft, text: str | None = None, problem: str = "", status: int = 200, **more: Any) -> Page:
        policy = in_force(held.name)
        shown = held.text if text is None else text
        user = g.session.user.name
        agreed = drafts.approvers(held)
        writers = drafts.writers(held.id)
        found = checked(shown, policy)
        page = render_template(
            "console/draft.html",
            draft=held,
            policy=policy,
            text=shown,
            is_saved=shown == held.text,
            checked=found,
            changes=list(policy_changes(policy.file, found.policy.file)) if found.policy else [],
            lines=diff_lines(policy.text, shown),
            patch=patch_of(policy, shown) if is_in_files(service) else "",
            backtest=seen.without_content(backtests.last(held.id)),
            days=DAYS,
            acts=drafts.acts(held.id),
            agreed=agreed,
            approvals=approvals,
            may_approve=held.state == "proposed" and user not in writers and user not in agreed,
            is_writer=user in writers,
            may_finish=held.state == "proposed" and len(agreed) >= approvals,
            is_outdated=held.is_open and held.based_on != policy.version,
            in_files=is_in_files(service),
            problem=problem,
            given=request.form,
            **{"tried": None, **more},
        )
        return page, status

    @console.get("/policies/drafts/<uuid:draft_id>")
    @only_for(*OWN)
    def draft(draft_id: UUID) -> Page:
        return draft_page(drafts.get(str(draft_id)))

    @console.get("/policies/drafts/<uuid:draft_id>/patch")
    @only_for(*OWN)
    def draft_patch(draft_id: UUID) -> Page:
        held = drafts.get(str(draft_id))
        answer = Response(patch_of(in_force(held.name), held.text), content_type="text/x-diff; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{held.name}.patch"'
        return answer

    @console.post("/policies/drafts/<uuid:draft_id>/lint")
    @only_for(*OWN)
    def lint_draft(draft_id: UUID) -> Page:
        held = drafts.get(str(draft_id))
        text = _posted_text()
        return render_template("console/lint.html", checked=checked(text, in_force(held.name)))

    @console.post("/policies/drafts/<uuid:draft_id>")
    @only_for(*OWN)
    def change_draft(draft_id: UUID) -> Page:
        form, user = request.form, g.session.user.name
        held = drafts.get(str(draft_id))
        text = _posted_text() if "text" in form else held.text
        act, version, why = form.get("act", "save"), form.get("version", ""), form.get("why", "").strip()
        try:
            if act == "save":
                if text != held.text:
                    # What it is based on stays, unless its author says that the newest text is taken in.
                    based_on = in_force(held.name).version if form.get("rebased") else held.based_on
                    held = drafts.save(held.id, text, based_on, user, now(), seen=version)
                elif form.get("rebased"):
                    held = drafts.save(held.id, text, in_force(held.name).version, user, now(), seen=version)
            elif act == "propose":
                if text != held.text:
                    raise InputError(_("the text has changed since it was saved; save it first"))
                if not checked(held.text, in_force(held.name)).is_sound:
                    raise InputError(_("it has mistakes, or a test of its own fails; see what lint and tests say"))
                drafts.propose(held.id, version, user, why, now())
                note("draft proposed", held.name, why)
                if approvals == 0:
                    _finish(drafts.get(held.id))
            elif act == "approve":
                agreed = drafts.approve(held.id, version, user, why, now())
                note("draft approved", held.name, why)
                if agreed >= approvals:
                    _finish(drafts.get(held.id))
            elif act == "send_back":
                drafts.send_back(held.id, version, user, why, now())
                note("draft sent back", held.name, why)
            elif act == "finish":
                _finish(held)
            elif act == "drop":
                drafts.drop(held.id, user, now())
                note("draft dropped", held.name)
                return redirect(url_for("portal.console.policy", name=held.name), 303)
        except InputError as error:
            return draft_page(drafts.get(held.id), text, _("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.console.draft", draft_id=held.id), 303)

    def _finish(held: Draft) -> None:
        if not checked(held.text, in_force(held.name)).is_sound:
            raise InputError(_("it has mistakes, or a test of its own fails; see what lint and tests say"))
        done = drafts.finish(held, approvals, g.session.user.name, now(), is_in_files=is_in_files(service))
        if done.state == "in_force":
            note("policy in force", held.name, f"{held.version[:12]}: {held.why}")
            service.reload_policies()
        else:
            note("draft agreed upon", held.name, held.version[:12])

    # Trying and backtests

    @console.post("/policies/drafts/<uuid:draft_id>/try")
    @only_for(*OWN)
    def try_draft(draft_id: UUID) -> Page:
        held = drafts.get(str(draft_id))
        text = _posted_text() if "text" in request.form else held.text
        found = checked(text, in_force(held.name))
        if found.policy is None:
            return draft_page(held, text, _("A text with mistakes cannot be tried; see what lint says."), 422)
        sets = [with_policy(service.policies, found.policy), service.policies]
        app = request.form.get("app", "").strip()[:100] or _first_app(found.policy)
        file, words = request.files.get("file"), request.form.get("item", "")[:LONGEST_TRIED]
        try:
            if file is not None and file.filename:
                judged = try_file(service.judge, file.read(), file.filename, None, app, sets)
            elif words.strip():
                judged = try_text(service.judge, words, app, sets)
            else:
                raise InputError(_("write a text, or choose a file"))
        except (InputError, InvalidSubmission, MediaRefused) as error:
            return draft_page(held, text, _("It could not be tried: %(why)s.", why=error), 422)
        return draft_page(held, text, tried=[_said(each, held.name) for each in judged], tried_app=app)

    @console.post("/policies/drafts/<uuid:draft_id>/backtest")
    @only_for(*OWN)
    def start_backtest(draft_id: UUID) -> Page:
        held = drafts.get(str(draft_id))
        found = checked(held.text, in_force(held.name))
        if found.policy is None:
            return draft_page(held, None, _("A text with mistakes cannot be tried; see what lint says."), 422)
        try:
            days = int(request.form.get("days", DAYS[1]))
            backtests.start(held, found.policy, days, g.session.user.name)
        except (InputError, ValueError) as error:
            return draft_page(held, None, _("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.console.draft", draft_id=held.id) + "#backtest", 303)


def is_in_files(service: Service) -> bool:
    """True where approved drafts come into force by the files, which somebody commits."""
    said = service.settings.policy_changes
    if said is not None:
        return said == "files"
    return not os.access(service.settings.rules or shipped_rules(), os.W_OK)


def patch_of(policy: Policy, text: str) -> str:
    """The change of a policy's file as a unified diff, for ``git apply``."""
    before, after = policy.text.splitlines(keepends=True), text.splitlines(keepends=True)
    path = _path_for_git(Path(policy.path))
    return "".join(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"))


def _path_for_git(file: Path) -> str:
    """Where the file is in its repository, or beside which its folder is: an absolute path is none that git takes."""
    file = file.resolve()
    top = next((folder for folder in file.parents if (folder / ".git").exists()), file.parent.parent)
    return file.relative_to(top).as_posix()


def diff_lines(old: str, new: str) -> list[tuple[str, int | None, int | None, str]]:
    """What is different, line by line, with some lines around.

    Returns:
        Of each: ``add``, ``del``, empty, or ``hunk`` between two places; its number before and after; the line.
    """
    rows: list[tuple[str, int | None, int | None, str]] = []
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        if rows:
            rows.append(("hunk", None, None, ""))
        for tag, low, high, first, last in group:
            if tag == "equal":
                rows += [("", low + n + 1, first + n + 1, line) for n, line in enumerate(before[low:high])]
                continue
            rows += [("del", n + 1, None, before[n]) for n in range(low, high)]
            rows += [("add", None, n + 1, after[n]) for n in range(first, last)]
    return rows


def _posted_text() -> str:
    """The text of a form, with the ends of lines that files have: browsers send others."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    return text if text.endswith("\n") or not text else text + "\n"


def _first_app(policy: Policy) -> str:
    apps = policy.file.applies_to.app
    return apps[0] if apps else "try"


def _said(judgement: Judgement, name: str) -> dict[str, Any]:
    """What a judgement comes to, and why, for the page."""
    verdict = judgement.verdict
    own = next((each for each in verdict.policies if each.policy.name == name), None)
    return {
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "because": own.because if own is not None else "",
        "rules": list(own.deciding) if own is not None else [],
        "near": list(own.near_misses) if own is not None else [],
        "found": sorted({(each.label, each.confidence) for each in judgement.detections}, key=_surest)[:12],
        "failures": judgement.failures,
    }


def _surest(found: tuple[str, float]) -> tuple[float, str]:
    return -found[1], found[0]
