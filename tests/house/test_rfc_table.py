"""``gatekeeper show rfc`` tells the truth: what it says is served has a test that would fail otherwise."""

import re
from pathlib import Path

import pytest

from gatekeeper.report.rfc import ROWS, RfcRow

TESTS = Path(__file__).resolve().parents[1]
_TESTED = re.compile(r"^def (test_\w+)", re.MULTILINE)
NAMES = {name for file in TESTS.rglob("test_*.py") for name in _TESTED.findall(file.read_text(encoding="utf-8"))}

# (RFC, section, the rule's first words) -> the tests that hold us to it.
PROOFS: dict[tuple[int, str, str], tuple[str, ...]] = {
    (951, "3", "messages"): ("test_rfc951_a_reply_has_300_octets_at_least",),
    (1542, "4.1.1", "more"): ("test_a_datagram_is_this_message_or_malformed",),
    (2131, "2", "no reply"): ("test_rfc2132_9_10_a_reply_fits_the_size_that_the_box_takes",),
    (2131, "3", "options"): (
        "test_a_datagram_is_this_message_or_malformed",
        "test_a_message_without_end_and_with_pads_is_served",
        "test_an_empty_host_name_is_no_reason_to_be_silent",
    ),
    (2131, "4.1", "where"): (
        "test_rfc2131_4_1_a_reply_goes_there",
        "test_rfc2131_4_1_a_nak_to_a_renewal_by_unicast_is_broadcast_unless_it_came_through_a_router",
        "test_rfc2131_4_1_a_nak_to_a_box_behind_a_relay_goes_to_its_address",
        "test_a_cancelled_box_hears_no_at_its_next_renewal",
    ),
    (2131, "4.1", "option overload"): ("test_rfc2131_4_1_what_does_not_fit_goes_to_file_then_to_sname",),
    (3046, "5", "a limit"): ("test_a_line_takes_as_many_boxes_as_it_may",),
    (2131, "4.2", "silence"): ("test_a_stranger_hears_nothing_in_any_state",),
    (2131, "4.3.1", "which"): (
        "test_4_3_1_a_box_that_comes_back_gets_its_old_address",
        "test_4_3_1_an_address_asked_for_is_given_where_it_is_free",
    ),
    (2131, "4.3.1", "an offer"): ("test_4_3_1_an_offer_is_kept_for_its_box",),
    (2131, "4.3.2", "SELECTING"): (
        "test_4_3_2_selecting_us_is_acknowledged_and_on_record",
        "test_4_3_2_selecting_another_server_is_silence_and_forgets_the_offer",
        "test_rfc2131_4_3_2_a_box_with_a_fixed_address_is_told_nak_when_it_selects_another",
    ),
    (2131, "4.3.2", "INIT-REBOOT"): ("test_4_3_2_a_request_without_server_id",),
    (2131, "4.3.2", "RENEWING"): (
        "test_4_3_2_a_renewal_prolongs_the_lease_and_keeps_what_came_with_it",
        "test_4_3_2_a_broadcast_with_ciaddr_is_rebinding",
    ),
    (2131, "4.3.2", "options"): (
        "test_a_renewal_that_names_us_or_nobody_is_acknowledged",
        "test_a_strict_server_is_silent_where_rfc_2131_has_no_row",
    ),
    (2131, "4.3.3", "DHCPDECLINE"): ("test_an_address_in_use_is_declined_quarantined_and_another_is_given",),
    (2131, "4.3.4", "DHCPRELEASE"): ("test_4_3_4_a_release_frees_the_address_and_keeps_the_record",),
    (2131, "4.3.5", "DHCPINFORM"): (
        "test_4_3_5_an_inform_is_answered_without_address_and_lease_time",
        "test_4_3_5_an_inform_is_answered_at_ciaddr_also_where_a_relay_passed_it_on",
        "test_an_inform_without_ciaddr_is_answered_where_it_came_from",
    ),
    (2131, "4.3.6", "which"): ("test_table_4",),
    (2131, "4.3", "which"): (
        "test_rfc2131_table_3_a_nak_has_no_address_and_no_lease",
        "test_rfc2131_table_3_the_header_of_offer_and_ack",
    ),
    (2132, "2", "a NUL"): ("test_a_trailing_nul_does_not_change_the_make_of_a_box",),
    (2132, "2-9", "the option"): ("test_every_option_of_rfc2132_is_in_the_table",),
    (2132, "8.4", "option 43"): ("test_the_option_has_these_octets",),
    (2132, "9.8", "options"): ("test_rfc2132_9_8_options_come_in_the_sequence_of_the_request_list",),
    (2132, "9.11", "renewal"): ("test_rfc2132_9_11_renewal_times_are_sent_where_they_are_configured",),
    (2563, "2.3", "option 116"): ("test_rfc_2563_a_refused_box_that_asks_is_told_not_to_make_up_an_address",),
    (3046, "2.1", "Option 82 without"): ("test_option_82_without_a_relay_is_believed_on_trusted_interfaces",),
    (3046, "2.2", "Option 82 echoed"): ("test_rfc3046_2_2_option_82_comes_back_octet_for_octet_and_last",),
    (3046, "2.1", "renewals"): ("test_a_routed_renewal_without_option_82_is_granted_after_the_port_was_learned",),
    (3046, "2.0", "sub-options"): (
        "test_option_82_is_read_as_equipment_writes_it",
        "test_what_is_cut_names_no_line",
        "test_of_two_options_82_the_access_nodes_is_the_port_and_both_are_echoed",
    ),
    (3396, "5", "long"): ("test_rfc3396_5_an_option_is_split_into_full_parts",),
    (3396, "7", "long"): ("test_rfc3396_a_message_that_is_encoded_and_decoded_is_itself",),
    (3442, "", "classless"): ("test_rfc3442_classless_routes_come_before_the_routers",),
    (3527, "3", "link"): ("test_rfc_3527_link_selection_chooses_the_subnet_and_giaddr_gets_the_answer",),
    (3925, "3", "vendor"): ("test_a_configured_value_becomes_these_octets",),
    (4039, "3", "rapid"): (
        "test_rfc_4039_rapid_commit_is_off_by_default_and_an_ack_at_once_where_it_is_on",
    ),
    (4388, "6", "LEASEQUERY"): ("test_an_active_lease_is_found_by_each_form",),
    (5010, "3", "relay"): ("test_rfc_5010_a_relayed_unicast_is_a_renewal",),
    (5107, "4", "server"): ("test_rfc_5107_the_relays_address_is_our_name_and_is_accepted_back",),
    (6148, "3", "LEASEQUERY"): ("test_rfc6148_a_lease_is_found_by_its_remote_id_alone",),
    (6842, "3", "client"): ("test_rfc6842_3_the_client_identifier_comes_back_as_it_came",),
    (8357, "5.1", "relay"): (
        "test_rfc_8357_the_answer_goes_to_the_port_the_relay_sent_from",
        "test_rfc8357_5_1_the_answer_goes_to_the_port_that_the_relay_asks_for",
    ),
}  # fmt: skip
SERVED = [row for row in ROWS if row.served == "yes"]


def proofs(row: RfcRow) -> tuple[str, ...]:
    """The tests of a row."""
    return next(
        (tests for (rfc, section, words), tests in PROOFS.items()
         if (rfc, section) == (row.rfc, row.section) and row.rule.startswith(words)), ()
    )  # fmt: skip


@pytest.mark.parametrize("row", SERVED, ids=lambda row: f"RFC {row.rfc} {row.section} {row.rule[:24]}")
def test_what_is_said_to_be_served_has_a_test(row: RfcRow) -> None:
    named = proofs(row)
    assert named, f"no test named for {row}"
    assert set(named) <= NAMES, set(named) - NAMES


def test_every_row_is_honest_about_how_far_it_goes() -> None:
    assert {row.served for row in ROWS} == {"yes", "partly", "no"}
    assert all(row.note for row in ROWS if row.served == "partly")
    assert len({(row.rfc, row.section, row.rule) for row in ROWS}) == len(ROWS)
