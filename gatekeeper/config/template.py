"""The configuration that ``gatekeeper init`` writes."""

TEMPLATE = """\
# gatekeeper: DHCP and RADIUS by MAC whitelist. 'gatekeeper check' tells what is wrong with this file.

[store]
url = "sqlite:gatekeeper.db"

[acs]                                    # what Option 43 tells a box; an order may override the URL
url = "http://itms.example.net:7547/acs"
# provisioning_code = "SC.IPTV.01"
# retry_minimum_wait_s = 5
# retry_multiplier = 2000
encoding = "tr069"                       # tr069 | plain | h3c | nested | option125 | hex
force = true                             # send it whether or not option 55 asks

[dhcp]
# interfaces = ["eth0.100"]              # boxes heard directly on the access VLAN
listen = ["0.0.0.0:67"]                  # relays and renewals

[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.0-10.20.255.250"]
routers = ["10.20.0.1"]
dns = ["10.20.0.53", "10.20.0.54"]
lease_s = 3600
# options = { ntp-servers = "10.20.0.1", domain-name = "itv.example.net" }

[radius]
listen_auth = ["0.0.0.0:1812"]

[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.0/24"
secret = "{secret}"
nas = "huawei"                           # which rate attributes it understands
require_message_authenticator = "auto"   # yes | no | auto
mac_password = "mac"                     # "mac" | "any" | { shared = "..." }

[binding]
port = "learn"                           # off | learn (first port seen is locked) | strict (only the ordered port)
boxes_per_account = 2
"""
