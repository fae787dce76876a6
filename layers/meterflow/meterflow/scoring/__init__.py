"""Scoring: what a reading or a sensor's row says about leaks, bursts, fire, faults and odd meters. No AWS here."""
