"""gatekeeper: the gate of an IPTV access network. One engine with two mouths, DHCP and RADIUS.

The nouns (``model``): a *box* has a *MAC*; an *order* binds it to an *account*, which has a *rate* and, once known, a
*port* (the access line); that is its *binding*. A *lease* is an address held by a box. A packet leads to a *verdict*,
a refusal always to one with a *reason*. What a verdict changes are *effects*.

One packet's journey::

    drivers.sockets   drains datagrams, reads the clock once
      engine.read       wire: bytes -> message, or Malformed -> silence with a reason
      store.facts       one query for the MACs that state.world does not know
      engine.answer     policy: facts -> verdict (the first objecting rule wins)
                        state:  world.apply(effects)
                        reply:  verdict -> bytes
      drivers.commit    effects that must last: one fsynced transaction a batch, and only then the answer is sent

Accounting goes the same way. An order comes by ``intake``, ``api`` or ``cli`` to ``office``, where both doors meet, and
from there to ``engine.order_desk`` and the ``store``, which tells running engines by its change feed, and NASes through
``drivers.dynauth``.

``engine policy reply state wire model`` are pure: the same bytes, time and facts give the same outcome. That is why
``replay`` and ``explain`` are the same engine with another driver.
"""

__version__ = "0.1.0"
