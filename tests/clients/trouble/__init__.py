"""Faults from outside, each in a file named after it: the real service, real sockets, real trouble."""
