"""How one [[radius.client]] asks and is answered: its dialect's row, and the keys that stand above it."""

import difflib
from typing import Any, Final

from gatekeeper.book import Acs
from gatekeeper.config.dictionary import Dictionary
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.schema import BindingSection, ClientSection
from gatekeeper.reply.acs import acs_option
from gatekeeper.reply.radius import option_43_body
from gatekeeper.wire.nas import DHCP_VENDOR, DIALECTS, AttributeCode, Dialect, PortRow
from gatekeeper.wire.nas_identity import FORMS as MAC_FORMS
from gatekeeper.wire.nas_name import compile_name
from gatekeeper.wire.nas_port import FORMS as PORT_FORMS
from gatekeeper.wire.nas_port import bit_fields
from gatekeeper.wire.nas_rates import DHCP_ENTERPRISE, RateAttribute, check_template, is_of_the_box
from gatekeeper.wire.nas_request import MacSource, PortSource, Reading
from gatekeeper.wire.radius import CALLING_STATION_ID, NAS_PORT_ID

_NAS_PORT: Final = "NAS-Port"
# Vendor 54 needs no dictionary: its numbers are the options' codes. (pyrad passes its format over.)
_DHCP_OPTION: Final = AttributeCode(DHCP_ENTERPRISE, 43, "string", DHCP_VENDOR)


