"""What every state machine of this project keeps to. Each check is a function from a definition to its problems.

A check returns a list of sentences, each naming the state at fault; an empty list means the machine keeps the rule.
The checks read the JSON before substitution: `${Name}` stays in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonata
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "statemachines"

Machine = dict[str, Any]
State = dict[str, Any]

INVOKE = "arn:aws:states:::lambda:invoke"
CALLBACK = "arn:aws:states:::lambda:invoke.waitForTaskToken"
START = "arn:aws:states:::states:startExecution"
START_AND_WAIT = "arn:aws:states:::states:startExecution.sync:2"
RESOURCES = (INVOKE, CALLBACK, START, START_AND_WAIT)

# What Lambda's service answers when it, not our code, is at fault. AWS asks every Lambda task to retry these.
SERVICE_ERRORS = frozenset(
    {
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    }
)
# A function that died half-way: it may have done its effect, so it gets one more chance and no more.
CRASHES = frozenset({"Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"})

MAXIMUM_LINES = 400
MAXIMUM_NAME = 80
# Keys that have no business in a state machine's state: it is readable in the console and kept for 90 days.
PERSONAL_KEYS = frozenset({"name", "full_name", "email", "e_mail", "phone", "address", "token", "task_token"})

SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
PASCAL = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)*")
# A variable that is read: `$name`, but neither a function call, nor the reserved $states, nor a name bound here.
READ = re.compile(r"\$([A-Za-z_]\w*)(?!\w)(?!\s*\()(?!\s*:=)")
BOUND_HERE = re.compile(r"\$([A-Za-z_]\w*)\s*:=|function\s*\(([^)]*)\)|[@#]\s*\$([A-Za-z_]\w*)")
GUARDED = re.compile(r"\$exists\(\s*\$([A-Za-z_]\w*)\s*\)")
STRINGS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")

# What holds the machine up by being a library function used by name only (`~> $count`).
BUILT_IN = frozenset({"states", "count", "sum", "string", "number", "keys", "sort", "distinct", "reverse", "trim"})


class Edge(NamedTuple):
    """A way from one state to another; `via` is next, choice, default or catch."""

    source: str
    target: str
    via: str


def machine_files() -> list[Path]:
    """The definitions in statemachines/."""
    return sorted(FOLDER.glob("*.asl.json"))


def load(path: Path) -> Machine:
    """The definition in `path`, as it stands. Raises ValueError where it is not JSON before substitution."""
    machine: Machine = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    return machine


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated = {key for key in keys if keys.count(key) > 1}
    if repeated:
        raise ValueError(f"keys appear twice in one object: {sorted(repeated)}")
    return dict(pairs)


def scopes(machine: Machine) -> Iterator[Machine]:
    """The machine itself and each inner one (Map's processor, Parallel's branches): a `StartAt` and `States` each."""
    yield machine
    for state in machine["States"].values():
        inner = [state["ItemProcessor"]] if "ItemProcessor" in state else state.get("Branches", [])
        for scope in inner:
            yield from scopes(scope)


def states(machine: Machine) -> Iterator[tuple[str, State]]:
    """Every state with its name, inner ones included."""
    for scope in scopes(machine):
        yield from scope["States"].items()


def tasks(machine: Machine) -> Iterator[tuple[str, State]]:
    """Every Task with its name."""
    return ((name, state) for name, state in states(machine) if state["Type"] == "Task")


def edges(scope: Machine) -> list[Edge]:
    """The ways between the states of one scope."""
    found = []
    for name, state in scope["States"].items():
        if "Next" in state:
            found.append(Edge(name, state["Next"], "next"))
        found += [Edge(name, rule["Next"], "choice") for rule in state.get("Choices", [])]
        if "Default" in state:
            found.append(Edge(name, state["Default"], "default"))
        found += [Edge(name, catcher["Next"], "catch") for catcher in state.get("Catch", [])]
    return found


def strings(value: Any) -> Iterator[str]:
    """Every string inside `value`, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def keys(value: Any) -> Iterator[str]:
    """Every key inside `value`."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def expression(text: str) -> str | None:
    """The JSONata inside `{% … %}`, or None where the text is plain."""
    return text[2:-2].strip() if text.startswith("{%") and text.endswith("%}") else None


def own_strings(state: State) -> Iterator[str]:
    """Every string of a state without those of the machines inside it."""
    return strings({key: value for key, value in state.items() if key not in ("ItemProcessor", "Branches")})


def substitutions(machine: Machine) -> set[str]:
    """The names that the template must substitute."""
    return {name for text in strings(machine) for name in SUBSTITUTION.findall(text)}


def is_callback(state: State) -> bool:
    """Whether the task waits until somebody answers with its token."""
    return str(state.get("Resource", "")).endswith(".waitForTaskToken")


def is_child(state: State) -> bool:
    """Whether the task starts an execution."""
    return state.get("Resource") in (START, START_AND_WAIT)


# --- the checks -------------------------------------------------------------------------------------------------


def check_top_level(machine: Machine) -> list[str]:
    """JSONata, a comment that says what the machine is for, and a deadline for the whole."""
    problems = []
    if machine.get("QueryLanguage") != "JSONata":
        problems.append('the machine needs "QueryLanguage": "JSONata"')
    if not str(machine.get("Comment", "")).strip():
        problems.append("the machine needs a Comment")
    if not (isinstance(machine.get("TimeoutSeconds"), int) and machine["TimeoutSeconds"] > 0):
        problems.append("the machine needs TimeoutSeconds, a whole number: without it a stuck execution lives a year")
    problems += [f"{name}: mixes query languages" for name, state in states(machine) if "QueryLanguage" in state]
    return problems


def check_statelint(machine: Machine) -> list[str]:
    """The language's own rules, with one false alarm lifted: a time may be an expression, statelint wants a number.

    `TimeoutSeconds` or a Wait's `Seconds` that is an expression is put in as a number before linting; nothing else is
    touched.
    """
    plain = json.loads(json.dumps(machine))
    for _, state in states(plain):
        for field in ("TimeoutSeconds", "HeartbeatSeconds", "Seconds"):
            if isinstance(state.get(field), str) and expression(state[field]) is not None:
                state[field] = 60 if field == "TimeoutSeconds" else 30
    problems: list[str] = Linter.validate(plain, Config({ProblemType.FLOAT}))
    return problems


def check_resources(machine: Machine) -> list[str]:
    """The machine calls Lambda, starts executions and waits for tokens. Nothing else: rules live in functions."""
    return [
        f"{name}: {state['Resource']} is not allowed"
        for name, state in tasks(machine)
        if state["Resource"] not in RESOURCES
    ]


def check_tasks_are_named_as_their_functions(machine: Machine) -> list[str]:
    """State `RecordReading` invokes `${RecordReadingFunctionArn}`; a child is named by `${…StateMachineArn}`."""
    problems = []
    for name, state in tasks(machine):
        arguments = state.get("Arguments", {})
        if is_child(state):
            if not re.fullmatch(r"\$\{[A-Z]\w*StateMachineArn\}", str(arguments.get("StateMachineArn"))):
                problems.append(f"{name}: StateMachineArn must be a ${{…StateMachineArn}} substitution")
        elif arguments.get("FunctionName") != f"${{{name}FunctionArn}}":
            problems.append(f"{name}: FunctionName must be ${{{name}FunctionArn}}")
    return problems


def check_comments_and_deadlines(machine: Machine) -> list[str]:
    """Each task says why it is there and how long it may take; AWS's default is practically for ever."""
    problems = []
    for name, state in tasks(machine):
        if len(str(state.get("Comment", "")).split()) < 3:
            problems.append(f"{name}: needs a Comment with the reason")
        deadline = state.get("TimeoutSeconds")
        if not (isinstance(deadline, int) and deadline > 0) and not (
            isinstance(deadline, str) and expression(deadline) is not None
        ):
            problems.append(f"{name}: needs TimeoutSeconds")
    return problems


