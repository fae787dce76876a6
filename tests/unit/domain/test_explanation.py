"""One sentence at three levels of detail, naming the readings."""

from typing import Any, get_args

import pytest

from meterflow.alert_types import AlertType, Subject
from meterflow.explanation import Audience, Findings, Named, sentence


def findings(**changes: Any) -> Findings:
    given: dict[str, Any] = {
        "subject": "water",
        "alert_type": "LEAK_DETECTED",
        "reason": "40 m3 in 7 days (412.350 on 2026-11-14 to 452.350 on 2026-11-21) is 5.71 m3 a day.",
        "readings": (
            Named(what="register", value="00412.350", at="2026-11-14T08:00:00Z"),
            Named(what="register", value="00452.350", at="2026-11-21T08:00:00Z"),
        ),
        "trend": "rising for 3 days, 2.1 times the usual",
        "unit": "m3",
        "used": "40",
        "times_usual": "2.1",
    }
    return Findings(**given | changes)


SENSOR = findings(
    subject="leak",
    reason="The pressure fell.",
    readings=(Named(what="pressure_bar", value="2.1", at="2026-11-21T08:00:00Z", unit="bar"),),
    used=None,
    times_usual=None,
)


def test_the_operator_reads_the_scorers_figures_and_the_trend() -> None:
    assert sentence(findings(), "operator") == (
        "40 m3 in 7 days (412.350 on 2026-11-14 to 452.350 on 2026-11-21) is 5.71 m3 a day; "
        "rising for 3 days, 2.1 times the usual."
    )


def test_a_scorer_that_names_no_readings_has_them_named() -> None:
    assert sentence(SENSOR, "operator") == (
        "The pressure fell (pressure_bar 2.1 bar on 2026-11-21 08:00 UTC); rising for 3 days, 2.1 times the usual."
    )


def test_the_technician_reads_what_to_try() -> None:
    assert sentence(findings(), "technician") == (
        "A leak is likely: register 412.350 on 2026-11-14 08:00 UTC to 452.350 on 2026-11-21 08:00 UTC, 2.1 times the "
        "usual; see whether the flow stands still with every tap closed."
    )
    assert "pressure_bar 2.1 bar on 2026-11-21 08:00 UTC, rising for 3 days" in sentence(SENSOR, "technician")


def test_the_customer_reads_plain_words_in_their_language() -> None:
    assert sentence(findings(), "customer") == (
        "Your water meter counted 40 m³ between 14 November (412.350) and 21 November (452.350), 2.1 times what is "
        "usual for you; please look for a running tap, a toilet that runs on or a damp spot."
    )
    spanish = sentence(findings(used="1.5"), "customer", "es")
    assert spanish.startswith(
        "Su contador de agua midió 1,5 m³ entre el 14 de noviembre (412,350) y el 21 de noviembre"
    )
    assert "2,1 veces lo habitual" in spanish
    assert sentence(findings(), "customer", "fr") == sentence(findings(), "customer", "en")
    assert sentence(SENSOR, "customer").startswith("On 21 November the pressure was 2.1 bar;")
    assert sentence(SENSOR, "customer", "es").startswith("El 21 de noviembre la presión fue 2,1 bar;")


def test_escaping_gas_is_no_matter_of_taps() -> None:
    gas = sentence(findings(subject="gas"), "customer")
    assert "smell gas" in gas
    assert "toilet" not in gas
    assert "gas" in sentence(findings(subject="gas", alert_type="BURST_DETECTED"), "customer", "es")
    assert "smell" not in sentence(findings(subject="gas", alert_type="METER_STUCK"), "customer")


@pytest.mark.parametrize("about", get_args(AlertType))
@pytest.mark.parametrize("subject", get_args(Subject))
@pytest.mark.parametrize("audience", get_args(Audience))
@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_alarm_is_one_sentence_that_names_its_newest_reading(
    about: AlertType, subject: Subject, audience: Audience, locale: str
) -> None:
    said = sentence(findings(alert_type=about, subject=subject), audience, locale)
    assert said.endswith(".")
    assert ". " not in said
    assert "452.350" in said or "452,350" in said
    assert "None" not in said


@pytest.mark.parametrize(("value", "shown"), [("00000.000", "0.000"), ("00007", "7"), ("0", "0")])
def test_leading_zeros_go_and_the_last_one_stays(value: str, shown: str) -> None:
    readings = (Named(what="register", value=value, at="2026-11-21T08:00:00Z"),)
    assert f"register {shown} on" in sentence(findings(readings=readings, reason="Why."), "technician")


def test_an_alarm_without_readings_is_none() -> None:
    with pytest.raises(ValueError, match="names the readings"):
        findings(readings=())