class ClientReader:
    """Makes the dialect's part of one client, collecting what is wrong with it."""

    def __init__(self, index: int, section: ClientSection, dictionary: Dictionary | None, problems: Problems) -> None:
        self._section = section
        self._row: Dialect = DIALECTS[section.nas]
        self._dictionary = dictionary
        self._problems = problems
        self._place: KeyPath = ("radius", "client", index)

    def fields(self, binding: BindingSection, acs: Acs | None) -> dict[str, Any]:
        """Fields of Nas by name."""
        section = self._section
        rates = self._rates()
        if section.framed_pool and not section.framed_pool.isascii():
            self._problem("framed_pool", "ASCII text is wanted")
        return {
            "rates": rates,
            "per_box": any(is_of_the_box(template) for _, template in rates),
            "reading": self._reading(binding),
            "framed_address": section.framed_address,
            "framed_pool": section.framed_pool,
            "session_timeout_s": section.session_timeout_s,
            "interim_s": section.acct_interim_interval_s or 0,
            "option_43": self._option_43(acs),
            "session_keys": self._session_keys(),
        }

    def _problem(self, key: str, text: str, *more: str) -> None:
        self._problems.add((*self._place, key, *more), text)

    def _code(self, name: str, key: str, *more: str) -> AttributeCode | None:
        """The attribute's numbers; a problem of this key where the dictionaries lack it."""
        if self._dictionary is None:
            return None
        try:
            return self._dictionary.attribute(name)
        except KeyError:
            near = difflib.get_close_matches(name, self._dictionary.names(), n=1) if key != "nas" else []
            self._problem(
                key, f"the dictionaries lack {name}" + (f": did you mean {near[0]!r}?" if near else ""), *more
            )
            return None

    def _rates(self) -> tuple[RateAttribute, ...]:
        """The client's own row, else the dialect's; then Filter-Id."""
        found: list[RateAttribute] = []
        section = self._section
        if section.rates is not None:
            for name, template in section.rates.items():
                self._add(found, name, template, "rates", name)
        else:
            for row in self._row.rates:
                code = self._code(row.attribute, "nas")
                found += [RateAttribute(code, row.template)] if code else []
        if section.filter_id is not None:
            if any(rate.code.name == "Filter-Id" for rate in found):
                self._problem("filter_id", "rates tells a Filter-Id already: one of the two is enough")
            else:
                self._add(found, "Filter-Id", section.filter_id, "filter_id")
        return tuple(found)

    def _add(self, found: list[RateAttribute], name: str, template: str, key: str, *more: str) -> None:
        code = self._code(name, key, *more)
        if code is None or self._dictionary is None:
            return
        try:
            check_template(template, self._dictionary.kind(name))
        except ValueError as error:
            self._problem(key, str(error), *more)
        else:
            found.append(RateAttribute(code, template))

    def _reading(self, binding: BindingSection) -> Reading:
        macs, ports = self._macs(), self._ports()
        name, named = None, ""
        template = self._section.user_name
        if template is not None:
            try:
                name = compile_name(template)
            except ValueError as error:
                self._problem("user_name", str(error))
        # Where ports are told one by one, User-Name is not among them.
        wanted = "remote_id" if binding.port_key == "remote-id" else "circuit_id"
        if name and wanted in name.groupindex and self._section.port_from is None:
            named = wanted
        node = self._section.name
        plain_macs = tuple(source for source in macs if not source.code.vendor)
        plain_ports = tuple(source for source in ports if not source.code.vendor)
        return Reading(
            node=binding.port_names.get(node, node),
            port_key=binding.port_key,
            macs=macs,
            ports=ports,
            plain_macs=plain_macs,
            plain_ports=plain_ports,
            cuts=self._row.cuts,
            name=name,
            template=template or "",
            name_line=named,
            is_plain=_are_plain(plain_macs, plain_ports),
        )

    def _macs(self) -> tuple[MacSource, ...]:
        found = []
        for row in self._row.identity:
            code = self._code(row.attribute, "nas")
            if code:
                found.append(MacSource(code, MAC_FORMS[row.form], row.form == "options"))
        return tuple(found)

    def _ports(self) -> tuple[PortSource, ...]:
        """The client's own sequence, else the dialect's; NAS-Port comes last, and only with its fields."""
        section = self._section
        fields: tuple[tuple[str, int], ...] = ()
        if section.nas_port is not None:
            try:
                fields = bit_fields(section.nas_port)
            except ValueError as error:
                self._problem("nas_port", str(error))
        if section.port_from is None:
            rows = [(row, "nas") for row in self._row.ports]
            rows += [(PortRow(_NAS_PORT), "nas_port")] if fields else []
        else:
            rows = [(_row_of(name), "port_from") for name in section.port_from]
            self._check_own_ports(section.port_from)
        found = []
        for row, key in rows:
            code = self._code(row.attribute, key)
            remote = self._code(row.remote, key) if row.remote else None
            if code:
                bits = fields if row.attribute == _NAS_PORT else ()
                found.append(PortSource(code, PORT_FORMS[row.form], remote, bits, row.form == "options"))
        return tuple(found)

    def _check_own_ports(self, names: list[str]) -> None:
        if _NAS_PORT in names and self._section.nas_port is None:
            self._problem("port_from", 'what its bits mean, nas_port tells: "slot:8 subslot:4 port:8 vlan:12"')
        if _NAS_PORT not in names and self._section.nas_port is not None:
            self._problem("nas_port", f"port_from does not name {_NAS_PORT}")

    def _session_keys(self) -> frozenset[int]:
        """The row's, and what names the NAS itself (RFC 5176 3)."""
        codes = [self._code(name, "nas") for name in (*self._row.session_keys, "NAS-IP-Address", "NAS-Identifier")]
        return frozenset(code.code for code in codes if code)

    def _option_43(self, acs: Acs | None) -> AttributeCode | None:
        if not self._section.option_43:
            return None
        if not self._row.option_43:
            able = " ".join(row.name for row in DIALECTS.values() if row.option_43)
            self._problem("option_43", f"the dialect {self._row.name} cannot carry option 43: {able} can")
            return None
        carrier = _DHCP_OPTION if self._row.option_43 == DHCP_VENDOR else self._code(self._row.option_43, "nas")
        if acs is None:
            self._problem("option_43", "[acs] tells what to send, and it is missing")
        elif carrier:
            try:
                fits = bool(option_43_body(carrier, *acs_option(acs, "")))
            except ValueError:
                return carrier  # told already, of [acs]
            if not fits:
                self._problem(
                    "option_43", f"{carrier.name} has no room for the octets of [acs], or none for their option"
                )
        return carrier


def _row_of(attribute: str) -> PortRow:
    """An attribute with the form that some dialect knows it by, without its partner: it was named alone."""
    for dialect in DIALECTS.values():
        for row in dialect.ports:
            if row.attribute == attribute:
                return row._replace(remote="")
    return PortRow(attribute)


def cut_nodes(clients: list[ClientSection], port_names: dict[str, str]) -> frozenset[str]:
    """The giaddrs of access nodes behind clients that cut the lines they tell."""
    return frozenset(port_names[one.name] for one in clients if DIALECTS[one.nas].cuts and one.name in port_names)


def _are_plain(macs: tuple[MacSource, ...], ports: tuple[PortSource, ...]) -> bool:
    """True where ``read_request`` may take the short way."""
    plain_macs = [(source.code.code, source.read, source.joined) for source in macs]
    plain_ports = [(one.code.code, one.read, one.remote, one.fields, one.joined) for one in ports]
    return plain_macs == [(CALLING_STATION_ID, MAC_FORMS["text"], False)] and plain_ports == [
        (NAS_PORT_ID, PORT_FORMS["line"], None, (), False)
    ]
