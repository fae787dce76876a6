"""What trains the open reader; nothing here is deployed."""
