"""Why an alarm was raised, in one sentence that names the readings which caused it, for whoever reads it.

Three levels of detail: the operator gets the scorer's own figures, the technician what to look at and what to try, the
customer what their meter counted, in plain words and in their language. No sentence names a person or a place, and
each is plain text: whoever puts one into a page escapes it.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from meterflow import wording
from meterflow.alert_types import AlertType, Subject
from meterflow.clock import from_text

Audience = Literal["operator", "technician", "customer"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Named(_Part):
    """A reading that the alarm stands on: what was read (`register`, `pressure_bar`), its value and when."""

    what: str
    value: str
    at: str
    unit: str = ""


class Findings(_Part):
    """What a sentence is made of. `readings` oldest first; `reason` is the scorer's sentence and `trend` its direction.

    Of a meter `used` is what it counted between the first and the last of them, in `unit`, and `times_usual` how many
    times what is usual that is (a decimal string); both are None where there is nothing to compare with.
    """

    subject: Subject
    alert_type: AlertType
    reason: str
    readings: tuple[Named, ...]
    trend: str = ""
    unit: str = ""
    used: str | None = None
    times_usual: str | None = None

    @field_validator("readings")
    @classmethod
    def _some(cls, readings: tuple[Named, ...]) -> tuple[Named, ...]:
        if not readings:
            raise ValueError("an alarm names the readings that caused it")
        return readings


_TECHNICIAN: Mapping[AlertType, tuple[str, str]] = {
    "LEAK_DETECTED": ("a leak is likely", "see whether the flow stands still with every tap closed"),
    "BURST_DETECTED": ("a burst is likely", "find the stop valve first and close it"),
    "EXCESSIVE_USE": ("far more is used than usual", "look for what runs all the time"),
    "UNUSUAL_USE": ("the use is unusual", "read the register again and ask what has changed"),
    "FIRE_DETECTED": ("a fire is likely", "stay out and call the emergency services"),
    "ENERGY_FAULT": ("the supply is out of order", "measure voltage and load before touching anything"),
    "SENSOR_FAULT": ("the sensor does not measure what is there", "check its supply and signal, then calibrate it"),
    "METER_STUCK": ("the register stands still", "open a tap and see whether it turns"),
    "TAMPERING": ("somebody has been at the meter", "photograph seals and connections before touching them"),
}
_CUSTOMER_EN: Mapping[AlertType, str] = {
    "LEAK_DETECTED": "please look for a running tap, a toilet that runs on or a damp spot",
    "BURST_DETECTED": "please close the main valve and call us if you see water where none should be",
    "EXCESSIVE_USE": "please look for something that runs all the time",
    "UNUSUAL_USE": "please tell us if you know why",
    "FIRE_DETECTED": "please leave the building and call the emergency number",
    "ENERGY_FAULT": "we are looking after it",
    "SENSOR_FAULT": "we are looking after it and you need not do anything",
    "METER_STUCK": "we will come and look at it",
    "TAMPERING": "we will come and look at it",
}
_CUSTOMER_ES: Mapping[AlertType, str] = {
    "LEAK_DETECTED": "compruebe si hay un grifo abierto, una cisterna que no cierra o una mancha de humedad",
    "BURST_DETECTED": "cierre la llave general y llámenos si ve agua donde no debe haberla",
    "EXCESSIVE_USE": "compruebe si algo funciona todo el tiempo",
    "UNUSUAL_USE": "díganos si conoce el motivo",
    "FIRE_DETECTED": "salga del edificio y llame al número de emergencias",
    "ENERGY_FAULT": "nos ocupamos de ello",
    "SENSOR_FAULT": "nos ocupamos de ello y usted no tiene que hacer nada",
    "METER_STUCK": "iremos a revisarlo",
    "TAMPERING": "iremos a revisarlo",
}
# Gas that gets out is no matter of taps and toilets.
_SMELL = {
    "en": "if you smell gas, switch nothing on or off, open the windows, leave and call the emergency number",
    "es": "si huele a gas, no encienda ni apague nada, abra las ventanas, salga y llame al número de emergencias",
}
_CUSTOMER = {"en": _CUSTOMER_EN, "es": _CUSTOMER_ES}
_METER = {
    "en": {"water": "water meter", "gas": "gas meter", "electricity": "electricity meter", "heat": "heat meter"},
    "es": {"water": "agua", "gas": "gas", "electricity": "electricidad", "heat": "calefacción"},
}
# Measurements of sensors as people call them; another one is called by its own name without the low lines.
_PLAIN = {
    "en": {"pressure_bar": "the pressure", "flow_rate_lps": "the flow", "temperature_c": "the temperature"},
    "es": {"pressure_bar": "la presión", "flow_rate_lps": "el caudal", "temperature_c": "la temperatura"},
}


def sentence(found: Findings, audience: Audience, locale: str = "en") -> str:
    """The sentence for `audience`. `locale` (en, es) is the customer's; the utility's own people read English."""
    if audience == "operator":
        return _operator(found)
    if audience == "technician":
        return _technician(found)
    return _customer(found, locale if locale in _CUSTOMER else "en")


def _operator(found: Findings) -> str:
    """The scorer's figures and the trend; the readings again only where the scorer did not name them."""
    reason = found.reason.rstrip(". ")
    named = all(_digits(one.value) in reason for one in (found.readings[0], found.readings[-1]))
    readings = "" if named else f" ({_between(found)})"
    trend = f"; {found.trend}" if found.trend else ""
    return f"{reason}{readings}{trend}."


