"""Real DHCP and RADIUS clients in network namespaces against the real ``gatekeeper serve``."""
