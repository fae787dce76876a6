"""How often the plain-series detector calls on an ordinary home: `python -m training.scoring.series_household`.

One home, each minute for eleven days (UCI, Hebrail and Berard): nobody labelled anything, so every alert counts as
false. Printed for each column: alerts a day by the minute, and on means of a quarter of an hour.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from meterflow.scoring.series import SeriesRow, SeriesScorer
from training.scoring.nab_report import data_folder

FILE = Path("energy-household") / "household_power_consumption_first_days.txt"
COLUMNS = ("Global_active_power", "Global_reactive_power", "Voltage", "Global_intensity")
MINUTES_IN_ROW = (1, 15)


def main() -> None:
    """Print the table."""
    for column in COLUMNS:
        rows = list(read(data_folder() / FILE, column))
        days = (rows[-1].timestamp - rows[0].timestamp).total_seconds() / 86_400
        for minutes in MINUTES_IN_ROW:
            found = alerts(means(rows, minutes))
            print(f"{column:<24} {minutes:>3} min: {found:>3} alerts in {days:.1f} days, {found / days:.2f} a day")


def read(path: Path, column: str) -> Iterator[SeriesRow]:
    """The rows of one column that hold a number."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if row[column] not in ("", "?"):
                at = datetime.strptime(f"{row['Date']} {row['Time']}", "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC)
                yield SeriesRow(at, float(row[column]))


def means(rows: Sequence[SeriesRow], count: int) -> list[SeriesRow]:
    """The mean of each `count` rows, at the time of the last one."""
    groups = [rows[start : start + count] for start in range(0, len(rows) - count + 1, count)]
    return [SeriesRow(group[-1].timestamp, sum(row.value for row in group) / count) for group in groups]


def alerts(rows: Sequence[SeriesRow]) -> int:
    """How many rows a person would be told of."""
    scorer = SeriesScorer()
    return sum(scorer.observe(row).alert for row in rows)


if __name__ == "__main__":
    main()
