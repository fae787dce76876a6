"""The city's people: customers with preferences, technicians with skills and shifts. Nobody of them exists.

Addresses are in domains reserved for examples (RFC 2606). Phone numbers are of the form +34 600 000 xxx, and nothing
on the laptop cloud leaves the machine.
"""

from decimal import Decimal
from random import Random
from typing import Any

from local.city import place
from local.users import PEOPLE
from meterflow import ids
from meterflow.meter import MeterKind

CUSTOMERS = 120
TECHNICIANS = 12
CUSTOMER_ID = PEOPLE["customer"]["sub"]
TECHNICIAN_ID = PEOPLE["technician"]["sub"]
OPERATOR_ID = PEOPLE["operator"]["sub"]

GIVEN = ("Lucía", "Martín", "Sofía", "Hugo", "Carmen", "Pablo", "Inés", "Diego", "Vera", "Marcos", "Noa", "Adrián")
FAMILY = ("Ivars", "Segura", "Pastor", "Molina", "Berenguer", "Sirvent", "Lloret", "Galiana", "Bernabeu", "Carter")
ALL_SKILLS = tuple(kind.value for kind in MeterKind)
# Two trades each, so that every kind has several people and nobody but Teo has all.
SKILLS = (("water", "heat"), ("gas", "heat"), ("electricity",), ("water", "gas"), ("water", "electricity"))
SHIFTS = (("06:00", "14:00"), ("08:00", "17:00"), ("14:00", "22:00"), ("22:00", "06:00"))
# Most live here; some own a home and live elsewhere.
TIME_ZONES = ("Europe/Madrid",) * 7 + ("Atlantic/Canary", "Europe/London", "America/New_York")


def owners(homes: int) -> list[str]:
    """The owner of each home: the customer who logs in has the first, and the last homes are second homes."""
    customers = [CUSTOMER_ID, *(_customer_id(number) for number in range(1, CUSTOMERS))]
    return [customers[number % CUSTOMERS] if number < CUSTOMERS else customers[number - 90] for number in range(homes)]


def customers() -> list[dict[str, Any]]:
    """The Customers table's rows: 120 owners, and the operator, who has preferences of her own."""
    ana = _person("customer", "customer_id", "Ana Berenguer", "en")
    olga = _person("operator", "customer_id", "Olga Sirvent", "en")
    return [ana, *(_customer(number) for number in range(1, CUSTOMERS)), olga]


def technicians() -> list[dict[str, Any]]:
    """The Technicians table's rows. Teo, who logs in, has every skill, never sleeps and lives beside the first meter.

    So a demonstration finds somebody at any hour.
    """
    homes = place.homes(CUSTOMERS)
    lat, lon = place.moved(homes[0].lat, homes[0].lon, 120.0, 45.0)
    teo = _person("technician", "technician_id", "Teo Galiana", "es") | {
        "skills": list(ALL_SKILLS),
        "base": _point(lat, lon),
        "shift": {"from": "00:00", "to": "24:00"},
        "active": True,
        "load": 0,
        "timezone": "Europe/Madrid",
    }
    return [teo, *(_technician(number, homes[number * 9]) for number in range(2, TECHNICIANS + 1))]


def _customer_id(number: int) -> str:
    return ids.derived_id("city customer", str(number))


def _person(role: str, key: str, name: str, language: str) -> dict[str, Any]:
    """One of the three who log in: told by e-mail, at any hour."""
    person = PEOPLE[role]
    return {
        key: person["sub"],
        "name": name,
        "email": person["email"],
        "phone": person["phone"],
        "preferences": {"channel": "email", "language": language, "timezone": "Europe/Madrid", "topics_off": []},
    }


def _customer(number: int) -> dict[str, Any]:
    random = Random(f"city customer {number}")
    preferences: dict[str, Any] = {
        "channel": "sms" if random.random() < 0.3 else "email",
        "language": "es" if random.random() < 0.65 else "en",
        "timezone": random.choice(TIME_ZONES),
        "topics_off": ["job_changed"] if random.random() < 0.05 else [],
    }
    if random.random() < 0.4:
        preferences["quiet_hours"] = {"start": random.choice(("21:30", "22:00", "23:00")), "end": "07:30"}
    return {
        "customer_id": _customer_id(number),
        "name": f"{random.choice(GIVEN)} {random.choice(FAMILY)}",
        "email": f"customer-{number:03d}@example.org",
        "phone": f"+34600000{100 + number:03d}",
        "preferences": preferences,
    }


def _technician(number: int, home: place.Home) -> dict[str, Any]:
    random = Random(f"city technician {number}")
    start, end = SHIFTS[number % len(SHIFTS)]
    return {
        "technician_id": f"TECH-{number:02d}",
        "name": f"{random.choice(GIVEN)} {random.choice(FAMILY)}",
        "email": f"technician-{number:02d}@example.org",
        "phone": f"+34600000{900 + number:03d}",
        "preferences": {"channel": "sms", "language": "es", "timezone": "Europe/Madrid", "topics_off": []},
        "skills": list(SKILLS[number % len(SKILLS)]),
        "base": _point(home.lat, home.lon),
        "shift": {"from": start, "to": end},
        "active": True,
        "load": 0,
        "timezone": "Europe/Madrid",
    }


def _point(lat: float, lon: float) -> dict[str, Decimal]:
    return {"lat": Decimal(str(lat)), "lon": Decimal(str(lon))}
