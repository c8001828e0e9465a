"""``python -m tests.fuzz TARGET [options of libFuzzer]``: octets that grow from the corpus, until a law is broken.

``python -m tests.fuzz radius -max_total_time=180`` runs three minutes; ``python -m tests.fuzz radius FILE`` runs one
input, such as the one that a broken law left in build/fuzz/. What is found to be interesting is kept there and begun
with the next time.
"""

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit(
        "atheris is not installed: pip install 'gatekeeper[fuzz]', or pip install -e '.[fuzz]' in the tree (Linux)"
    )

with atheris.instrument_imports(include=["gatekeeper", "dpkt"]):
    from tests.fuzz.targets import ROOT, TARGETS

KEPT = ROOT / "build" / "fuzz"


def main(arguments: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    if not arguments or arguments[0] not in TARGETS:
        sys.exit(f"which reader? python -m tests.fuzz {'|'.join(TARGETS)} [-max_total_time=SECONDS] [FILE]")
    name, *options = arguments
    target = TARGETS[name]
    corpus = KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(target.corpus()):
        (corpus / f"start-{number}").write_bytes(octets)
    if not any(Path(option).is_file() for option in options):
        options = [f"-artifact_prefix={KEPT}/{name}-", "-max_len=8192", "-timeout=10", *options, str(corpus)]
    atheris.Setup([sys.argv[0], *options], target.run)
    atheris.Fuzz()


main(sys.argv[1:])