def check_retries(machine: Machine) -> list[str]:
    """Named retriers only: outages with full jitter and a bound; crashes once; people never."""
    problems = []
    for name, state in tasks(machine):
        retried: set[str] = set()
        for retrier in state.get("Retry", []):
            errors = retrier["ErrorEquals"]
            if retrier.get("MaxAttempts") == 0:
                continue
            retried.update(errors)
            if "States.ALL" in errors or "States.TaskFailed" in errors:
                problems.append(f"{name}: retries every error, so bugs too")
            if "BackoffRate" not in retrier or retrier["BackoffRate"] < 1.5:
                problems.append(f"{name}: {errors[0]} needs a BackoffRate of 1.5 or more")
            if retrier.get("JitterStrategy") != "FULL":
                problems.append(f"{name}: {errors[0]} needs JitterStrategy FULL, or all retries arrive together")
            attempts = retrier.get("MaxAttempts")
            if attempts is None or attempts > 8:
                problems.append(f"{name}: {errors[0]} needs MaxAttempts of at most 8")
            elif attempts > 3 and "MaxDelaySeconds" not in retrier:
                problems.append(
                    f"{name}: {errors[0]} needs MaxDelaySeconds: with {attempts} attempts the delay runs away"
                )
            if "States.Timeout" in errors and is_callback(state):
                problems.append(f"{name}: a person's silence is an outcome; States.Timeout is not retried")
            elif CRASHES & set(errors) and (attempts or 0) > 1:
                problems.append(f"{name}: {sorted(CRASHES & set(errors))} may be retried once, the effect may be done")
        wanted = {"TransientError"} | SERVICE_ERRORS if not is_child(state) else set()
        if missing := wanted - retried:
            problems.append(f"{name}: does not retry {sorted(missing)}")
        if is_child(state) and not state.get("Retry"):
            problems.append(f"{name}: starting an execution can be throttled and needs a retrier")
    return problems