def _technician(found: Findings) -> str:
    what, advice = _TECHNICIAN[found.alert_type]
    more = f", {found.times_usual} times the usual" if found.times_usual else f", {found.trend}" if found.trend else ""
    return f"{what[0].upper()}{what[1:]}: {_between(found)}{more}; {advice}."


def _customer(found: Findings, locale: str) -> str:
    first, last = found.readings[0], found.readings[-1]
    begin, end = wording.day(from_text(first.at), locale), wording.day(from_text(last.at), locale)
    low, high = (wording.number(_digits(one.value), locale) for one in (first, last))
    escaping = found.subject == "gas" and found.alert_type in ("LEAK_DETECTED", "BURST_DETECTED")
    advice = _SMELL[locale] if escaping else _CUSTOMER[locale][found.alert_type]
    meter = _METER[locale].get(found.subject)
    if meter and found.used is not None:
        used = f"{wording.number(found.used, locale)} {wording.unit(found.unit)}"
        share = wording.number(found.times_usual, locale) if found.times_usual else None
        if locale == "es":
            beside = f", {share} veces lo habitual" if share else ""
            return (
                f"Su contador de {meter} midió {used} entre el {begin} ({low}) y el {end} ({high}){beside}; {advice}."
            )
        beside = f", {share} times what is usual for you" if share else ""
        return f"Your {meter} counted {used} between {begin} ({low}) and {end} ({high}){beside}; {advice}."
    name = f"{_called(last.what, locale)} {'fue' if locale == 'es' else 'was'} {high} {wording.unit(last.unit)}".strip()
    return f"{'El' if locale == 'es' else 'On'} {end} {name}; {advice}."


def _between(found: Findings) -> str:
    """The readings as engineers write them: `register 412.350 on 2026-11-14 08:00 UTC to 452.350 on …`."""
    first, last = found.readings[0], found.readings[-1]
    if len(found.readings) == 1:
        return f"{first.what} {_measured(first)}"
    what = "" if last.what == first.what else f"{last.what} "
    return f"{first.what} {_measured(first)} to {what}{_measured(last)}"


def _measured(one: Named) -> str:
    unit = f" {one.unit}" if one.unit else ""
    return f"{_digits(one.value)}{unit} on {from_text(one.at):%Y-%m-%d %H:%M} UTC"


def _called(what: str, locale: str) -> str:
    return _PLAIN[locale].get(what, what.replace("_", " "))


def _digits(value: str) -> str:
    """A register's text without its leading zeros, as the scorer's sentence writes it."""
    stripped = value.lstrip("0")
    return stripped if stripped and stripped[0] != "." else f"0{stripped}"
