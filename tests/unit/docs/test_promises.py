"""docs/promises.md must stay true: each check is a function over its text, and is shown a page that it refuses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = Path("docs/promises.md")

SOURCES = ("water", "energy", "image", "fire", "leak")
STATUSES = ("kept", "planned", "declined")
HEADER = ["id", "section", "promise", "status", "where and how"]
COUNTS_HEADER = ["source", *STATUSES, "all"]
LATER_HEADER = ["later", "what it is"]
MINIMUM_ROWS = 150

ID = re.compile(rf"({'|'.join(SOURCES)})-\d{{2,3}}")
BACKTICKED = re.compile(r"`([^`]*)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ISSUE = re.compile(r"(?<![\w#])#[1-9]\d*\b")
LATER = re.compile(r"\blater:\s*([^;,.|]*)")
DECISION = re.compile(r"decisions/\d{4}-[a-z0-9-]+\.md")
DATED = re.compile(r"^\W*date\W+(\d{4}-\d{2}-\d{2})\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Row:
    line: int
    id: str
    section: str
    promise: str
    status: str
    where: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.id}"


# Parsing


def tables(text: str) -> Iterator[tuple[list[str], list[tuple[int, list[str]]]]]:
    """Each table of the page: its header, and its rows with their line numbers."""
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not header:
                header = cells
            elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                rows.append((number, cells))
        elif header:
            yield header, rows
            header, rows = [], []


def promises(text: str) -> list[Row]:
    return [
        Row(number, *cells)
        for header, rows in tables(text)
        if header == HEADER
        for number, cells in rows
        if len(cells) == len(HEADER)
    ]


def later_names(text: str) -> set[str]:
    return {cells[0] for header, rows in tables(text) if header == LATER_HEADER for _, cells in rows}


def source_of(row: Row) -> str:
    return row.id.partition("-")[0]


def counts_of(rows: list[Row]) -> list[list[str]]:
    """The rows that the table of counts must have."""
    found = Counter((source_of(row), row.status) for row in rows)
    table = []
    for source in SOURCES:
        numbers = [found[source, status] for status in STATUSES]
        table.append([source, *map(str, [*numbers, sum(numbers)])])
    totals = [sum(int(line[column]) for line in table) for column in range(1, len(COUNTS_HEADER))]
    return [*table, ["all", *map(str, totals)]]


def missing(token: str, root: Path) -> str | None:
    """Why a backticked token is no path of this repository; None when it is one."""
    path, *names = token.split("::")
    if not path or path.startswith(("/", "~")) or ".." in Path(path).parts:
        return "is not a path inside this repository"
    if not (root / path).exists():
        return "does not exist"
    if names and not (root / path).is_file():
        return "is not a file"
    for name in names:
        if not re.search(rf"\b(def|class|function)\s+{re.escape(name)}\b", (root / path).read_text(encoding="utf-8")):
            return f"does not define {name}"
    return None


# Checks: each gives back what is wrong, an empty list when nothing is.


def check_shape(text: str, _root: Path) -> list[str]:
    """Every row sits in a table of promises, and has all its cells."""
    problems = []
    for header, rows in tables(text):
        for number, cells in rows:
            if header != HEADER:
                if ID.fullmatch(cells[0]):
                    problems.append(f"line {number}: {cells[0]} is not in a table with the header {HEADER}")
            elif len(cells) != len(HEADER):
                problems.append(f"line {number}: {len(cells)} cells, {len(HEADER)} expected")
            elif not all(cells):
                problems.append(f"line {number}: an empty cell")
    return problems


def check_ids(text: str, _root: Path) -> list[str]:
    rows = promises(text)
    malformed = [f"{row}: malformed id" for row in rows if not ID.fullmatch(row.id)]
    times = Counter(row.id for row in rows)
    return malformed + [f"{row_id}: used {count} times" for row_id, count in times.items() if count > 1]


def check_statuses(text: str, _root: Path) -> list[str]:
    return [f"{row}: unknown status {row.status!r}" for row in promises(text) if row.status not in STATUSES]


def check_kept(text: str, root: Path) -> list[str]:
    """A kept row names a file that keeps the promise and a test that shows it."""
    problems = []
    for row in promises(text):
        if row.status != "kept":
            continue
        tokens = [token for token in BACKTICKED.findall(row.where) if missing(token, root) is None]
        files = [Path(token.split("::")[0]) for token in tokens if (root / token.split("::")[0]).is_file()]
        if not any(file.parts[0] != "tests" for file in files):
            problems.append(f"{row}: kept without an existing code file")
        if not any(file.parts[0] == "tests" and file.name.startswith("test_") for file in files):
            problems.append(f"{row}: kept without an existing test file (tests/…/test_…)")
    return problems


def check_planned(text: str, _root: Path) -> list[str]:
    """A planned row names its issue, or one of the works listed under Later."""
    problems = []
    known = later_names(text)
    for row in promises(text):
        if row.status != "planned":
            continue
        names = [name.strip() for name in LATER.findall(row.where)]
        problems += [f"{row}: {name!r} is not listed under Later" for name in names if name not in known]
        if not names and not ISSUE.search(row.where):
            problems.append(f"{row}: planned without #N or later:")
    return problems


def check_declined(text: str, root: Path) -> list[str]:
    """A declined row links a decision that exists and is dated."""
    problems = []
    for row in promises(text):
        if row.status != "declined":
            continue
        decisions = [target for target in LINK.findall(row.where) if DECISION.fullmatch(target)]
        if not decisions:
            problems.append(f"{row}: declined without a link to a decision")
        for target in decisions:
            file = root / PAGE.parent / target
            if not file.is_file():
                problems.append(f"{row}: {target} does not exist")
            elif not is_dated(file.read_text(encoding="utf-8")):
                problems.append(f"{row}: {target} is not dated")
    return problems


def is_dated(text: str) -> bool:
    found = DATED.search(text)
    if found is None:
        return False
    try:
        date.fromisoformat(found[1])
    except ValueError:
        return False
    return True


def check_paths(text: str, root: Path) -> list[str]:
    """Backticks hold existing paths and nothing else; links lead to existing files."""
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count("`") % 2:
            problems.append(f"line {number}: unpaired backtick")
        for token in BACKTICKED.findall(line):
            reason = missing(token, root)
            if reason:
                problems.append(f"line {number}: `{token}` {reason}")
        problems += [
            f"line {number}: link to {target}, which does not exist"
            for target in LINK.findall(line)
            if "://" not in target and not (root / PAGE.parent / target.partition("#")[0]).exists()
        ]
    return problems


def check_counts(text: str, _root: Path) -> list[str]:
    shown = [[cells for _, cells in rows] for header, rows in tables(text) if header == COUNTS_HEADER]
    right = counts_of(promises(text))
    if shown == [right]:
        return []
    lines = "\n".join(f"| {' | '.join(cells)} |" for cells in right)
    return [f"the table of counts must be\n{lines}"]


def check_coverage(text: str, _root: Path) -> list[str]:
    """All five documents are there, and were walked thoroughly."""
    rows = promises(text)
    found = {source_of(row) for row in rows}
    problems = [f"no promise of {source}" for source in SOURCES if source not in found]
    if len(rows) < MINIMUM_ROWS:
        problems.append(f"{len(rows)} rows, at least {MINIMUM_ROWS} expected")
    return problems


Check = Callable[[str, Path], list[str]]
CHECKS: tuple[Check, ...] = (
    check_shape,
    check_ids,
    check_statuses,
    check_kept,
    check_planned,
    check_declined,
    check_paths,
    check_counts,
    check_coverage,
)


# The page itself


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_promises_page(check: Check) -> None:
    problems = check((ROOT / PAGE).read_text(encoding="utf-8"), ROOT)
    assert not problems, "\n".join(problems)


# Each check, on pages made to fail it

KEPT = "water-01 | 1 | a form | kept | `site/form.html`, `tests/unit/test_form.py::test_form`"
PLANNED = "water-02 | 1 | a map | planned | #2"
LATER_ROW = "water-03 | 1 | devices | planned | later: devices; with certificates"
DECLINED = "water-04 | 1 | an app | declined | [0010](decisions/0010-web.md)"


def page(*rows: str, counted: bool = True) -> str:
    """A page with the given rows; its counts are right unless told otherwise."""
    body = "\n".join(["|" + "|".join(HEADER) + "|", "|---|---|---|---|---|", *(f"| {row} |" for row in rows)])
    counts = counts_of(promises(body)) if counted else []
    head = ["|" + "|".join(COUNTS_HEADER) + "|", "|---|---|---|---|---|"]
    head += ["|" + "|".join(cells) + "|" for cells in counts]
    later = "| later | what it is |\n|---|---|\n| devices | sensors |"
    return "\n\n".join(["# Promises", "\n".join(head), later, body]) + "\n"


def many() -> list[str]:
    """Enough good rows, of all sources."""
    return [f"{source}-{n:02d} | 1 | a thing | planned | #2" for source in SOURCES for n in range(1, 31)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "site/form.html": "<form>",
        "tests/conftest.py": "",
        "tests/unit/test_form.py": "def test_form() -> None: ...",
        "docs/decisions/0010-web.md": "# Web\n\nDate: 2026-11-21\n",
        "docs/decisions/0011-undated.md": "# When?\n\nUpdated often.\n",
        "docs/decisions/0012-no-such-day.md": "# Never\n\nDate: 2026-02-30\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_page_passes(check: Check, root: Path) -> None:
    rows = [KEPT, PLANNED, LATER_ROW, DECLINED, *many()[4:]]
    assert check(page(*rows), root) == []


@pytest.mark.parametrize(
    ("check", "row", "problem"),
    [
        (check_shape, "water-09 | 1 | a map | planned", "4 cells"),
        (check_shape, "water-09 | 1 | a map | planned | #2 | more", "6 cells"),
        (check_shape, "water-09 | 1 |  | planned | #2", "empty cell"),
        (check_ids, "water-9 | 1 | a map | planned | #2", "malformed"),
        (check_ids, "steam-09 | 1 | a map | planned | #2", "malformed"),
        (check_ids, "water-09a | 1 | a map | planned | #2", "malformed"),
        (check_ids, "Water-09 | 1 | a map | planned | #2", "malformed"),
        (check_ids, "water-02 | 1 | a map again | planned | #2", "used 2 times"),
        (check_statuses, "water-09 | 1 | a map | done | #2", "unknown status 'done'"),
        (check_statuses, "water-09 | 1 | a map | Kept | #2", "unknown status 'Kept'"),
        (check_kept, "water-09 | 1 | a | kept | `tests/unit/test_form.py`", "without an existing code file"),
        (check_kept, "water-09 | 1 | a | kept | `site/form.html`", "without an existing test file"),
        (check_kept, "water-09 | 1 | a | kept | `site`, `tests/unit/test_form.py`", "existing code file"),
        (check_kept, "water-09 | 1 | a | kept | `site/form.html`, `tests/unit`", "existing test file"),
        (check_kept, "water-09 | 1 | a | kept | `site/form.html`, `tests/conftest.py`", "existing test file"),
        (check_kept, "water-09 | 1 | a | kept | `site/no.html`, `tests/unit/test_form.py`", "code file"),
        (check_kept, "water-09 | 1 | a | kept | `site/form.html`, `tests/test_no.py`", "existing test file"),
        (
            check_kept,
            "water-09 | 1 | a | kept | `site/form.html`, `tests/unit/test_form.py::test_no`",
            "test file",
        ),
        (check_planned, "water-09 | 1 | a map | planned | soon", "without #N or later:"),
        (check_planned, "water-09 | 1 | a map | planned | #0", "without #N or later:"),
        (check_planned, "water-09 | 1 | a map | planned | later:", "not listed under Later"),
        (check_planned, "water-09 | 1 | a map | planned | later: one day", "'one day' is not listed"),
        (check_declined, "water-09 | 1 | a | declined | too dear", "without a link"),
        (check_declined, "water-09 | 1 | a | declined | [why](why.md)", "without a link"),
        (check_declined, "water-09 | 1 | a | declined | [0013](decisions/0013-no.md)", "does not exist"),
        (check_declined, "water-09 | 1 | a | declined | [0011](decisions/0011-undated.md)", "not dated"),
        (check_declined, "water-09 | 1 | a | declined | [0012](decisions/0012-no-such-day.md)", "not dated"),
        (check_paths, "water-09 | 1 | a | planned | #2 `site/gone.html`", "does not exist"),
        (check_paths, "water-09 | 1 | a | planned | #2 `meterflow cost`", "does not exist"),
        (check_paths, "water-09 | 1 | a | planned | #2 `/etc/passwd`", "inside this repository"),
        (check_paths, "water-09 | 1 | a | planned | #2 `docs/../../x`", "inside this repository"),
        (check_paths, "water-09 | 1 | a | planned | #2 ``", "inside this repository"),
        (check_paths, "water-09 | 1 | a | planned | #2 `site::form`", "is not a file"),
        (check_paths, "water-09 | 1 | a | planned | #2 `tests/unit/test_form.py::test`", "does not define"),
        (check_paths, "water-09 | 1 | a | planned | #2 `site/form.html", "unpaired backtick"),
        (check_paths, "water-09 | 1 | a | planned | #2 [note](note.md)", "link to note.md"),
    ],
)
def test_a_bad_row_is_found(check: Check, row: str, problem: str, root: Path) -> None:
    good = [KEPT, PLANNED, LATER_ROW, DECLINED]
    assert check(page(*good), root) == []
    problems = check(page(*good, row), root)
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_row_outside_the_tables_is_found(root: Path) -> None:
    text = page(PLANNED) + "\n| id | promise |\n|---|---|\n| water-09 | a map |\n"
    assert "water-09 is not in a table" in check_shape(text, root)[0]


def test_wrong_counts_are_found_and_the_right_ones_told(root: Path) -> None:
    wrong = page(KEPT, PLANNED).replace("|water|1|1|0|2|", "|water|2|0|0|2|")
    assert "| water | 1 | 1 | 0 | 2 |" in check_counts(wrong, root)[0]


def test_missing_counts_are_found(root: Path) -> None:
    assert check_counts(page(PLANNED, counted=False), root)
    assert check_counts(page(PLANNED).replace("|source|", "|src|"), root)


def test_a_total_that_does_not_add_up_is_found(root: Path) -> None:
    assert check_counts(page(PLANNED).replace("|all|0|1|0|1|", "|all|0|1|0|2|"), root)


def test_too_few_rows_are_found(root: Path) -> None:
    assert check_coverage(page(*many()), root) == []
    assert check_coverage(page(*many()[:-1]), root) == ["149 rows, at least 150 expected"]


@pytest.mark.parametrize("source", SOURCES)
def test_a_missing_source_is_found(source: str, root: Path) -> None:
    rows = [row for row in many() if not row.startswith(source)]
    assert f"no promise of {source}" in check_coverage(page(*rows), root)


def test_a_row_flipped_without_its_paths_is_found_twice(root: Path) -> None:
    problems = check_kept(page("water-09 | 1 | a map | kept | #2"), root)
    assert [problem.split("existing ")[1][:9] for problem in problems] == ["code file", "test file"]