def check_catches(machine: Machine) -> list[str]:
    """Each task's failure goes somewhere: last resort States.ALL, alone and last; targets exist."""
    problems = []
    for scope in scopes(machine):
        for name, state in scope["States"].items():
            catchers = state.get("Catch", [])
            if state["Type"] in ("Task", "Map", "Parallel") and not catchers:
                problems.append(f"{name}: needs a Catch")
                continue
            for position, catcher in enumerate(catchers):
                if catcher["Next"] not in scope["States"]:
                    problems.append(f"{name}: catches into {catcher['Next']}, which does not exist")
                if "States.ALL" in catcher["ErrorEquals"]:
                    if catcher["ErrorEquals"] != ["States.ALL"]:
                        problems.append(f"{name}: States.ALL must stand alone")
                    if position != len(catchers) - 1:
                        problems.append(f"{name}: States.ALL must come last")
            if catchers and catchers[-1]["ErrorEquals"] != ["States.ALL"]:
                problems.append(
                    f"{name}: the last Catch must be States.ALL, or an unforeseen error has no name of ours"
                )
    return problems


def check_callbacks(machine: Machine) -> list[str]:
    """Who waits for a person hands over the token and has a way out that is not a failure."""
    problems = []
    for scope in scopes(machine):
        for name, state in scope["States"].items():
            if not is_callback(state):
                continue
            payload = list(strings(state.get("Arguments", {}).get("Payload", {})))
            if not any("$states.context.Task.Token" in text for text in payload):
                problems.append(f"{name}: the Payload does not hold the task token, so nobody can answer")
            ways = [c["Next"] for c in state.get("Catch", []) if "States.Timeout" in c["ErrorEquals"]]
            if not ways:
                problems.append(f"{name}: silence (States.Timeout) has no Catch of its own")
            elif scope["States"].get(ways[0], {}).get("Type") == "Fail":
                problems.append(f"{name}: silence ends in {ways[0]}, a failure; it needs a way out")
    return problems


def check_task_tokens_travel_alone(machine: Machine) -> list[str]:
    """A token is handed to the function that needs it and is nowhere else."""
    problems = []
    for name, state in states(machine):
        outside = {key: value for key, value in state.items() if key not in ("ItemProcessor", "Branches", "Arguments")}
        inside = state.get("Arguments", {})
        if isinstance(inside, dict):
            outside["Arguments"] = {key: value for key, value in inside.items() if key != "Payload"}
        if any("Task.Token" in text for text in strings(outside)):
            problems.append(f"{name}: the task token leaves the Payload")
    return problems


def check_choices(machine: Machine) -> list[str]:
    """Every Choice says where all the rest goes."""
    return [
        f"{name}: needs a Default"
        for name, state in states(machine)
        if state["Type"] == "Choice" and not state.get("Default")
    ]


def check_failures(machine: Machine) -> list[str]:
    """A failure has a name and a cause: the alarm and the redrive tell what broke by them."""
    problems = []
    seen: dict[str, str] = {}
    for name, state in states(machine):
        if state["Type"] != "Fail":
            continue
        problems += [f"{name}: needs {field}" for field in ("Error", "Cause") if not str(state.get(field, "")).strip()]
        if (error := str(state.get("Error", ""))) in seen:
            problems.append(f"{name}: has the Error of {seen[error]}, so the two cannot be told apart")
        seen[error] = name
    return problems


