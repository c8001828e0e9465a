"""The configuration that ``gatekeeper init`` writes."""

from typing import Final

TEMPLATE: Final = """\
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
# username = "itv"                       # of the box at the ACS, where the encoding has a place for it
# password = "..."
# hex = "0x0109687474703a2f2f612f"       # with encoding = "hex": the octets of option 43 themselves

# [[acs.class]]                          # boxes told otherwise, by option 60 or 124; the first class that fits
# match = "SCITV"                        # a part of it
# exact = "dslforum.org"                 # or all of it
# url = "http://acs2.example.net/"
# encoding = "plain"                     # and any other key of [acs]

[dhcp]
# interfaces = ["eth0.100"]              # boxes heard directly on the access VLAN
listen = ["0.0.0.0:67"]                  # relays and renewals, and boxes on this machine's own networks
# server_id = "10.20.0.2"                # what boxes know us by, if not the address that was asked
# trusted = ["eth0.100"]                 # interfaces where Option 82 is believed without a relay
# check_source_mac = true                # the frame's source MAC must be chaddr
# arp_probe = "first"                    # off | first: ask for an address on the link before it is offered
# quarantine_s = 3600                    # nobody gets a declined address before that
# declines_per_hour = 3                  # that one box is believed; then it gets its own address again
# offer_s = 30
# max_age_s = 4                          # a packet that waited in a queue for longer is dropped, of RADIUS too: whoever
                                         # sent it has asked again since; 0 = none is
# answer_runs = "auto"                   # answers to one relay in one call: auto (where links or the relay itself
                                         # show that it gets them; dhcrelay on this host does not) | always | never
# defer = 0.15                           # share of a lease before which who comes back is told what remains; 0 = never
# min_lease_s = 5                        # less is never told of a lease that remains
# rapid_commit = false                   # RFC 4039
# deny_auto_configure = false            # RFC 2563: tell refused boxes not to make up an address
# lenient = true                         # answer small clients that misplace options 50 and 54; false: RFC 2131 alone
# relays = ["10.20.0.1"]                 # source addresses or networks of all relays; others' Option 82 is not believed
# leasequery = ["10.20.0.1"]             # relays and BRAS that may ask which box holds which address (RFC 4388)
# authorize = "radius"                   # local: the orders decide about boxes | radius: an upstream AAA does

[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.1-10.20.255.250"]
routers = ["10.20.0.1"]
dns = ["10.20.0.53", "10.20.0.54"]
# interface = "eth0"                     # with vlan: boxes heard directly on this VLAN of a trunk, which is
# vlan = 100                             # then named in interfaces and needs no subinterface
# server = "10.20.0.2"                   # our address as the boxes of this subnet know it
lease_s = 3600
# shared_network = "north"               # subnets of one name are on one link
# renew_s = 1800                         # options 58 and 59: renew_s < rebind_s < lease_s
# rebind_s = 3150
# defer = 0                              # as in [dhcp], for this subnet
# min_lease_s = 60
# next_server = "10.20.0.9"              # siaddr: where boxes fetch what they start from
# boot_file = "stb/kernel.bin"           # file, and option 67 for who asks
# server_name = "tftp.example.net"       # sname, and option 66 for who asks
# [dhcp.subnet.options]                  # by number or IANA name, typed by the option table
# ntp-servers = "10.20.0.1"
# domain-name = "itv.example.net"
# domain-search = ["itv.example.net", "example.net"]
# 121 = ["10.0.0.0/8 10.20.0.1"]         # classless routes: NETWORK/LENGTH ROUTER
# v4-dnr = ["1, dot.example.net, 10.20.0.53, alpn=dot port=853"]   # encrypted DNS (RFC 9463)
# 125 = { 3561 = { 21 = "0x00" } }       # enterprise, sub-option = text, or octets as 0x...

# [[dhcp.option]]                        # an option of your own, for options above
# code = 224
# name = "stb-profile"
# type = "text"                          # ip ips text u8 u16 u32 i32 u8s u16s flag hex routes domains ...

# [[dhcp.class]]                         # boxes told otherwise, by option 60 or 124; the first class that fits
# match = "KreaTV"                       # a part of it
# exact = "KreaTV 5"                     # or else all of it
# next_server = "10.20.0.10"             # any of next_server boot_file server_name options lease_s
# options = { 43 = "0x0a0b" }            # above those of the subnet and above [acs]
# force = false                          # true: send these options whether or not option 55 asks

# [[dhcp.profile]]                       # the same by the plan of an order, above the class
# plan = "gold"
# boot_file = "gold/kernel.bin"

# [dhcp.radius]                          # with authorize = "radius": who is asked about a box
# user_name = "{mac}"                    # {mac} {mac-} {mac:} {mac.} {mac-4}, {MAC} ... in upper case, {option12}
#                                        # {option60} {option61} {circuit_id} {remote_id} {giaddr} {stbid}
# password = "mac"                       # "mac": as user_name spells it | { shared = "..." }
# timeout_s = 1.0                        # for each try; tries x timeout_s x servers is 10 at most
# tries = 2                              # then the next server is asked
# cache_s = 30                           # an answer is used again for so long, a rejection for 5 s at most; 0 = never
# hold_down_s = 30                       # a server that did not answer is asked last for so long
# nas_identifier = "gatekeeper"
# [[dhcp.radius.server]]                 # in sequence of preference
# address = "192.0.2.9:1812"
# secret = "..."
# require_message_authenticator = true   # false: its answers need none, and can be forged (CVE-2024-3596)

[radius]
listen_auth = ["0.0.0.0:1812"]
listen_acct = ["0.0.0.0:1813"]
# dictionaries = ["/usr/share/freeradius"]   # folders or files, as FreeRADIUS has them, beside those that are shipped
# stale_session_s = 86400                # a session that no NAS has reported on for so long is over

[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.0/24"
secret = "{secret}"
nas = "huawei"                           # generic huawei zte h3c cisco juniper nokia redback mikrotik accel-ppp wispr
require_message_authenticator = "auto"   # yes | no | auto: from the first request that has one
# limit_proxy_state = "auto"             # auto, yes: no Proxy-State without Message-Authenticator (CVE-2024-3596) | no
# send_message_authenticator = true      # false: for clients that throw away answers with it (Check Point sk182516)
mac_password = "mac"                     # "mac" | "any" | { shared = "..." }, by PAP, CHAP or EAP-MD5
# coa_port = 3799                        # where it takes CoA and Disconnect
# kilobit = 1024                         # bits in the order's kbit, 1000 if not said
# user_name = "{sysname}-{mac}-{pevlan}@{domain}"    # what must fit; also stbid option12 option60 option61 option82
                                         # circuit_id remote_id cevlan slot port ip gateway any
# port_from = ["ADSL-Agent-Circuit-Id", "NAS-Port-Id", "NAS-Port"]   # instead of the dialect's own sequence
# nas_port = "slot:8 subslot:4 port:8 vlan:12"       # what the 32 bits of NAS-Port mean
# rates = { "WISPr-Bandwidth-Max-Down" = "{down_bps}" }   # instead of the dialect's row; up_bps down_bps up_kbps
                                         # down_kbps up_text down_text up_burst down_burst account mac
# rate_unit = "kbit"                     # kbit | bit: what zte is told, on which sources contradict each other
# filter_id = "{down_kbps}-{up_kbps}"
# reply = { "Tunnel-Type:1" = "VLAN", "Tunnel-Medium-Type:1" = "IEEE-802", "Tunnel-Private-Group-Id:1" = "180" }
                                         # any attribute of the dictionaries; a list for several; as templates with the
                                         # fields of rates and plan subscriber stbid port address
# framed_address = true                  # tell an ordered address as Framed-IP-Address
# framed_pool = "itv"                    # where no address is ordered
# session_timeout_s = 86400
# acct_interim_interval_s = 600
# option_43 = true                       # the NAS is the DHCP server: tell it the ACS

# [[radius.profile]]                     # beside the client's reply, and above it, where the order has this plan
# plan = "gold"
# clients = ["bras1"]                    # only these
# coa = true                             # a CoA has all of reply, not only what depends on the rate
# reply = { "Cisco-AVPair" = ["ip:addr-pool=gold", "sub-qos-policy-out=gold"], "Session-Timeout" = 3600 }

[binding]
port = "learn"                           # off | learn (first port seen is locked) | strict (only the ordered port)
boxes_per_account = 2
# boxes_per_port = 0                     # boxes that may be bound to one port; 0 = no limit: many a "port" is a VLAN
# shared_line = 8                        # a line of more accounts is a VLAN: show ports, log, check say so; 0 = never
# stbid = "warn"                         # off | warn | refuse: a box whose option 12 is an STBID that is not its own
# missing = "refuse"                     # refuse | allow: a box that names no port, where its account is bound to one
# port_key = "circuit-id"                # circuit-id | remote-id | both: the part of Option 82 that is the port
# port_names = { "bras1" = "10.20.0.1", "10.20.0.3" = "10.20.0.1" }   # names of one access node: NAS, giaddr
# line_templates = ["{node} xpon {slot}/{port}:{onu}"]   # how your access nodes write a line, before the known forms;
                                         # also rack frame subslot onu_slot onu_subslot onu_port svlan cvlan vlan any

# port_names = { "10.20.0.1" = "bras1" } # relay (giaddr) and NAS (name) that are one node under two names

# [orders]
# hold_s = 0                             # an order whose account is not installed yet waits for so long
# address = "note"                       # note | strict (refused): an ordered address that is in no [[dhcp.subnet]]

# [history]
# keep_days = 90                         # of the journal (gatekeeper timeline) and of sessions that have ended

[limits]                                 # packets per second of each protocol; bursts of two seconds pass
per_mac_per_s = 5
per_port_per_s = 50                      # access line
per_nas_per_s = 20000                    # NAS, relay or interface
total_per_s = 0                          # 0 = no limit

# [log]
# packets = "all"                        # all | refused | none

# [api]                                  # HTTP: orders in, everything that show gives out, metrics
# listen = "127.0.0.1:8067"
# token_file = "api.token"               # made with mode 0600 at the first start; 'Authorization: Bearer ...'
"""
