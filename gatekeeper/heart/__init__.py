"""The life of a question: heard, read, waits for facts, for AAA's word, decided, waits for an ARP probe, for its
commit, told. Pure: fed with datagrams, answers and time; asked for what it needs, what to send, what it tells, and when
it is due.

Its laws:

1. Every datagram that is received ends exactly once, as one ``Told`` or one ``Bug``.
2. Nothing durable is sent before its commit has ended well; what is lost is told with its reason.
3. Whoever waits too long for something, or finds no room to wait in, goes on without it (``Room``).
4. A bug on the way of one packet costs that packet.
5. What was looked up before it changed is looked up again.

``life`` has the sequence; ``waiting`` is a room, ``lookups``, ``elsewhere`` and ``batches`` are those that there are;
``endings`` are how a question ends, ``told`` what comes out, ``tallies`` a reader of it that counts. ``needs`` is what
is asked of the world outside, ``ports`` what is asked of the engines, which ``engines`` makes.
"""
