"""Our detectors beside other people's, on real data that nobody here generated, in one run.

`python -m tests.benchmarks.detectors [nab] [homes] [energy]`: all where none is named. Data: the folder METERFLOW_DATA,
or `shared/data` beside the checkout; a set that is absent is passed over. Others: `rivals.py`.
"""

import sys
from collections.abc import Sequence

from tests.benchmarks import detectors_energy, detectors_homes, detectors_nab
from tests.benchmarks.detector_rivals import started
from training.scoring.homes_data import data_folder

TABLES = {
    "nab": ("nab", detectors_nab.table),
    "homes": ("water-homes", detectors_homes.table),
    "energy": ("energy-household", detectors_energy.table),
}


def main(given: Sequence[str] | None = None) -> None:
    """Print the tables."""
    asked = list(given or TABLES)
    if unknown := [one for one in asked if one not in TABLES]:
        raise SystemExit(f"no table {unknown[0]}; there are {', '.join(TABLES)}")
    present = [one for one in asked if (data_folder() / TABLES[one][0]).is_dir()]
    for one in asked:
        if one not in present:
            print(f"\n{one}: {data_folder() / TABLES[one][0]} is not here; passed over")
    if not present:
        return
    with started() as rivals:
        for one in present:
            folder, table = TABLES[one]
            table(data_folder() / folder, rivals)


if __name__ == "__main__":
    main(sys.argv[1:])
