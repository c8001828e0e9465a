"""Captures: every frame on the access node's interfaces, one classic pcap file each."""

import os
import socket
import time
from pathlib import Path
from struct import Struct
from typing import Final

from gatekeeper.drivers.files import private_file
from gatekeeper.lab.node import Actor

_ETH_P_ALL: Final = 3
_SNAPSHOT: Final = 65_535
_ETHERNET: Final = 1
# The file format of libpcap (pcap-savefile(5)), microseconds.
_FILE: Final = Struct("<IHHiIII")
_RECORD: Final = Struct("<IIII")
_MAGIC: Final = 0xA1B2C3D4


class PcapFile:
    """One file. Each frame is written through, so that the file is whole whenever the lab ends."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(private_file(path), "wb", buffering=0)
        self._file.write(_FILE.pack(_MAGIC, 2, 4, 0, 0, _SNAPSHOT, _ETHERNET))

    def write(self, frame: bytes, at: float) -> None:
        """at: Unix seconds."""
        micros = int(at * 1_000_000)
        head = _RECORD.pack(micros // 1_000_000, micros % 1_000_000, len(frame), len(frame))
        self._file.write(head + frame)

    def close(self) -> None:
        self._file.close()


class Capture(Actor):
    """Hears all interfaces of the network it is in, those that come later too."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._files: dict[str, PcapFile] = {}
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._socket.setblocking(False)
        self.ears[self._socket] = self._hear

    def flush(self) -> None:
        """Write what is waiting: to be called before an interface goes, whose name would be lost with it."""
        self._hear()

    def stop(self) -> list[str]:
        """Write what is waiting and end; the names of the interfaces heard."""
        self._hear()
        for file in self._files.values():
            file.close()
        del self.ears[self._socket]
        return sorted(self._files)

    def _hear(self) -> None:
        while True:
            try:
                frame, (interface, *_) = self._socket.recvfrom(_SNAPSHOT)
            except BlockingIOError:
                return
            # An interface that has just been removed has no name any more.
            if interface in ("", "lo"):
                continue
            if interface not in self._files:
                self._files[interface] = PcapFile(self._folder / f"{interface}.pcap")
            self._files[interface].write(frame, time.time())
