"""Load on a gate, or on any DHCP or RADIUS server: what ``gatekeeper bench`` plays.

A *crowd* of boxes has its exchanges through a *talk*, which is one protocol's: it makes datagrams from templates and
verifies each answer. A *load* keeps a window of exchanges outstanding (closed loop), or begins so many a second (open
loop); a *herd* has all boxes boot at once and retransmit as RFC 2131 4.1 wants it. What comes of it is counted in a
*tally*.

The map, from the bottom up: ``histogram`` (latencies), ``tally`` (counts), ``crowd`` (who is played), ``messages`` and
``door`` (a socket, datagrams in batches), ``options`` (an answer's tail, read and remembered), ``dhcp`` and ``radius``
(talks), ``load`` and ``herd`` (loops), ``outcome`` (a row of figures), ``playing`` (a process of its own that plays,
and tells how far it is).

What runs for each packet (``histogram tally crowd door options talk dhcp radius load herd``) passes mypyc as it stands.
"""
