"""What the words of a condition mean: a checked condition goes in, a test that a scene can be put to comes out.

One file a family, named as the one in `moderation.core.policy.words` that says how the word is written.
"""