def check_names(machine: Machine) -> list[str]:
    """PascalCase, at most 80 characters, once in the whole machine."""
    names = [name for name, _ in states(machine)]
    problems = [f"{name}: is not PascalCase" for name in names if not PASCAL.fullmatch(name)]
    problems += [f"{name}: is longer than {MAXIMUM_NAME} characters" for name in names if len(name) > MAXIMUM_NAME]
    problems += [f"{name}: names two states" for name in sorted(set(names)) if names.count(name) > 1]
    return problems


def check_child_names(machine: Machine) -> list[str]:
    """A child's name derives from its business key, so that a second start finds the first.

    A name stays taken for 90 days after the child ended. A retry of the task itself therefore adds its attempt.
    """
    problems = []
    for name, state in tasks(machine):
        if not is_child(state):
            continue
        text = str(state["Arguments"].get("Name", ""))
        if "$hash(" not in text or "SHA-256" not in text:
            problems.append(f"{name}: the child's Name must derive from $hash of its business key")
        if "$substring(" not in text or not re.search(r",\s*0\s*,\s*40\s*\)", text):
            problems.append(f"{name}: the child's Name must be the first 40 hex digits")
        if state.get("Retry") and "$states.context.State.RetryCount" not in text:
            problems.append(f"{name}: is retried, so the child's Name must hold the RetryCount")
    return problems


def check_targets_and_reach(machine: Machine) -> list[str]:
    """Every way leads to a state that exists, and every state can be reached."""
    problems = []
    for scope in scopes(machine):
        ways = edges(scope)
        problems += [
            f"{way.source}: leads to {way.target}, which does not exist"
            for way in ways
            if way.target not in scope["States"]
        ]
        reached, front = set(), [scope["StartAt"]]
        while front:
            name = front.pop()
            if name not in reached:
                reached.add(name)
                front += [way.target for way in ways if way.source == name]
        problems += [f"{name}: cannot be reached" for name in scope["States"] if name not in reached]
    return problems


def check_loops(machine: Machine) -> list[str]:
    """Every circle passes a Choice that can leave it: a loop without one ends only with the deadline."""
    problems = []
    for scope in scopes(machine):
        ways = edges(scope)
        around = {name: _reachable(name, ways) for name in scope["States"]}
        choices = {name for name, state in scope["States"].items() if state["Type"] == "Choice"}
        leaving = {
            way.source for way in ways if way.source in choices and way.source not in around.get(way.target, set())
        }
        free = [way for way in ways if way.source not in leaving]
        problems += [
            f"{name}: is in a circle that no Choice can leave"
            for name in scope["States"]
            if name in _reachable(name, free)
        ]
    return problems


def _reachable(start: str, ways: list[Edge]) -> set[str]:
    """The states that can be reached from `start` in one step or more."""
    reached: set[str] = set()
    front = [start]
    while front:
        here = front.pop()
        for way in ways:
            if way.source == here and way.target not in reached:
                reached.add(way.target)
                front.append(way.target)
    return reached


def check_personal_data(machine: Machine) -> list[str]:
    """What is kept from state to state are keys and ids; names, addresses and tokens stay in tables."""
    problems = []
    for name, state in states(machine):
        kept = [state.get("Assign"), state.get("Output")]
        for branch in [*state.get("Catch", []), *state.get("Choices", [])]:
            kept += [branch.get("Assign"), branch.get("Output")]
        written = {key for part in kept for key in keys(part)}
        # Keys that an expression makes: {"email": …}
        written |= {
            key
            for part in kept
            for text in strings(part)
            if (code := expression(text)) is not None
            for key in re.findall(r"[\"'](\w+)[\"']\s*:", code)
        }
        problems += [f"{name}: keeps {key!r}" for key in sorted(written) if key.lower() in PERSONAL_KEYS]
    return problems


