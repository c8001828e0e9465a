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

# [[acs.class]]                          # boxes told otherwise, by option 60 or 124; the first class that fits
# match = "SCITV"                        # a part of it; exact = "..." all of it
# encoding = "plain"                     # and any other key of [acs]

[dhcp]
# interfaces = ["eth0.100"]              # boxes heard directly on the access VLAN
listen = ["0.0.0.0:67"]                  # relays and renewals
# trusted = ["eth0.100"]                 # interfaces where Option 82 is believed without a relay
# check_source_mac = true                # the frame's source MAC must be chaddr
# arp_probe = "first"                    # off | first: ask for an address on the link before it is offered
# quarantine_s = 3600                    # nobody gets a declined address before that
# offer_s = 30
# rapid_commit = false                   # RFC 4039
# deny_auto_configure = false            # RFC 2563: tell refused boxes not to make up an address
# leasequery = ["10.20.0.1"]             # relays and BRAS that may ask which box holds which address (RFC 4388)

[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.0-10.20.255.250"]
routers = ["10.20.0.1"]
dns = ["10.20.0.53", "10.20.0.54"]
# interface = "eth0"                     # with vlan: boxes heard directly on this VLAN of a trunk, which is
# vlan = 100                             # then named in interfaces and needs no subinterface
# server = "10.20.0.2"                   # our address as the boxes of this subnet know it
lease_s = 3600
# shared_network = "north"               # subnets of one name are on one link
# renew_s = 1800                         # options 58 and 59: renew_s < rebind_s < lease_s
# rebind_s = 3150
# [dhcp.subnet.options]                  # by number or IANA name, typed by the option table
# ntp-servers = "10.20.0.1"
# domain-name = "itv.example.net"
# domain-search = ["itv.example.net", "example.net"]
# 121 = ["10.0.0.0/8 10.20.0.1"]         # classless routes: NETWORK/LENGTH ROUTER
# 125 = { 3561 = { 21 = "0x00" } }       # enterprise, sub-option = text, or octets as 0x...

# [[dhcp.option]]                        # an option of your own, for options above
# code = 224
# name = "stb-profile"
# type = "text"                          # ip ips text u8 u16 u32 i32 u8s u16s flag hex routes domains ...

[radius]
listen_auth = ["0.0.0.0:1812"]
listen_acct = ["0.0.0.0:1813"]
# stale_session_s = 86400                # a session that no NAS has reported on for so long is over

[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.0/24"
secret = "{secret}"
nas = "huawei"                           # which rate attributes it understands
require_message_authenticator = "auto"   # yes | no | auto
mac_password = "mac"                     # "mac" | "any" | { shared = "..." }
# coa_port = 3799                        # where it takes CoA and Disconnect

[binding]
port = "learn"                           # off | learn (first port seen is locked) | strict (only the ordered port)
boxes_per_account = 2

# boxes_per_port = 4                     # boxes that may be bound to one port

# [orders]
# hold_s = 0                             # an order whose account is not installed yet waits for so long

# [history]
# keep_days = 90                         # of the journal (gatekeeper timeline) and of sessions that have ended

[limits]                                 # packets per second of each protocol; bursts of two seconds pass
per_mac_per_s = 5
per_port_per_s = 50                      # access line
per_nas_per_s = 20000                    # NAS, relay or interface
total_per_s = 0                          # 0 = no limit

# [api]                                  # HTTP: orders in, everything that show gives out, metrics
# listen = "127.0.0.1:8067"
# token_file = "api.token"               # made with mode 0600 at the first start; 'Authorization: Bearer ...'
"""
