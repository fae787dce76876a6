"""Times as files write them, and dates that can be read two ways."""

from datetime import UTC, datetime

import pytest

from cli import score_times


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("2014-04-01 00:05:00", None, "2014-04-01T00:05:00"),
        ("2014-04-01T00:05:00Z", None, "2014-04-01T00:05:00"),
        ("2014-04-01T02:05:00+02:00", None, "2014-04-01T00:05:00"),
        ("2014-04-01T00:05", None, "2014-04-01T00:05:00"),
        ("2014-04-01", None, "2014-04-01T00:00:00"),
        ("2014-04-01 00:05:00.250", None, "2014-04-01T00:05:00.250000"),
        ("2014-04-01 00:05:00 UTC", None, "2014-04-01T00:05:00"),
        ("2014/4/1 0:05", None, "2014-04-01T00:05:00"),
        ("1396310700", None, "2014-04-01T00:05:00"),
        ("1396310700000", None, "2014-04-01T00:05:00"),
        ("1512011201234", None, "2017-11-30T03:06:41.234000"),
        ("1.4.2014 0:05", None, "2014-04-01T00:05:00"),
        ("01/04/2014 00:05:00", "dmy", "2014-04-01T00:05:00"),
        ("04/01/2014 12:05 AM", "mdy", "2014-04-01T00:05:00"),
        ("4-1-2014 1:05 pm", "mdy", "2014-04-01T13:05:00"),
        ("01/04/2014 02:05 +02:00", "dmy", "2014-04-01T00:05:00"),
    ],
)
def test_a_time(text: str, order: score_times.DateOrder | None, moment: str) -> None:
    assert score_times.parse(text, order) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "noon", "2014-13-01", "31/02/2014", "9999-12-31", "0001-01-01T00:00+14:00", "13:05", "12", "1/1/14"],
)
def test_no_time(text: str) -> None:
    with pytest.raises(score_times.NotATime):
        score_times.parse(text, "dmy")


def test_a_date_that_could_be_either_needs_an_order() -> None:
    with pytest.raises(score_times.NotATime, match="say --dates"):
        score_times.parse("01/03/2016 00:28")


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["01/03/2016 0:28", "13/03/2016 0:28"], ("dmy", "13/03/2016 0:28")),
        (["01/03/2016 0:28", "03/13/2016 0:28"], ("mdy", "03/13/2016 0:28")),
        (["01/03/2016 0:28", "02/03/2016 0:28"], (None, "01/03/2016 0:28")),
        (["2016-03-01 00:28"] * 3, (None, None)),
        (["1.3.2016"], (None, None)),
        (["spoilt", "13/03/2016"], ("dmy", "13/03/2016")),
        ([], (None, None)),
    ],
)
def test_the_order_of_a_files_dates(texts: list[str], found: tuple[str | None, str | None]) -> None:
    assert score_times.date_order(texts) == found


def test_a_long_file_of_other_times_is_not_read_to_its_end() -> None:
    texts = iter(["2016-03-01 00:28"] * 1000)
    assert score_times.date_order(texts) == (None, None)
    assert sum(1 for _ in texts) > 800
