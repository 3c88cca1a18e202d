"""Policy packs: policies with their tests, examples and figures, in a folder that can be passed on and pinned."""
