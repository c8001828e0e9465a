"""What the gate remembers while it runs. Every collection is bounded; nothing here is the truth, the store is."""
