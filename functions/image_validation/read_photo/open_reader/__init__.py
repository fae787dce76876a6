"""The open reader: finds the register in a photo and reads it, without any service."""
