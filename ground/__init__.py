"""The shared ground: database, blobs, guarded fetch, base errors, AWS's wire protocol.

No word of moderation is said here, and nothing of `review_ui` or `moderation` is imported.
"""
