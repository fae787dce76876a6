"""What the steps of image_validation take and give, and what its API routes read."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from meterflow.contracts import Contract
from meterflow.meter import METER_ID_PATTERN
from meterflow.reading import VALUE_PATTERN, Figure, FirstUse
from meterflow.review_decision import Outcome, Stage
from meterflow.review_flags import Flag, Share
from meterflow.review_priority import Priority

Id = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Key = Annotated[str, StringConstraints(max_length=1024)]
Reasons = tuple[str, ...]
Verdict = Literal["MATCH", "MISMATCH", "UNREADABLE"]


# --- the photo: one result a version ----------------------------------------------------------------------------


class ClaimPhotoInput(Contract):
    """The photo to read. `version` is S3's where an event named it; without it the newest version counts.
    `holder` is the execution's name."""

    photo_key: Key
    version: str | None = None
    holder: Id


class ClaimPhotoResult(Contract):
    """CLAIMED: this execution reads it. DONE: its result is stored. BUSY: another execution is at it.
    MISSING: there is no such photo, and `reasons` says so."""

    outcome: Literal["CLAIMED", "DONE", "BUSY", "MISSING"]
    photo_id: str | None = None
    version: str | None = None
    reasons: Reasons = ()


class CheckPhotoInput(Contract):
    """The upload to check, in the version that was claimed; without one the newest counts. What was measured is kept
    with the photo's row `photo_id` while `holder` holds it."""

    photo_key: Key
    version: str | None = None
    photo_id: str | None = None
    holder: Id | None = None


class CheckPhotoResult(Contract):
    """USABLE with the cleaned copy's key, or UNUSABLE. `reasons` are hard faults then, soft faults else.
    `aspect` is the copy's width over its height, `content_hash` the SHA-256 of the copy: equal pixels, equal hash."""

    outcome: Literal["USABLE", "UNUSABLE"]
    kept_key: str | None = None
    aspect: float | None = None
    content_hash: str | None = None
    reasons: Reasons = ()


class ReadPhotoInput(Contract):
    """The cleaned copy to read, and for whom: its words are kept with the photo's row, never in a state.
    `content_hash` is the copy's: what was read of equal bytes is not paid for again."""

    photo_id: str
    holder: Id
    kept_key: Key
    aspect: float = Field(gt=0)
    content_hash: str | None = None
    reasons: Reasons = ()


class ReadPhotoResult(Contract):
    """READ with the number of words, or UNREADABLE where the service refused the photo or saw no figures.
    `reasons` are those that came in and what was found now. BUSY: an equal photo is being read right now, and its
    result will serve this one too. `reader` says who read: rekognition, open, both or nobody."""

    outcome: Literal["READ", "UNREADABLE", "BUSY"]
    reader: str | None = None
    words: int = 0
    reasons: Reasons = ()


class StorePhotoResultInput(Contract):
    """The photo's final result. `photo_state` is the outcome of the step that decided it."""

    photo_id: str
    holder: Id
    photo_state: Literal["READ", "UNREADABLE", "UNUSABLE"]
    kept_key: str | None = None
    reasons: Reasons = ()


class StorePhotoResultResult(Contract):
    """STORED, also when this execution stored it before; TAKEN_OVER where another execution holds the photo now."""

    outcome: Literal["STORED", "TAKEN_OVER"]


# --- the submission: one comparison -----------------------------------------------------------------------------


class CompareReadingInput(Contract):
    """The submission's input to the workflow, the photo's row (None where the photo is missing) and its reasons."""

    submission_id: Id
    value: str
    taken_at: str | None = None
    digits: int
    decimals: int
    serial_number: str | None = None
    previous_value: str | None = None
    photo_id: str | None = None
    reasons: Reasons = ()


class Comparison(Contract):
    """The photo's verdict on a submission: what the workflow returns, and `photo_id` for who goes on with it.

    The rest is evidence and may be absent: `reader` (rekognition, open, both), `accept` (whether the open reader's
    odds reach its calibrated threshold), `figures` with their odds and alternatives, `content_hash` of the cleaned
    copy, `first_use` where the photo was used before."""

    verdict: Verdict
    reading: str | None = None
    confidence: float = 0.0
    reasons: Reasons = ()
    photo_id: str | None = None
    reader: str | None = None
    accept: bool | None = None
    figures: tuple[Figure, ...] = ()
    content_hash: str | None = None
    first_use: FirstUse | None = None


class TracePhotoInput(Contract):
    """The comparison whose photo is looked up among those that were used before."""

    submission_id: Id
    meter_id: Id
    value: str
    taken_at: str
    comparison: Comparison


class TracePhotoResult(Contract):
    """FIRST use of this photo, RETRY of the same reading, REUSED for another one, or UNKNOWN where there is no picture
    to compare. `comparison` is the one that came in, changed where the photo was reused."""

    outcome: Literal["FIRST", "RETRY", "REUSED", "UNKNOWN"]
    comparison: Comparison


class StoreVerdictInput(Contract):
    """The comparison to store with the submission it is about."""

    submission_id: Id
    meter_id: Id
    value: str
    taken_at: str
    comparison: Comparison


class StoreVerdictResult(Contract):
    """STORED, or KEPT where a review has begun: what a person looks at does not change under their eyes."""

    outcome: Literal["STORED", "KEPT"]


# --- the review -------------------------------------------------------------------------------------------------


