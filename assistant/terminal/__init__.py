"""The screen: a client of the core, never its host."""
