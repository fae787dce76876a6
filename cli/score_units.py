"""Units that are obviously others than the columns' names say: told once, changed never.

The guess looks at the medians of a file's first rows. Limits are far outside what each unit can be: a water main has
1.5 to 16 bar, which is 22 to 230 psi, 15 to 160 m of head, 150 to 1,600 kPa.
"""

import statistics
from collections.abc import Iterable

from cli.score_rows import ABSENT, BadRow, Rows

ROWS = 2_000
# Measure: (above this, the unit it looks like, what the column should hold), the greatest first.
_ABOVE = {
    "pressure_bar": (
        (50_000.0, "pascal", "bar"),
        (1_700.0, "millibar", "bar"),
        (140.0, "kPa", "bar"),
        (20.0, "psi or metres of head", "bar"),
    ),
    "flow_rate_lps": ((2_000.0, "litres an hour or a minute", "litres a second"),),
    "temperature_c": ((200.0, "kelvin", "degrees Celsius"), (45.0, "degrees Fahrenheit", "degrees Celsius")),
    "temperature": ((250.0, "kelvin", "degrees Celsius"), (120.0, "degrees Fahrenheit", "degrees Celsius")),
    "t_mean": ((250.0, "kelvin", "degrees Celsius"),),
    "voltage": ((50_000.0, "millivolt", "volt"),),
    "current": ((200.0, "milliampere", "ampere"),),
    "power_factor": ((1.5, "percent", "a share from 0 to 1"),),
    "energy_consumption": ((1_000.0, "Wh", "kWh"),),
}
_BELOW = {"voltage": ((2.0, "kilovolt", "volt"),)}
# Energy over volts x amperes: within an hour's interval it cannot be above 1; Wh make it a thousand times as much.
_WATTS = 20.0


def guesses(sample: Iterable[dict[str, float]]) -> list[str]:
    """One line for each column whose values look like another unit's."""
    rows = list(sample)
    medians = {}
    for name in {name for row in rows for name in row}:
        values = [row[name] for row in rows if row.get(name)]
        if values:
            medians[name] = statistics.median(values)
    found = [line for name in sorted(medians) if (line := _guess(name, medians[name]))]
    if "energy_consumption" in medians and not any("energy_consumption" in line for line in found):
        line = _energy(rows)
        found += [line] if line else []
    return found


def sample(lines: Iterable[tuple[int, str]], rows: Rows, measures: Iterable[tuple[str, int]]) -> list[dict[str, float]]:
    """The numbers of the first rows, by measure; what cannot be read is left out."""
    columns = [(name, place) for name, place in measures if name in _ABOVE]
    if not columns:
        return []
    found: list[dict[str, float]] = []
    for _, line in lines:
        if len(found) >= ROWS:
            break
        one: dict[str, float] = {}
        try:
            cells = rows.cells(line)
            for name, place in columns:
                text = cells[place].strip()
                if text.lower() not in ABSENT:
                    one[name] = rows.number(name, text)
        except BadRow:
            continue  # Said where the row's turn comes.
        found.append(one)
    return found


def _guess(name: str, median: float) -> str | None:
    for limit, looks, wanted in _ABOVE.get(name, ()):
        if median > limit:
            return f"{name} looks like {looks} (half of the first rows are above {median:g}); {wanted} is expected"
    for limit, looks, wanted in _BELOW.get(name, ()):
        if 0 < median < limit:
            return f"{name} looks like {looks} (half of the first rows are below {median:g}); {wanted} is expected"
    return None


def _energy(rows: list[dict[str, float]]) -> str | None:
    ratios = [
        row["energy_consumption"] / (row["voltage"] * row["current"] / 1000)
        for row in rows
        if row.get("voltage") and row.get("current") and "energy_consumption" in row
    ]
    if ratios and (ratio := statistics.median(ratios)) > _WATTS:
        return f"energy_consumption looks like Wh ({ratio:.0f} times volts x amperes for an hour); kWh is expected"
    return None
