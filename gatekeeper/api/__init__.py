"""HTTP: orders in, everything that ``show``, ``explain``, ``timeline`` and ``clear`` do, metrics.

A process of its own beside the packet process, over its own connections to the store; ``drivers.api_process`` starts
it, and starts it again. One request's journey::

    process    the socket that serve has bound
    connections   how many, and how long each may be silent
      guard      token, size, media type, depth; JSON -> values
      app        which function answers; every refusal has one shape
        orders reads clearing tmf641 health metrics
          reading lists cursors   some long reads at a time; an answer kept until it is taken; where it goes on
          backing    the configuration, and a connection of the store
          gatekeeper.office does it
"""
