"""gatekeeper: the gate of an IPTV access network. One engine with two mouths, DHCP and RADIUS.

The nouns (``model``): a *box* has a *MAC*; an *order* binds it to an *account*, which has a *rate* and, once known, a
*port* (the access line); that is its *binding*. A *lease* is an address held by a box. A packet leads to a *verdict*,
a refusal always to one with a *reason*. What a verdict changes are *effects*.

One packet's journey::

    drivers.gate      drains datagrams, reads the clock once
      heart             has the sequence, and waits with what has to wait:
        engine.read       wire: bytes -> message, or Malformed -> silence with a reason
        needs             facts that state.world lacks, AAA's word, an ARP probe: drivers.supply gets them
        engine.answer     policy: facts -> verdict (the first objecting rule wins)
                          reply:  verdict -> bytes
                          state:  world.apply(effects)
        next_batch        effects that must last: drivers.commit, one fsynced transaction a batch
        told              how the question ended, once: sent by the loop, read by log and tallies

Accounting goes the same way. An order comes by ``intake``, ``api`` or ``cli`` to ``office``, where both doors meet, and
from there to ``engine.order_desk`` and the ``store``, which tells running engines by its change feed, and NASes through
``drivers.dynauth``.

``heart engine policy reply state wire model`` are pure: the same bytes, time and answers give the same outcome. That is
why ``serve``, ``replay``, ``explain`` and the tests are drivers of one heart. ``docs/architecture.md`` has the house.
"""

__version__ = "0.1.0"
