"""Facts -> verdict. Everything here reads and decides; nothing here writes."""
