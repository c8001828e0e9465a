"""What of the RFCs gatekeeper's DHCP serves, honestly. Each row that is served has a test, named in tests/house."""

from typing import Final, NamedTuple


class RfcRow(NamedTuple):
    """One rule. served: yes, partly or no."""

    rfc: int
    section: str
    rule: str
    served: str
    note: str = ""


ROWS: Final = (
    RfcRow(951, "3", "messages of 300 octets at least", "yes"),
    RfcRow(1542, "4.1.1", "more than 16 hops: dropped", "yes"),
    RfcRow(2131, "2", "no reply larger than the box takes (576 octets, or option 57)", "yes"),
    RfcRow(2131, "3", "options behind the magic cookie; pads, missing END and empty options are accepted", "yes"),
    RfcRow(2131, "4.1", "where replies go: giaddr, ciaddr, broadcast flag, chaddr without ARP", "yes",
           "a NAK to a renewal from behind a router or relay, where no broadcast arrives, goes to ciaddr"),
    RfcRow(2131, "4.1", "option overload, read and written", "yes"),
    RfcRow(2131, "4.2", "silence for boxes that are not registered", "yes"),
    RfcRow(2131, "4.2", "a lease is its client identifier's, else its chaddr's", "partly",
           "its chaddr's: orders name boxes by MAC; the client identifier is kept with it and found by lease queries"),
    RfcRow(2131, "4.3.1", "which address: held, held before, asked for, next", "yes"),
    RfcRow(2131, "4.3.1", "an offer is kept for its box", "yes"),
    RfcRow(2131, "4.3.2", "SELECTING, ours and another server's", "yes"),
    RfcRow(2131, "4.3.2", "INIT-REBOOT: ACK, NAK, silence without a record", "yes"),
    RfcRow(2131, "4.3.2", "RENEWING and REBINDING", "yes"),
    RfcRow(2131, "4.3.2", "options 50 and 54 and ciaddr where table 4 has them", "partly",
           "clients that misplace them are answered where they mean one thing only; [dhcp] lenient = false: silence"),
    RfcRow(2131, "4.3.3", "DHCPDECLINE: quarantine, alarm", "yes"),
    RfcRow(2131, "4.3.4", "DHCPRELEASE: free, record kept", "yes"),
    RfcRow(2131, "4.3.5", "DHCPINFORM: neither address nor lease time, answered at ciaddr", "yes",
           "without ciaddr at the address it came from; without any there is no answer"),
    RfcRow(2131, "4.3.6", "which state a message comes from (table 4)", "yes"),
    RfcRow(2131, "4.3", "which options and fields a reply has (table 3)", "yes"),
    RfcRow(2132, "2", "a NUL at the end of text is taken off", "yes"),
    RfcRow(2132, "2-9", "the option table", "yes"),
    RfcRow(2132, "8.4", "option 43 as encapsulated options", "yes"),
    RfcRow(2132, "9.8", "options in the sequence of the request list", "yes"),
    RfcRow(2132, "9.11", "renewal and rebinding times where configured", "yes"),
    RfcRow(2563, "2.3", "option 116: a refused box is told not to make up an address", "yes",
           "off unless [dhcp] deny_auto_configure"),
    RfcRow(3004, "4", "user class", "partly", "can be configured and shown; classes are not made of it"),
    RfcRow(3011, "2", "subnet selection by the box (option 118)", "no", "boxes do not choose their subnet"),
    RfcRow(3046, "2.1", "Option 82 without a relay only from trusted interfaces", "yes"),
    RfcRow(3046, "2.2", "Option 82 echoed octet for octet, last, never overloaded", "yes"),
    RfcRow(3046, "2.1", "renewals without Option 82 keep the line of the lease", "yes"),
    RfcRow(3046, "5", "a limit of boxes per circuit", "yes", "[binding] boxes_per_port"),
    RfcRow(3118, "2", "authentication of DHCP messages", "no", "carried through"),
    RfcRow(3203, "2", "FORCERENEW", "no", "none is sent; the nonce of RFC 6704 is not taken up"),
    RfcRow(3046, "2.0", "sub-options of Option 82", "yes",
           "the first of each counts where relays have appended theirs; bare text is the circuit-id; what is cut says"
           " nothing"),
    RfcRow(3396, "5", "long options are split", "yes"),
    RfcRow(3396, "7", "long options are joined", "yes"),
    RfcRow(3442, "", "classless routes, before the routers", "yes"),
    RfcRow(3527, "3", "link selection", "yes"),
    RfcRow(3925, "3", "vendor class and vendor-specific information by enterprise", "yes"),
    RfcRow(3993, "3", "subscriber-id", "partly", "carried and kept, not acted on"),
    RfcRow(4039, "3", "rapid commit", "yes", "off unless [dhcp] rapid_commit"),
    RfcRow(4388, "6", "LEASEQUERY by address, MAC and client identifier", "yes", "for [dhcp] leasequery only"),
    RfcRow(4702, "3", "client FQDN (option 81)", "no", "ignored, DNS is not updated"),
    RfcRow(5010, "3", "relay flags: the box had sent by unicast", "yes"),
    RfcRow(5107, "4", "server identifier override", "yes"),
    RfcRow(6148, "3", "LEASEQUERY by remote-id", "yes", "for [dhcp] leasequery only"),
    RfcRow(6607, "4", "virtual subnet selection", "partly", "carried and echoed, not acted on"),
    RfcRow(6842, "3", "client identifier echoed in every reply", "yes"),
    RfcRow(6926, "5", "bulk LEASEQUERY", "no"),
    RfcRow(8357, "5.1", "relay source port", "yes"),
    RfcRow(8925, "3.3", "IPv6-only preferred (option 108)", "partly", "sent to those who ask where configured"),
)  # fmt: skip
