"""What operators may change about a meter through the API."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from meterflow.contracts import Contract
from meterflow.contracts.meter_submission import Name, sent_time
from meterflow.meter import METER_ID_PATTERN, Exchange
from meterflow.reading import VALUE_PATTERN

Value = Annotated[str, StringConstraints(strict=True, pattern=VALUE_PATTERN)]
MOST_SUBMETERS = 50


def _no_repeats(meter_ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(meter_ids)) < len(meter_ids):
        raise ValueError("names a meter twice")
    return meter_ids


class ExchangeBody(BaseModel):
    """The body of POST /meters/{meter_id}/exchanges. `exchanged_at` is normalised to UTC and the second; `digits` and
    `decimals` are those of the new register where they differ from the old one's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    exchanged_at: Annotated[str, StringConstraints(strict=True, max_length=64), AfterValidator(sent_time)]
    removal_value: Value
    start_value: Value
    serial_number: Name
    digits: Annotated[int, Field(strict=True, ge=3, le=9)] | None = None
    decimals: Annotated[int, Field(strict=True, ge=0, le=4)] | None = None

    def as_exchange(self, recorded_by: str) -> Exchange:
        """The record as the meter's row keeps it."""
        told = self.model_dump(exclude={"serial_number"})
        return Exchange(**told, new_serial_number=self.serial_number, recorded_by=recorded_by)


class ExchangeView(Contract):
    """A recorded exchange as the API shows it."""

    meter_id: str
    exchanged_at: str
    removal_value: str | None
    start_value: str
    serial_number: str | None
    digits: int | None
    decimals: int | None


class SubmetersBody(BaseModel):
    """The body of PUT /meters/{meter_id}/submeters: the whole list, which replaces the one before."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    submeters: Annotated[
        tuple[Annotated[str, StringConstraints(strict=True, pattern=METER_ID_PATTERN)], ...],
        Field(max_length=MOST_SUBMETERS),
        AfterValidator(_no_repeats),
    ]
