"""People who sign in: reviewers, leads, policy owners, admins; their passwords and their sessions."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from werkzeug.security import check_password_hash, generate_password_hash

from ground.database import Database
from ground.errors import InputError, NotFound
from review_ui.a2i.chain import note_change
from review_ui.acts import add_act
from review_ui.tables import failed_sign_ins, sign_ins, user_groups, users

ROLES = ("reviewer", "lead", "policy_owner", "admin")
MAY_REVIEW = ("reviewer", "lead", "admin")
SHORTEST_PASSWORD = 10
DERIVATION = "scrypt:32768:8:1"
"""How werkzeug.security derives what is stored; a tenth of a second and 32 MB for each try."""
FAILURES_ALLOWED, FAILURES_WINDOW = 8, timedelta(minutes=10)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")


@dataclass(frozen=True)
class User:
    """A person who may sign in.

    Attributes:
        groups: what work teams name; somebody in none works for every team.
    """

    id: str
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None = None
    groups: tuple[str, ...] = ()

    @property
    def may_review(self) -> bool:
        """True for roles that get tasks."""
        return self.role in MAY_REVIEW


@dataclass(frozen=True)
class Session:
    """A sign-in. `csrf` goes into each form."""

    user: User
    csrf: str


class TooManyFailures(InputError):
    """Too many wrong passwords for this name; later ones are not even looked at."""


class People:
    """Users and sessions in `database`."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._db, self._clock = database, clock

    def add(self, name: str, role: str, password: str, by: str | None = None) -> User:
        """A new user. Raises `InputError` for a bad name, role or password, or a name that is taken.

        Args:
            by: id of who does it, for the log; None for a command.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"name {name!r}: 1 to 63 letters, digits, '.', '_', '@' or '-'")
        if role not in ROLES:
            raise InputError(f"role {role!r} is none of {', '.join(ROLES)}")
        need_password(password)
        user = User(str(uuid.uuid4()), name, role, self._clock())
        row = {
            "id": user.id,
            "name": name,
            "role": role,
            "password_hash": generate_password_hash(password, method=DERIVATION),
            "created_at": user.created_at,
        }

        def work(c: Connection) -> None:
            c.execute(sa.insert(users).values(row))
            self._note(c, "person added", by, name, role)

        try:
            self._db.write(work, step="people.add")
        except sa.exc.IntegrityError as error:
            raise InputError(f"there is a user '{name}' already") from error
        return user

    def list(self) -> Sequence[User]:
        """Everybody, by name, with their groups."""

        def work(c: Connection) -> list[User]:
            groups: dict[str, list[str]] = {}
            for row in c.execute(sa.select(user_groups).order_by(user_groups.c.name)):
                groups.setdefault(row.user_id, []).append(row.name)
            rows = c.execute(sa.select(users).order_by(users.c.name))
            return [replace(_user(row), groups=tuple(groups.get(row.id, ()))) for row in rows]

        return self._db.read(work)

    def set_groups(self, name: str, groups: Iterable[str], by: str | None = None) -> None:
        """Put somebody into these groups and no others. Raises `NotFound`, or `InputError` for a name that is none."""
        wanted = sorted(set(groups))
        for group in wanted:
            if not is_group(group):
                raise InputError(f"group {group!r}: 1 to 63 letters, digits or signs, and no blanks")

        def work(c: Connection) -> None:
            put_into_groups(c, _held(c, name).id, wanted)
            self._note(c, "groups changed", by, name, ", ".join(wanted))

        self._db.write(work, step="people.set_groups")

    def disable(self, name: str, by: str | None = None) -> None:
        """Shut a user out, from open sessions too, at once. Raises `NotFound`, or `InputError` for the last admin."""
        if not _NAME.fullmatch(name):
            raise NotFound("no such user")

        def work(c: Connection) -> None:
            row = _held(c, name)
            if by is not None:
                _need_another_admin(c, row)
            c.execute(sa.update(users).where(users.c.id == row.id).values(disabled_at=self._clock()))
            c.execute(sa.delete(sign_ins).where(sign_ins.c.user_id == row.id))
            self._note(c, "shut out", by, name)

        self._db.write(work, step="people.disable")

    def enable(self, name: str, by: str | None = None) -> None:
        """Let somebody in again who was shut out. Raises `NotFound`."""

        def work(c: Connection) -> None:
            row = _held(c, name)
            c.execute(sa.update(users).where(users.c.id == row.id).values(disabled_at=None))
            self._note(c, "let in again", by, name)

        self._db.write(work, step="people.enable")

    def set_role(self, name: str, role: str, by: str | None = None) -> None:
        """Give somebody another role, in open sessions too. Raises `NotFound`, or `InputError` for the last admin."""
        if role not in ROLES:
            raise InputError(f"role {role!r} is none of {', '.join(ROLES)}")

        def work(c: Connection) -> None:
            row = _held(c, name)
            if row.role == role:
                return
            if role != "admin":
                _need_another_admin(c, row)
            c.execute(sa.update(users).where(users.c.id == row.id).values(role=role))
            self._note(c, "role changed", by, name, f"{row.role} to {role}")

        self._db.write(work, step="people.set_role")

    def reset_password(self, name: str, by: str | None = None) -> str:
        """Give somebody a made password, and end their sessions; the password, to be shown once. Raises `NotFound`."""
        password = _made_password()
        hashed = generate_password_hash(password, method=DERIVATION)

        def work(c: Connection) -> None:
            row = _held(c, name)
            c.execute(sa.update(users).where(users.c.id == row.id).values(password_hash=hashed))
            c.execute(sa.delete(sign_ins).where(sign_ins.c.user_id == row.id))
            c.execute(sa.delete(failed_sign_ins).where(failed_sign_ins.c.name == name))
            self._note(c, "password reset", by, name)

        self._db.write(work, step="people.reset_password")
        return password

    def change_password(self, name: str, old: str, new: str, keep: str = "") -> None:
        """Change one's own password; all sessions end but the one of the token `keep`.

        Raises:
            InputError: the old one is wrong, or the new one is too short or the same.
            TooManyFailures: too many wrong passwords for this name.
        """
        need_password(new)
        if new == old:
            raise InputError("the new password is the old one")
        user = self.verify(name, old)
        if user is None:
            raise InputError("the old password is wrong")
        hashed = generate_password_hash(new, method=DERIVATION)

        def work(c: Connection) -> None:
            c.execute(sa.update(users).where(users.c.id == user.id).values(password_hash=hashed))
            others = (sign_ins.c.user_id == user.id) & (sign_ins.c.token_sha256 != _digest(keep))
            c.execute(sa.delete(sign_ins).where(others))
            self._note(c, "password changed", user.id, name)

        self._db.write(work, step="people.change_password")

    def end_sessions(self, name: str, by: str | None = None) -> int:
        """Sign somebody out everywhere; says how many sessions there were. Raises `NotFound`."""

        def work(c: Connection) -> int:
            row = _held(c, name)
            ended = c.execute(sa.delete(sign_ins).where(sign_ins.c.user_id == row.id)).rowcount
            self._note(c, "sessions ended", by, name, str(ended))
            return ended

        return self._db.write(work, step="people.end_sessions")

    def sessions(self) -> dict[str, tuple[int, datetime]]:
        """By user id, how many sessions somebody has, and when the newest began."""
        live = sign_ins.c.expires_at > self._clock()
        query = sa.select(sign_ins.c.user_id, sa.func.count(), sa.func.max(sign_ins.c.created_at)).where(live)
        rows = self._db.read(lambda c: c.execute(query.group_by(sign_ins.c.user_id)).all())
        return {row[0]: (row[1], row[2]) for row in rows}

    def _note(self, c: Connection, kind: str, by: str | None, name: str, detail: str = "") -> None:
        """Write into the log what one person did to another. What commands do is nobody's, and in the chain alone."""
        if by is not None:
            add_act(c, self._clock(), kind, by, detail=detail, subject=f"person:{name}")
        else:
            note_change(c, kind, f"person:{name}", self._clock(), detail=detail, by="command")

    def ensure_first_admin(self) -> str | None:
        """Make user ``admin`` when there is nobody yet; its password, to be shown once, or None."""
        if self._db.read(lambda c: c.execute(sa.select(users.c.id).limit(1)).first()) is not None:
            return None
        password = _made_password()
        self.add("admin", "admin", password)
        return password

    def verify(self, name: str, password: str) -> User | None:
        """The user with this name and password, unless shut out. Takes as long for a name that nobody has.

        Raises:
            TooManyFailures: too many wrong passwords for this name; this one was not looked at.
        """
        if not _NAME.fullmatch(name):
            check_password_hash(_nobody(), password[:1000])
            return None
        # Counted as a failure before it is looked at: guesses at the same time could all pass a count made first.
        attempt, is_last = self._db.write(lambda c: self._count_attempt(c, name), step="people.count_attempt")
        row = self._db.read(lambda c: c.execute(sa.select(users).where(users.c.name == name)).first())
        matches = check_password_hash(row.password_hash if row is not None else _nobody(), password[:1000])
        if row is None or not matches or row.disabled_at is not None:
            # Names that nobody has are not written down: somebody may have typed a password there.
            if row is not None and is_last:
                self._db.write(lambda c: self._note_failures(c, row.id), step="people.note_failures")
            return None
        self._db.write(
            lambda c: c.execute(sa.delete(failed_sign_ins).where(failed_sign_ins.c.id == attempt)),
            step="people.forget_attempt",
        )
        return _user(row)

    def _note_failures(self, c: Connection, user_id: str) -> None:
        """Record that no more passwords of somebody are looked at for a while; once, however many follow."""
        note_change(c, "sign-ins refused", f"person:{user_id}", self._clock(), detail=f"{FAILURES_ALLOWED} in a row")

    def _count_attempt(self, c: Connection, name: str) -> tuple[int, bool]:
        """The attempt's number, and whether it is the last one that is looked at."""
        now = self._clock()
        # On Postgres, attempts for one user wait for each other here; SQLite has one writer anyway.
        c.execute(sa.select(users.c.id).where(users.c.name == name).with_for_update())
        c.execute(sa.delete(failed_sign_ins).where(failed_sign_ins.c.at < now - FAILURES_WINDOW))
        recent = sa.select(sa.func.count()).select_from(failed_sign_ins).where(failed_sign_ins.c.name == name)
        earlier = c.execute(recent).scalar_one()
        if earlier >= FAILURES_ALLOWED:
            raise TooManyFailures("too many wrong passwords for this name; wait ten minutes")
        made = c.execute(sa.insert(failed_sign_ins).values(name=name, at=now)).inserted_primary_key
        assert made is not None
        return int(made[0]), earlier + 1 == FAILURES_ALLOWED

    def sign_in(self, name: str, password: str, hours: float) -> str | None:
        """A session token, good for `hours`, for the right password, else None. Raises `TooManyFailures`."""
        user = self.verify(name, password)
        if user is None:
            return None
        now = self._clock()
        return self._db.write(lambda c: open_session(c, user.id, now, hours), step="people.sign_in")

    def session(self, token: str) -> Session | None:
        """The session of a token, unless it is over or the user is shut out."""
        query = (
            sa.select(users, sign_ins.c.csrf)
            .join(sign_ins, sign_ins.c.user_id == users.c.id)
            .where(sign_ins.c.token_sha256 == _digest(token), sign_ins.c.expires_at > self._clock())
            .where(users.c.disabled_at.is_(None))
        )
        row = self._db.read(lambda c: c.execute(query).first())
        return Session(_user(row), row.csrf) if row is not None else None

    def sign_out(self, token: str) -> None:
        """End a session; nothing happens when it is over."""

        def work(c: Connection) -> None:
            mine = sa.delete(sign_ins).where(sign_ins.c.token_sha256 == _digest(token)).returning(sign_ins.c.user_id)
            user_id = c.execute(mine).scalar()
            if user_id is not None:
                note_change(c, "signed out", f"person:{user_id}", self._clock())

        self._db.write(work, step="people.sign_out")


