"""``vision.ppe``: people, where their heads, faces, torsos and hands are, and what they wear on them.

`bodies` finds people and `regions` their parts; `people` adds faces; `covers` says what is worn; `detector` puts it
together. `samples`, `training` and `learning` make the heads of `covers` anew from labelled pictures.
"""
