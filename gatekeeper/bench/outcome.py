"""What a run came to, as a row of figures: the same for the table, for JSON and for who compares runs."""

from typing import Final

from gatekeeper.bench.histogram import Histogram
from gatekeeper.bench.tally import Tally

Row = dict[str, object]
PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}


def figures(tally: Tally, window_s: float, idle_s: float, busy_s: float) -> Row:
    """window_s: the time that counts; idle_s: what of it the generator had nothing to do; busy_s: CPU time of the
    whole run, but for looking in vain. busy_us_per_packet: of a datagram sent or heard, the kernel's part included.
    """
    tried = tally.done + tally.failed()
    packets = tally.sent + tally.heard
    return {
        "done": tally.done,
        "per_s": round(tally.done / window_s, 1) if window_s > 0 else 0.0,
        "lost": tally.lost,
        "refused": tally.refused,
        "overrun": tally.overrun,
        "failed_percent": round(100 * tally.failed() / tried, 3) if tried else 100.0,
        "wrong": tally.wrong_answers(),
        "wrongs": tally.wrong,
        "first_wrong": tally.first_wrong,
        "strays": tally.strays,
        **latencies(tally.took),
        "steps": {name: latencies(one) for name, one in tally.steps.items()},
        "sent": tally.sent,
        "heard": tally.heard,
        "seconds": round(window_s, 3),
        "idle_percent": round(100 * idle_s / window_s, 1) if window_s > 0 else 0.0,
        "busy_us_per_packet": round(busy_s / packets * 1e6, 2) if packets else 0.0,
    }


def latencies(took: Histogram) -> Row:
    """Microseconds."""
    shares = {f"{name}_us": round(took.at_share(share) / 1000, 1) for name, share in PERCENTILES.items()}
    return {**shares, "max_us": round(took.most_ns / 1000, 1)}


def bad_percent(row: Row) -> float:
    """Exchanges that failed or were answered wrongly, in per cent of all."""
    done, lost = _number(row, "done"), sum(_number(row, name) for name in ("lost", "refused", "overrun"))
    wrong = min(_number(row, "wrong"), done)
    return 100 * (lost + wrong) / (done + lost) if done + lost else 100.0


def _number(row: Row, name: str) -> float:
    value = row[name]
    return float(value) if isinstance(value, int | float) else 0.0
