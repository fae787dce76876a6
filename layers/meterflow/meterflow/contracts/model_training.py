"""Steps of model_training: claim, data, training, evaluation, gate, registry, canary, promotion or the way back.

The machine's state carries keys, sums and figures; rows and models stay in the lake.
"""

from typing import Annotated, Literal

from pydantic import Field

from meterflow.contracts import Contract

Kind = Literal["leak", "energy", "fire"]
Cut = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")]


class TrainingInput(Contract):
    """The workflow's input: train the models of `kind` on what was known at `cut`. The two are its business key.

    `cause` says who wants it. `seed`, `rows` (generated ones), `trials` and `budget_seconds` bound the search; `share`
    and `canary_seconds` the trial on live meters, `check_seconds` the pause between two looks at it. Absent ones have
    the defaults of ClaimTraining.
    """

    kind: Kind
    cut: Cut
    cause: Literal["drift", "operator", "schedule"] = "operator"
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    rows: int | None = Field(default=None, ge=1200, le=200_000)
    trials: int | None = Field(default=None, ge=1, le=50)
    budget_seconds: int | None = Field(default=None, ge=1, le=240)
    share: float | None = Field(default=None, gt=0, le=1)
    canary_seconds: int | None = Field(default=None, ge=1, le=2_592_000)
    check_seconds: int | None = Field(default=None, ge=1, le=86_400)


class ClaimTrainingInput(TrainingInput):
    """`holder` is the execution's name."""

    holder: str


class Plan(Contract):
    """Every bound of one training, none absent."""

    seed: int
    rows: int
    trials: int
    budget_seconds: int
    share: float
    canary_seconds: int
    check_seconds: int


class ClaimTrainingResult(Contract):
    """CLAIMED, TAKEN where another execution has this kind and cut, or BUSY where a version of the kind is being tried
    on live meters by another training: two at once would each spoil the other's comparison."""

    outcome: Literal["CLAIMED", "TAKEN", "BUSY"]
    training_id: str
    plan: Plan


class PrepareDataInput(Contract):
    """`attempt` counts from 1; each one after the first gets twice the generated rows of the one before."""

    kind: Kind
    cut: Cut
    plan: Plan
    attempt: int = Field(ge=1, le=5)


class PreparedData(Contract):
    """The dataset object. `source` says in words where its rows are from; `trainer` who can learn from so many."""

    dataset_key: str
    dataset_sha256: str
    generated: int
    examples: int
    held_out: int
    source: str
    trainer: Literal["LAMBDA", "SAGEMAKER"]


class PrepareDataResult(PreparedData):
    """The object is written."""

    outcome: Literal["PREPARED"] = "PREPARED"


class TrainModelInput(Contract):
    """What to learn from and how long to search."""

    kind: Kind
    cut: Cut
    plan: Plan
    data: PreparedData


class TrainModelResult(Contract):
    """The version's files are in the lake under its name. `trials` were done in `seconds`."""

    outcome: Literal["TRAINED"] = "TRAINED"
    version: str
    sha256: str
    trials: int
    seconds: float


class StartTrainingJobInput(TrainModelInput):
    """The same, to a SageMaker training job. `holder` and `attempt` make the job's name: a retry finds the job."""

    holder: str
    attempt: int


class StartTrainingJobResult(Contract):
    """The job runs, or ran already under this name."""

    outcome: Literal["STARTED"] = "STARTED"
    job: str


class CheckTrainingJobInput(Contract):
    """Look after a job."""

    kind: Kind
    cut: Cut
    job: str


class CheckTrainingJobResult(Contract):
    """RUNNING, TRAINED with the version whose files were taken over, or FAILED with SageMaker's reason."""

    outcome: Literal["RUNNING", "TRAINED", "FAILED"]
    version: str | None = None
    sha256: str | None = None
    trials: int | None = None
    seconds: float | None = None
    cause: str | None = None


class EvaluateModelInput(Contract):
    """Score the version and the one in use on the same rows."""

    kind: Kind
    version: str
    data: PreparedData


class EvaluateModelResult(Contract):
    """Both have scores under their versions in the lake. `frozen_sha256` names the rows; `live_rows` were held out."""

    outcome: Literal["EVALUATED"] = "EVALUATED"
    current: str
    scores_key: str
    current_scores_key: str
    frozen_sha256: str
    frozen_rows: int
    live_rows: int


class JudgeModelInput(Contract):
    """The scores of both."""

    scores_key: str
    current_scores_key: str


class JudgeModelResult(Contract):
    """PASSED, or FAILED with every reason as a sentence."""

    outcome: Literal["PASSED", "FAILED"]
    reasons: tuple[str, ...] = ()


class RegisterModelInput(Contract):
    """Enter a version, with the gate's verdict, into the registry and write its card."""

    kind: Kind
    version: str
    sha256: str
    seed: int
    data: PreparedData
    evaluation: EvaluateModelResult
    judgement: JudgeModelResult
    holder: str


class RegisterModelResult(Contract):
    """CANDIDATE, REJECTED by the gate, or SAME where the very models that serve came out again."""

    outcome: Literal["CANDIDATE", "REJECTED", "SAME"]
    version: str
    card_key: str
    reasons: tuple[str, ...] = ()


class StartCanaryInput(Contract):
    """Let the version score a share of the meters."""

    kind: Kind
    version: str
    plan: Plan
    holder: str


class StartCanaryResult(Contract):
    """STARTED, or BUSY where another version is being tried. `started_at` is the registry's."""

    outcome: Literal["STARTED", "BUSY"]
    started_at: str
    until: str
    share: float


class WatchCanaryInput(Contract):
    """Compare what the version scored since `started_at` with what the one in use did."""

    kind: Kind
    version: str
    started_at: str
    until: str


class WatchCanaryResult(Contract):
    """WATCHING, PROMOTE, ROLL_BACK with every reason, or OVERTAKEN where a person decided meanwhile. The counts are of
    the scored rows that were compared."""

    outcome: Literal["WATCHING", "PROMOTE", "ROLL_BACK", "OVERTAKEN"]
    reasons: tuple[str, ...] = ()
    canary_rows: int = 0
    current_rows: int = 0
    judged_rows: int = 0


class PromoteModelInput(Contract):
    """Let the version serve every meter."""

    kind: Kind
    version: str
    reasons: tuple[str, ...] = ()
    holder: str


class PromoteModelResult(Contract):
    """CURRENT, or OVERTAKEN where a person rejected it meanwhile."""

    outcome: Literal["CURRENT", "OVERTAKEN"]
    version: str
    reasons: tuple[str, ...] = ()


class RollBackModelInput(PromoteModelInput):
    """Take the version back."""


class RollBackModelResult(Contract):
    """REJECTED, or OVERTAKEN where a person promoted it meanwhile."""

    outcome: Literal["REJECTED", "OVERTAKEN"]
    version: str
    reasons: tuple[str, ...] = ()


class AnnounceModelInput(Contract):
    """Tell what became of a training. `state` is the registry's word, or taken, busy, same, overtaken, failed;
    `version` is absent where none came out."""

    kind: Kind
    cut: Cut
    state: str
    version: str | None = None
    reasons: tuple[str, ...] = ()
    holder: str


class AnnounceModelResult(Contract):
    """The event is on the bus under `event_id`, however often it is told."""

    outcome: Literal["TOLD"] = "TOLD"
    event_id: str
    state: str
