"""The only code that knows AWS: clients, tables, buckets, the bus, the providers of messages."""
