"""The work of reviewers and leads: waiting tasks go in, answers come out, each act written to the audit log."""