def check_expressions(machine: Machine) -> list[str]:
    """Every expression parses, fills its whole string, and does not use what Step Functions lacks."""
    problems = []
    for name, state in states(machine):
        for text in own_strings(state):
            code = expression(text)
            if code is None:
                if "{%" in text or "%}" in text:
                    problems.append(f"{name}: {text!r} must start with {{% and end with %}}")
                continue
            try:
                jsonata.Jsonata.jsonata(code)
            except Exception as error:  # noqa: BLE001  every way of not parsing is a finding
                problems.append(f"{name}: {code!r} does not parse: {error}")
                continue
            if re.search(r"\$eval\b", code):
                problems.append(f"{name}: Step Functions has no $eval")
    return problems


def check_assignments_stand_alone(machine: Machine) -> list[str]:
    """No Assign reads a variable that the same Assign sets first.

    AWS evaluates all of them with the values from before; the laptop cloud evaluates them in order.
    """
    problems = []
    for name, state in states(machine):
        for holder in [state, *state.get("Catch", []), *state.get("Choices", [])]:
            earlier: set[str] = set()
            for variable, value in (holder.get("Assign") or {}).items():
                if clash := earlier & _reads(value):
                    problems.append(f"{name}: {variable} reads {sorted(clash)}, set in the same Assign")
                earlier.add(variable)
    return problems


def _reads(value: Any) -> set[str]:
    """The workflow variables that the expressions in `value` read and would miss."""
    found: set[str] = set()
    for text in strings(value):
        if (code := expression(text)) is None:
            continue
        bare = STRINGS.sub("''", code)
        bound = {
            part.strip().lstrip("$")
            for groups in BOUND_HERE.findall(bare)
            for group in groups
            for part in group.split(",")
            if part.strip()
        }
        found |= set(READ.findall(bare)) - bound - set(GUARDED.findall(bare)) - BUILT_IN
    return found


def check_variables(machine: Machine) -> list[str]:
    """Each variable is set on every way to the state that reads it; else the expression fails there."""
    return _variables_of(machine, frozenset())


def _variables_of(scope: Machine, outer: frozenset[str]) -> list[str]:
    everything = frozenset(
        variable
        for state in scope["States"].values()
        for holder in [state, *state.get("Catch", []), *state.get("Choices", [])]
        for variable in (holder.get("Assign") or {})
    )
    known: dict[str, frozenset[str]] = dict.fromkeys(scope["States"], everything | outer)
    known[scope["StartAt"]] = outer
    changed = True
    while changed:
        changed = False
        for name, state in scope["States"].items():
            for target, assigned in _ways_with_assignments(state):
                if target not in known:
                    continue
                after = known[target] & (known[name] | assigned)
                if after != known[target]:
                    known[target], changed = after, True
    problems = []
    for name, state in scope["States"].items():
        own = {key: value for key, value in state.items() if key not in ("ItemProcessor", "Branches")}
        if missing := _reads(own) - known[name]:
            problems.append(
                f"{name}: reads {sorted('$' + variable for variable in missing)}, not set on every way here"
            )
        inner = [state["ItemProcessor"]] if "ItemProcessor" in state else state.get("Branches", [])
        for part in inner:
            problems += _variables_of(part, known[name])
    return problems


def _ways_with_assignments(state: State) -> Iterator[tuple[str, frozenset[str]]]:
    """Where the state leads and what it sets on that way. A Catch or a Choice's rule has an Assign of its own."""
    own = frozenset(state.get("Assign") or {})
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], own
    for branch in [*state.get("Choices", []), *state.get("Catch", [])]:
        yield branch["Next"], frozenset(branch.get("Assign") or {})


def check_substitutions(machine: Machine) -> list[str]:
    """Substitutions are PascalCase, as the template's logical ids are."""
    return [f"${{{name}}} is not PascalCase" for name in sorted(substitutions(machine)) if not PASCAL.fullmatch(name)]


CHECKS: tuple[Callable[[Machine], list[str]], ...] = (
    check_top_level,
    check_statelint,
    check_resources,
    check_tasks_are_named_as_their_functions,
    check_comments_and_deadlines,
    check_retries,
    check_catches,
    check_callbacks,
    check_task_tokens_travel_alone,
    check_choices,
    check_failures,
    check_names,
    check_child_names,
    check_targets_and_reach,
    check_loops,
    check_personal_data,
    check_expressions,
    check_assignments_stand_alone,
    check_variables,
    check_substitutions,
)


def check_size(text: str) -> list[str]:
    """A definition stays short enough to be read in one sitting."""
    lines = text.count("\n")
    return [f"{lines} lines, at most {MAXIMUM_LINES}"] if lines > MAXIMUM_LINES else []