class ReviewRequest(Contract):
    """The detail of the event ReviewRequested. `audit` says that the reading is settled already and stays so: the
    random share that a person looks at all the same."""

    submission_id: Id
    meter_id: Id
    customer_id: Id
    photo_key: str | None = None
    photo_id: str | None = None
    value: str
    taken_at: str
    verdict: Verdict = "UNREADABLE"
    reading: str | None = None
    reasons: Reasons = ()
    audit: bool = False


class RequestReviewInput(ReviewRequest):
    """A review to open, or to go on with for the next person or once it is escalated; `task_token` answers for the
    waiting state."""

    holder: Id
    task_token: str = Field(min_length=1, repr=False)
    escalated: bool = False
    stage: Stage = Stage.FIRST
    deadline_seconds: int = Field(gt=0)

    def as_review(self) -> ReviewRequest:
        """The request without what only this waiting state knows."""
        return ReviewRequest.model_validate(self.model_dump())


class RequestReviewResult(Contract):
    """What the function did. The state waits on: its result is what SendTaskSuccess says."""

    outcome: Literal["OPENED", "ALREADY_OPEN", "DECIDED", "SECOND_OPINION", "DISAGREED"]


class EscalateReviewInput(Contract):
    """Nobody decided in time, or two people disagreed, which is how a review comes to the stage LEAD."""

    submission_id: Id
    meter_id: Id
    stage: Stage = Stage.FIRST


class EscalateReviewResult(Contract):
    """The event that tells the operators."""

    outcome: Literal["ESCALATED"] = "ESCALATED"
    event_id: str


class ApplyCorrectionInput(ReviewRequest):
    """The review whose decision is to be applied."""


class ApplyCorrectionResult(Contract):
    """CONFIRMED the submitted value, or EDITED it. `settled` is ALREADY where the reading had its final state.

    An audit that finds the value right leaves it UNCHANGED. SUPERSEDED: something else edited the reading meanwhile."""

    outcome: Literal["CONFIRMED", "EDITED", "UNCHANGED", "SUPERSEDED"]
    settled: Literal["SETTLED", "ALREADY"]


class CloseReviewInput(ReviewRequest):
    """The review that nobody decided even after its escalation."""

    holder: Id
    stage: Stage = Stage.FIRST


class CloseReviewResult(Contract):
    """EXPIRED, or KEPT where it was an audit, which changes nothing when nobody looks, or had been withdrawn.
    DECIDED, SECOND_OPINION or DISAGREED where an opinion was recorded in the last moment: it still holds."""

    outcome: Literal["EXPIRED", "KEPT", "DECIDED", "SECOND_OPINION", "DISAGREED"]


class CountDecisionInput(Contract):
    """Which decided review to count."""

    submission_id: Id


class CountDecisionResult(Contract):
    """COUNTED, or ALREADY before."""

    outcome: Literal["COUNTED", "ALREADY"]


class AnnounceDecisionInput(Contract):
    """Which decided or expired review to tell of."""

    submission_id: Id


class AnnounceDecisionResult(Contract):
    """The event that went to the bus."""

    outcome: Literal["ANNOUNCED"] = "ANNOUNCED"
    event_id: str


# --- the API ----------------------------------------------------------------------------------------------------


class UploadBody(Contract):
    """The body of POST /uploads."""

    meter_id: Annotated[str, StringConstraints(strict=True, pattern=METER_ID_PATTERN)]
    content_type: Literal["image/jpeg", "image/png"]


class CorrectionBody(Contract):
    """The body of POST /validations/{submission_id}/correction: what the meter really shows, and why."""

    value: Annotated[str, StringConstraints(strict=True, pattern=VALUE_PATTERN)]
    reason: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=500)]


class OpinionView(Contract):
    """What one person said, without who it was."""

    value: str
    reason: str


class ValidationView(Contract):
    """A submission's validation as GET /validations lists it. `photo_url` shows the cleaned copy for a few minutes.

    `opinions` are shown to operators alone, and only once two people disagree or all is decided: a second person
    decides without knowing what the first one said. `may_decide` is the caller's. `first_use` is the reading that the
    photo was used for before, where there is one.
    """

    submission_id: str
    meter_id: str
    status: str
    verdict: Verdict
    value: str
    taken_at: str
    reading: str | None = None
    confidence: float | None = None
    reasons: Reasons = ()
    created_at: str
    deadline_at: str | None = None
    escalated: bool = False
    decision: dict[str, Any] | None = None
    photo_url: str | None = None
    first_use: FirstUse | None = None
    audit: bool = False
    stage: Stage = Stage.FIRST
    may_decide: bool = False
    opinions: tuple[OpinionView, ...] = ()
    priority: Priority | None = None


class CorrectedView(Contract):
    """The answer of POST /validations/{submission_id}/correction: the caller's own value, and what came of it."""

    submission_id: str
    status: Literal["DECIDED", "PENDING_REVIEW"]
    value: str
    outcome: Outcome


class StatisticsView(Contract):
    """Counts with their shares and intervals: of one reviewer, or of all together."""

    decisions: int
    agreed_with_reader: Share
    agreed_with_person: Share
    corrections: Share
    downward: Share
    units_up: str
    units_down: str
    median_seconds: float | None


class ReviewerView(StatisticsView):
    """One reviewer's, and why somebody should look. `reviewer` is a user id."""

    reviewer: str
    flags: tuple[Flag, ...] = ()


class EverybodyView(StatisticsView):
    """All reviewers', and how many of the customers' photo values were corrected: of those that went to review, and of
    the audit's fair sample of those that were accepted."""

    corrected_in_review: Share
    corrected_in_audit: Share
