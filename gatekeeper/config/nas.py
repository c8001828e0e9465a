"""How one [[radius.client]] asks and is answered: its dialect's row, and the keys that stand above it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gatekeeper.book import Acs
from gatekeeper.config.dictionary import Dictionary
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.reply import AttributeReader, Said, merged
from gatekeeper.config.schema import BindingSection, ClientSection
from gatekeeper.reply.acs import acs_option
from gatekeeper.reply.radius import option_43_body
from gatekeeper.wire.line_id import Lines
from gatekeeper.wire.nas import DHCP_VENDOR, DIALECTS, AttributeCode, Dialect, PortRow
from gatekeeper.wire.nas_identity import FORMS as MAC_FORMS
from gatekeeper.wire.nas_name import compile_name
from gatekeeper.wire.nas_port import FORMS as PORT_FORMS
from gatekeeper.wire.nas_port import JOINED_BY, bit_fields
from gatekeeper.wire.nas_rates import DHCP_ENTERPRISE, RateAttribute, encode_attribute, is_of_the_box
from gatekeeper.wire.nas_request import MacSource, PortSource, Reading
from gatekeeper.wire.radius import CALLING_STATION_ID, NAS_PORT_ID

_NAS_PORT: Final = "NAS-Port"
# Vendor 54 needs no dictionary: its numbers are the options' codes.
_DHCP_OPTION: Final = AttributeCode(DHCP_ENTERPRISE, 43, "octets", DHCP_VENDOR, type_octets=2)
_MOST: Final = 3_200  # octets of attributes: what a reply has beside them has room in 4,096 (RFC 2865 3)


class ClientReader:
    """Makes the dialect's part of one client, collecting what is wrong with it."""

    def __init__(
        self,
        index: int,
        section: ClientSection,
        dictionary: Dictionary,
        attributes: AttributeReader,
        problems: Problems,
    ) -> None:
        self._section = section
        self._row: Dialect = DIALECTS[section.nas]
        self._dictionary = dictionary
        self._attributes = attributes
        self._problems = problems
        self._place: KeyPath = ("radius", "client", index)

    def fields(
        self, binding: BindingSection, lines: Lines, acs: Acs | None, profiles: Mapping[str, Sequence[Said]]
    ) -> dict[str, Any]:
        """Fields of Nas by name. profiles: by plan."""
        section = self._section
        rates = merged(self._rates(), self._attributes.read(section.reply, (*self._place, "reply")))
        plans = {plan: merged(rates, said) for plan, said in profiles.items()}
        self._check_room("reply" if section.reply else "rates", rates)
        for plan, rows in plans.items():
            self._check_room("reply", rows, f"with plan {plan!r} ")
        if section.framed_pool and not section.framed_pool.isascii():
            self._problem("framed_pool", "ASCII text is wanted")
        return {
            "rates": rates,
            "plans": plans,
            "per_box": any(is_of_the_box(row) for rows in (rates, *plans.values()) for row in rows),
            "reading": self._reading(binding, lines),
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
        try:
            return self._dictionary.attribute(name)
        except ValueError as error:
            self._problem(key, str(error), *more)
            return None

    def _rates(self) -> tuple[RateAttribute, ...]:
        """The client's own row, else the dialect's; then Filter-Id."""
        section = self._section
        if section.rates is not None:
            told = self._attributes.read(section.rates, (*self._place, "rates"))
            found = [row for one in told for row in one.rows]
        else:
            unit = self._unit()
            coded = [(self._code(row.attribute, "nas"), row.template) for row in self._row.rates]
            found = [RateAttribute(code, template.replace("_kbps}", unit)) for code, template in coded if code]
        if section.rate_unit and not (self._row.disputed_unit and section.rates is None):
            known = f"{self._row.name} has one unit, which its manual says"
            self._problem("rate_unit", "rates says the unit already" if section.rates is not None else known)
        if section.filter_id is not None:
            if any(rate.code.name == "Filter-Id" for rate in found):
                self._problem("filter_id", "rates tells a Filter-Id already: one of the two is enough")
            else:
                one = self._attributes.read_one("Filter-Id", section.filter_id, (*self._place, "filter_id"))
                found += one.rows if one else ()
        return tuple(found)

    def _unit(self) -> str:
        """What stands in place of a template's kbit/s."""
        unit = self._section.rate_unit or self._row.disputed_unit
        return "_bps}" if self._row.disputed_unit and unit == "bit" else "_kbps}"

    def _check_room(self, key: str, rows: Sequence[RateAttribute], which: str = "") -> None:
        octets = sum(len(encode_attribute(row.code, row.fixed)) for row in rows if row.fixed)
        if octets > _MOST:
            self._problem(key, f"the attributes {which}come to {octets} octets, {_MOST} at most")

    def _reading(self, binding: BindingSection, lines: Lines) -> Reading:
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
        if name and name.has_free(wanted) and self._section.port_from is None:
            named = wanted
        plain_macs = tuple(source for source in macs if not source.code.vendor)
        plain_ports = tuple(source for source in ports if not source.code.vendor)
        return Reading(
            node=lines.node(self._section.name),
            lines=lines,
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
            plain_tells=plain_ports[0].tells if plain_ports else "port",
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
                found.append(PortSource(code, PORT_FORMS[row.form], remote, bits, JOINED_BY.get(row.form), row.tells))
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
        (NAS_PORT_ID, PORT_FORMS["line"], None, (), None)
    ]
