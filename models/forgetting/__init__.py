"""Forgetting a person: their mapping and their words go, every figure stays."""
