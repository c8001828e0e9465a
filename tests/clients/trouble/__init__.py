"""Faults, from outside: a process that really serves, over real sockets, while something goes wrong around it."""
