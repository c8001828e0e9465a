"""CWMP as far as a first contact goes: the Inform, its response (TR-069 A.3.3.1, SOAP 1.1 of TR-069 3.4)."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_CWMP: Final = "urn:dslforum-org:cwmp-1-0"
CONTENT_TYPE: Final = 'text/xml; charset="utf-8"'
STBID: Final = "Device.X_CTC_IPTV.STBID"
PROVISIONING_CODE: Final = "Device.DeviceInfo.ProvisioningCode"


class Inform(NamedTuple):
    """What an Inform says. parameters: name -> value."""

    oui: str
    serial_number: str
    event: str
    parameters: dict[str, str]


def write_inform(inform: Inform) -> bytes:
    """The Inform as a SOAP envelope."""
    names = inform.parameters.items()
    values = "".join(
        f'<ParameterValueStruct><Name>{escape(name)}</Name><Value xsi:type="xsd:string">{escape(value)}</Value>'
        "</ParameterValueStruct>"
        for name, value in names
    )
    return _envelope(
        "1",
        "<cwmp:Inform><DeviceId><Manufacturer>lab</Manufacturer>"
        f"<OUI>{escape(inform.oui)}</OUI><ProductClass>STB</ProductClass>"
        f"<SerialNumber>{escape(inform.serial_number)}</SerialNumber></DeviceId>"
        '<Event soapenc:arrayType="cwmp:EventStruct[1]"><EventStruct>'
        f"<EventCode>{escape(inform.event)}</EventCode><CommandKey></CommandKey></EventStruct></Event>"
        f"<MaxEnvelopes>1</MaxEnvelopes><CurrentTime>{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}</CurrentTime>"
        f'<RetryCount>0</RetryCount><ParameterList soapenc:arrayType="cwmp:ParameterValueStruct[{len(names)}]">'
        f"{values}</ParameterList></cwmp:Inform>",
    )


def read_inform(body: bytes) -> Inform:
    """A SOAP envelope -> Inform. Raises ValueError if it holds none."""
    try:
        inform = ET.fromstring(body).find(f"{{{_SOAP}}}Body/{{{_CWMP}}}Inform")
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from None
    if inform is None:
        raise ValueError("no Inform in the envelope")
    return Inform(
        oui=inform.findtext("DeviceId/OUI", ""),
        serial_number=inform.findtext("DeviceId/SerialNumber", ""),
        event=inform.findtext("Event/EventStruct/EventCode", ""),
        parameters={
            item.findtext("Name", ""): item.findtext("Value", "")
            for item in inform.iterfind("ParameterList/ParameterValueStruct")
        },
    )


def write_inform_response() -> bytes:
    """The ACS's answer to the Inform."""
    return _envelope("1", "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>")


def is_inform_response(body: bytes) -> bool:
    """True if the envelope holds an InformResponse."""
    return b"InformResponse>" in body


def _envelope(number: str, body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{_SOAP}" xmlns:cwmp="{_CWMP}"'
        ' xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<soap:Header><cwmp:ID soap:mustUnderstand="1">{number}</cwmp:ID></soap:Header>'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    ).encode()
