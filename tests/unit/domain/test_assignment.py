from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from meterflow.assignment import choose
from meterflow.meter import Location
from meterflow.technician import Shift, Technician, qualified
from meterflow.travel import road_m

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = Location(lat=48.137, lon=11.575)
bases = st.sampled_from([(48.137, 11.575), (48.2, 11.5), (48.0, 11.7), (48.2, 11.5000001)])
shifts = st.sampled_from([("08:00", "16:00"), ("18:00", "06:00"), ("00:00", "24:00")])


def somebody(
    technician_id: str, lat: float = 48.1, load: int = 0, skills: tuple[str, ...] = ("water",), active: bool = True
) -> Technician:
    return Technician(
        technician_id=technician_id,
        skills=frozenset(skills),
        base=Location(lat=lat, lon=11.575),
        shift=Shift(start="00:00", end="24:00"),
        active=active,
        load=load,
    )


people = st.lists(
    st.builds(
        lambda number, base, shift, skills, active, load: Technician(
            technician_id=f"T{number}",
            skills=skills,
            base=Location(lat=base[0], lon=base[1]),
            shift=Shift(start=shift[0], end=shift[1]),
            active=active,
            load=load,
        ),
        st.integers(0, 99),
        bases,
        shifts,
        st.frozensets(st.sampled_from(["water", "gas"])),
        st.booleans(),
        st.integers(0, 3),
    ),
    max_size=8,
    unique_by=lambda one: one.technician_id,
)


@given(people, st.frozensets(st.integers(0, 99).map(lambda number: f"T{number}"), max_size=4), st.randoms())
def test_the_nearest_of_the_qualified_who_were_not_asked(
    everyone: list[Technician], asked: frozenset[str], random
) -> None:  # type: ignore[no-untyped-def]
    fit = [one for one in everyone if qualified(one, "water", NOON) and one.technician_id not in asked]
    choice = choose(everyone, "water", SITE, asked, NOON)
    if not fit:
        assert choice.technician_id is None
    else:
        best = min((road_m(one.base, SITE), one.load, one.technician_id) for one in fit)
        assert choice.technician_id == best[2]
    # Everyone else is accounted for, once, with a reason.
    others = sorted(one.technician_id for one in everyone if one.technician_id != choice.technician_id)
    assert sorted(one.technician_id for one in choice.passed_over) == others
    assert all(one.reason for one in choice.passed_over)
    # The order in which the table gives them does not matter.
    random.shuffle(everyone)
    assert choose(everyone, "water", SITE, asked, NOON) == choice


def test_the_choice_says_why_and_why_not_the_others() -> None:
    everyone = [
        somebody("FAR", lat=48.2),
        somebody("NEAR", lat=48.14),
        somebody("BUSY", lat=48.14, load=2),
        somebody("TWIN", lat=48.14),
        somebody("GAS", skills=("gas",)),
        somebody("SICK", active=False),
        somebody("ASKED", lat=48.137),
    ]
    choice = choose(everyone, "water", SITE, {"ASKED"}, NOON)
    assert choice.technician_id == "NEAR"
    assert choice.why == (
        "434 m away, about 1 min by road; has the skill water; on shift; 0 open jobs; nearest of 4 who can be asked"
    )
    assert {one.technician_id: one.reason for one in choice.passed_over} == {
        "TWIN": "as near and as free, later by id",
        "BUSY": "as near, but 2 open jobs",
        "FAR": "farther: 9.1 km away",
        "ASKED": "already asked",
        "GAS": "lacks the skill water",
        "SICK": "not active",
    }


def test_nobody_is_an_outcome() -> None:
    assert choose([], "water", SITE, set(), NOON).technician_id is None
    choice = choose([somebody("GAS", skills=("gas",))], "water", SITE, set(), NOON)
    assert (choice.technician_id, choice.why) == (None, "none of 1 can be asked")
