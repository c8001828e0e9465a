"""The only place where wire, state, policy and reply meet: DhcpEngine, RadiusEngine, OrderDesk."""
