"""Twenty minutes of mixed load and trouble, with dice: ``pytest -m nightly``; GATEKEEPER_SOAK_S and _SEED choose.

Boxes, a BRAS and a shop go on while the gate is killed, stopped, reloaded, its disk fills, fails or is slow, its store
is locked, and its clock is set. Two things must hold all the time: an address has never two holders, and what was
acknowledged, a lease or an order, is not lost.
"""