def need_password(password: str) -> None:
    """Raises `InputError` for a password that is too short or too long."""
    if len(password) < SHORTEST_PASSWORD or len(password) > 1000:
        raise InputError(f"a password has at least {SHORTEST_PASSWORD} characters")


def _made_password() -> str:
    """64 random bits that can be read out."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


def _held(c: Connection, name: str) -> Any:
    """A user's row, nobody else's until the end of the transaction. Raises `NotFound`."""
    row = c.execute(sa.select(users).where(users.c.name == name).with_for_update()).first()
    if row is None:
        raise NotFound(f"no user '{name}'")
    return row


def _need_another_admin(c: Connection, row: Any) -> None:
    """Raises `InputError` where nobody would be left who may change this."""
    others = (users.c.role == "admin") & users.c.disabled_at.is_(None) & (users.c.id != row.id)
    if row.role == "admin" and c.execute(sa.select(users.c.id).where(others).with_for_update()).first() is None:
        raise InputError("this is the last admin; make somebody else admin first")


def is_group(name: str) -> bool:
    """True of what can name a group: letters, marks, digits, punctuation and symbols, as in SageMaker's work teams."""
    return 1 <= len(name) <= 63 and all(unicodedata.category(letter)[0] in "LMNPS" for letter in name)


def put_into_groups(c: Connection, user_id: str, groups: Iterable[str]) -> None:
    """Put somebody into these groups and no others."""
    c.execute(sa.delete(user_groups).where(user_groups.c.user_id == user_id))
    rows = [{"user_id": user_id, "name": name} for name in sorted(set(groups))]
    if rows:
        c.execute(sa.insert(user_groups), rows)


def open_session(c: Connection, user_id: str, now: datetime, hours: float) -> str:
    """A new session of somebody who proved who they are, good for `hours`; its token, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    session = {
        "token_sha256": _digest(token),
        "user_id": user_id,
        "csrf": secrets.token_urlsafe(24),
        "created_at": now,
        "expires_at": now + timedelta(hours=hours),
    }
    c.execute(sa.delete(sign_ins).where(sign_ins.c.expires_at < now))
    c.execute(sa.insert(sign_ins).values(session))
    note_change(c, "signed in", f"person:{user_id}", now)
    return token


@cache
def _nobody() -> str:
    """Checked when there is no such user, so that the time taken does not tell."""
    return generate_password_hash("nobody", method=DERIVATION)


def _user(row: Any) -> User:
    return User(row.id, row.name, row.role, row.created_at, row.disabled_at)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
