"""Verdict -> bytes. Decides nothing. What depends only on the Policybook is compiled once and kept."""
