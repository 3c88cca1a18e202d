"""The words of a condition: what stands in a policy file goes in, a checked model of it comes out; one file a family.

`moderation.core.rules.words` has a file of the same name with what each word means.
"""
