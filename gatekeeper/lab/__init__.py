"""A private access network around the real ``gatekeeper serve``, and the stories that are played in it.

::

    box ── portN ┐
    box ── portN ┼ access node (relay, BRAS, router) ── uplink ── gate (gatekeeper serve) and ITMS
    box ── portN ┘      10.20.0.1                                  10.20.0.2        10.20.0.53

Every node is a child process in a network namespace of its own; cables are veth pairs. All of it is real: frames, UDP,
RADIUS, TCP, the command line and the store. Nothing but Python and pyroute2 is needed, and no root where the kernel
lets ordinary users make namespaces.

The map, from the bottom up: ``namespace`` (what is asked of the kernel), ``links`` (interfaces, through pyroute2),
``node`` (a process in a namespace, and calls to it), ``plan`` (addresses, lines, boxes, the configuration), ``cwmp``
(the Inform), ``box``, ``bras``, ``accounting``, ``access_node``, ``itms``, ``gate``, ``capture`` (what the nodes do), ``network`` (all
of them together), ``steps`` and ``stories`` (one function each, in a table), ``run`` (plays the table).
"""
