"""Text for people: log lines, tables, explain. Pure; it decides nothing and reads nothing."""
