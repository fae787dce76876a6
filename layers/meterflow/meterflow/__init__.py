"""The domain of Meterflow: rules without AWS, and the adapters that reach it."""
