"""Hostile inputs by the thousand: python -m tests.fuzz --minutes N, from the repository's root.

Each input is a pure function of (seed, kind, number), so that any of them can be tried again alone. It must
end as an answer or as a `YomiteError`; over HTTP, with a status below 500.
"""
