"""Fuzzing the readers of what strangers send: ``python -m tests.fuzz TARGET`` (needs atheris: the extra ``fuzz``)."""
