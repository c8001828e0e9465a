"""Plain-text vectors: one line each, ``name | source | bytes | expectation``. An engineer adds a line, no code."""
