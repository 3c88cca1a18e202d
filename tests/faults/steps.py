"""Which steps of the program which test kills; a step that nobody names here fails a test."""

from __future__ import annotations

EMBEDDED = frozenset(
    {
        "a2i.add_access_key",
        "a2i.ask_to_start",
        "a2i.create_flow_definition",
        "a2i.insert_named",
        "a2i.note_event",
        "a2i.note_output",
        "a2i.put_event_off",
        "a2i.start_loop",
        "a2i.stop_loop",
        "a2i.sweep",
        "a2i.tell",
        "audit.seal",
        "blobs.put",
        "blobs.rename",
        "database.migrate",
        "deliveries.move_leases",
        "deliveries.note",
        "deliveries.send",
        "deliveries.take",
        "fetches.claim",
        "fetches.finish",
        "fetches.move_leases",
        "fetches.put_off",
        "golden.show_feedback",
        "items.add",
        "items.claim",
        "items.decide",
        "items.decide_together",
        "items.free_left_behind",
        "items.make_final",
        "items.move_leases",
        "items.open_appeal",
        "items.release",
        "items.move_waits",
        "items.send_to_people",
        "loops.end",
        "loops.note",
        "people.count_attempt",
        "people.forget_attempt",
        "people.sign_in",
        "policies.record",
        "processes.beat",
        "redactions.claim",
        "tasks.claim",
        "tasks.give_back",
        "tasks.submit_answer",
        "tasks.undo",
    }
)
"""Reached by a day of `moderation serve`."""
STUCK = frozenset({"loops.save_answers"})
"""Reached when an item's human loops come to nothing."""
SCALED = frozenset({"doorbell.ring", "doorbell.answer"})
"""Reached by `moderation serve` and `moderation worker` with Redis between them."""
RETENTION = frozenset({"blobs.delete", "retention.note_deleted"})
"""Reached by `moderation retention --yes`."""
FETCHED = frozenset({"fetches.claim", "fetches.finish", "fetches.move_leases", "fetches.put_off"})
"""Reached where media is named by its address, and its server is slow at first; see `test_front`."""
WAITED = frozenset({"items.move_waits"})
"""Reached where a post with an idempotency key waits for longer than a second."""
KILLED = EMBEDDED | STUCK | SCALED | RETENTION | FETCHED | WAITED

OF_PEOPLE = "somebody's own act, one commit of its own; done again when its page does not come"
OF_OPERATORS = "an operator's command, one commit of its own; done again when it does not say that it is done"
OF_REDACTION = "no item's path; tests/moderation/redacting kills redaction jobs"
OF_CLEANING = "removes what is older than anything looks at; what one round leaves the next one removes"
BESIDE = {
    "a2i.ask_to_stop": "nobody calls it on an item's path",
    "a2i.delete_flow_definition": OF_OPERATORS,
    "a2i.delete_loop": OF_OPERATORS,
    "a2i.delete_named": OF_OPERATORS,
    "a2i.revoke_access_key": OF_OPERATORS,
    "a2i.update_workforce": OF_OPERATORS,
    "a2i.update_workteam": OF_OPERATORS,
    "audit.write_head": "a head that is written twice says the same twice",
    "cleaning.counter_marks": OF_CLEANING,
    "cleaning.deliveries": OF_CLEANING,
    "cleaning.idempotency_keys": OF_CLEANING,
    "cleaning.items": OF_CLEANING,
    "cleaning.object_states": OF_CLEANING,
    "cleaning.orphan": OF_CLEANING,
    "cleaning.processes": OF_CLEANING,
    "cleaning.redaction_jobs": OF_CLEANING,
    "counters.make_key": "one commit of its own, made once; whoever comes next finds it or makes it",
    "deliveries.replay": OF_OPERATORS,
    "exposure.note_missing_harms": "counts for wellbeing, at the first start of a version",
    "fetches.free_forgotten": "mends what somebody did to the database; done again by the next sweep",
    "golden.add": OF_PEOPLE,
    "golden.retire": OF_PEOPLE,
    "identities.end_sessions": OF_PEOPLE,
    "identities.sign_in": OF_PEOPLE,
    "identities.sign_in_at_last": OF_PEOPLE,
    "items.decide_those_left": "the commit of items.decide_together without those that another process decided meanwhile",
    "items.note_problem": "a note for operators, after a fault of the program that no test can bring about from outside",
    "journal.begin": OF_REDACTION,
    "journal.commit": OF_REDACTION,
    "journal.end": OF_REDACTION,
    "journal.fail": OF_REDACTION,
    "journal.forget": OF_REDACTION,
    "journal.note": OF_REDACTION,
    "journal.open": OF_REDACTION,
    "journal.wait_again": OF_REDACTION,
    "keys.add": OF_OPERATORS,
    "keys.revoke": OF_OPERATORS,
    "ledger.bury": "intake from SQS: the message is deleted after this commit, and comes again until it is",
    "ledger.forget": OF_OPERATORS,
    "ledger.take": "intake from SQS: the message is deleted after this commit, and comes again until it is",
    "lists.add": OF_OPERATORS,
    "lists.remove": OF_OPERATORS,
    "loops.let_go": OF_OPERATORS,
    "loops.note_refusal": "a note for operators, when Amazon refuses",
    "people.add": OF_OPERATORS,
    "people.disable": OF_OPERATORS,
    "people.set_groups": OF_OPERATORS,
    "people.sign_out": OF_PEOPLE,
    "policies.roll_back": OF_OPERATORS,
    "preferences.set": OF_PEOPLE,
    "quality.set": OF_PEOPLE,
    "queues.pause": OF_PEOPLE,
    "queues.prioritise": OF_PEOPLE,
    "readiness.write": "writes nothing",
    "redactions.add": OF_REDACTION,
    "redactions.add_again": OF_REDACTION,
    "redactions.give_back": OF_REDACTION,
    "redactions.keep": OF_REDACTION,
    "redactions.stop": OF_REDACTION,
    "restore.note_deleted": OF_OPERATORS,
    "retention.note_tagged": "tags objects in S3, again when it is not noted",
    "s3.delete": "as blobs.delete, which is killed",
    "s3.put": "as blobs.put, which is killed; S3 answers once the object is durable",
    "tasks.change": OF_PEOPLE,
    "tasks.renew": OF_PEOPLE,
    "tasks.decide_batch": "the same rows as tasks.submit_answer, which is killed",
    "tasks.unassign_severe": OF_PEOPLE,
    "tasks.undo_batch": "the same rows as tasks.undo, which is killed",
    "tasks.unmask": OF_PEOPLE,
}
"""Not killed here, and why."""
