"""What holds for every test."""

from hypothesis import HealthCheck, settings

# These machines are noisy: a slow draw says something about the neighbours, and nothing about the code.
settings.register_profile("meterflow", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("meterflow")
