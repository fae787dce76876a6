"""The demonstration city: 300 meters in Alicante with a year of readings, their owners and the technicians.

Everything is invented and drawn from a fixed seed, so that every clone has the same city and sample events can name
its meters. Only the dates move: the newest reading is always a week old.
"""
