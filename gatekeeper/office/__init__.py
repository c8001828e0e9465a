"""The office: what a person or a BSS can ask for, once, for command line and HTTP alike.

``orders`` takes them in, one or many at one pace, ``service_orders`` several as one; ``listing`` looks, ``explain``
says why, ``clearing`` ends and forgets, ``replaying`` says how two answers differ. Values in, values out; what cannot
be done is ``undone.Undone``. Nothing here prints, parses a command line or knows HTTP, and whoever asks brings the
store and the time, Unix seconds.
"""
