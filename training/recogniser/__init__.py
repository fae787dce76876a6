"""The network that reads a straightened strip."""
