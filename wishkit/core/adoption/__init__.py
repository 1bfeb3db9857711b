"""Histories that other tools keep, read from their folders and ledgers, as pairs of ours."""
