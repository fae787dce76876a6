"""What the code in Lambda keeps to, read from its source: size, names, what it imports, what it must not touch."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Set
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "meterflow"
DOMAIN = LAYER / "meterflow"
LAYER_REQUIREMENTS = ROOT / "layers" / "dependencies" / "requirements.txt"

MAXIMUM_LINES = 120
# Modules named after no concept collect what belongs nowhere.
NAMELESS = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base", "shared"})
# What Lambda's Python runtime brings.
RUNTIME = frozenset({"boto3", "botocore"})
# Domain modules that may know the outside: the environment, the clock, logs, the API's wire.
OUTSIDE = frozenset({"settings.py", "clock.py", "observability.py", "http.py"})


def handlers() -> list[Path]:
    """Every function's app.py."""
    return sorted(ROOT.glob("functions/*/*/app.py"))


def deployed_files() -> list[Path]:
    """Every Python file that is deployed."""
    return sorted([*ROOT.glob("functions/**/*.py"), *DOMAIN.rglob("*.py")])


def domain_files() -> list[Path]:
    """The rules: the layer without its adapters."""
    return sorted(path for path in DOMAIN.rglob("*.py") if "adapters" not in path.relative_to(DOMAIN).parts)


def imported(source: str) -> set[str]:
    """The modules that `source` imports, absolute names; `from a import b` gives both `a` and `a.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def foreign(modules: set[str]) -> set[str]:
    """The top-level names in `modules` that are neither the standard library nor ours."""
    tops = {module.split(".")[0] for module in modules}
    return {top for top in tops if top not in sys.stdlib_module_names and top != "meterflow"}


def _module_file(module: str) -> Path | None:
    path = LAYER / Path(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


@cache
def _imports_of(path: Path) -> frozenset[str]:
    return frozenset(imported(path.read_text(encoding="utf-8")))


def reached_from(app: Path) -> set[Path]:
    """The files of the domain package that importing `app` imports, directly or through each other."""
    reached: set[Path] = set()
    front = [app]
    while front:
        for module in _imports_of(front.pop()):
            file = _module_file(module) if module.split(".")[0] == "meterflow" else None
            if file and file not in reached:
                reached.add(file)
                front.append(file)
    return reached


def required(requirements: Path) -> set[str]:
    """The distributions that a requirements.txt names, with all that they need themselves."""
    if not requirements.exists():
        return set()
    lines = (line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return _closure({_normal(Requirement(line).name) for line in lines if line and not line.startswith("-")})


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _closure(names: set[str]) -> set[str]:
    found: set[str] = set()
    front = list(names)
    while front:
        name = front.pop()
        if name in found:
            continue
        found.add(name)
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue
        wanted = (
            need for need in map(Requirement, needs) if need.marker is None or need.marker.evaluate({"extra": ""})
        )
        front += [_normal(need.name) for need in wanted]
    return found


@cache
def _distributions() -> dict[str, frozenset[str]]:
    return {top: frozenset(map(_normal, names)) for top, names in packages_distributions().items()}


def provided(module: str, distributions: set[str]) -> bool:
    """Whether one of `distributions` brings the top-level `module`."""
    return bool(_distributions().get(module, frozenset({_normal(module)})) & distributions)


# --- the checks -------------------------------------------------------------------------------------------------


def check_length(source: str) -> list[str]:
    """A handler parses, calls one thing and answers; what is longer belongs in the domain package."""
    lines = len(source.splitlines())
    return [f"{lines} lines, at most {MAXIMUM_LINES}"] if lines > MAXIMUM_LINES else []


def check_name(name: str) -> list[str]:
    """A module is named for the concept that it holds."""
    return [f"{name} names no concept"] if name.removesuffix(".py") in NAMELESS else []


def beside(app: Path) -> set[str]:
    """The modules and packages in a function's own folder."""
    there = {path.stem for path in app.parent.glob("*.py")} | {
        path.parent.name for path in app.parent.glob("*/__init__.py")
    }
    return there - {"app"}


def own_files(app: Path) -> list[Path]:
    """Every Python file of a function."""
    return sorted(app.parent.rglob("*.py"))


def check_handler_imports(source: str, own_distributions: set[str], neighbours: Set[str] = frozenset()) -> list[str]:
    """A handler imports the domain package, Powertools, pydantic, modules beside it and what its own requirements
    bring. Not boto3."""
    allowed = {"aws_lambda_powertools", "pydantic", *neighbours}
    return [
        f"imports {name}, which its requirements.txt does not bring"
        if name not in RUNTIME
        else f"imports {name}: AWS belongs in an adapter"
        for name in sorted(foreign(imported(source)) - allowed)
        if name in RUNTIME or not provided(name, own_distributions)
    ]


def check_shipped(modules: set[str], distributions: set[str]) -> list[str]:
    """Everything that an import reaches is in the runtime, the layers or the function's own requirements."""
    return [
        f"needs {name}, which nothing in its artefact brings"
        for name in sorted(foreign(modules) - RUNTIME)
        if not provided(name, distributions)
    ]


def check_wrapped(source: str) -> list[str]:
    """Every handler is a step or a route, so that logs, metrics and problems are alike."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "handler":
            wrapped = any("step" in ast.dump(decorator) for decorator in node.decorator_list)
            return [] if wrapped else ["handler is not a @step"]
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "handler" for t in node.targets):
            call = node.value
            routed = isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("route", "step")
            return [] if routed else ["handler is no route(…)"]
    return ["has no handler"]


def check_domain(source: str) -> list[str]:
    """Rules know no AWS, no environment and no clock: they take what they need."""
    problems = [f"imports {name}" for name in sorted(foreign(imported(source)) & RUNTIME)]
    problems += ["imports an adapter" for name in imported(source) if name.startswith("meterflow.adapters")][:1]
    for text in _names(source):
        if text in ("os.environ", "os.getenv"):
            problems.append("reads the environment")
        if text in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"):
            problems.append(f"reads the clock by {text}")
    return sorted(set(problems))


def _names(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


# Names that look like addresses and are never called.
NAMESPACES = frozenset({"http://www.w3.org/2000/svg"})


def check_plain_connections(source: str) -> list[str]:
    """No address without TLS, and nobody's certificate goes unchecked."""
    problems = []
    for node in ast.walk(ast.parse(source)):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if "http://" in text and text not in NAMESPACES:
            problems.append(f"line {node.lineno}: names an address without TLS")
        checks = isinstance(node, ast.keyword) and node.arg in ("use_ssl", "verify", "check_hostname")
        if checks and getattr(node.value, "value", True) is False:
            problems.append(f"line {node.lineno}: turns {node.arg} off")
    return problems


def check_batch_handler(source: str) -> list[str]:
    """A stream or queue takes every answer for success, so a failure must be raised or reported record by record."""
    problems = []
    tree = ast.parse(source)
    constants = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    if "statusCode" in constants or "meterflow.http" in imported(source):
        problems.append("answers a batch with a status code, which the mapping takes for success")
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = "everything" if node.type is None else getattr(node.type, "id", "")
            raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            if caught in ("everything", "Exception", "BaseException") and not raises:
                problems.append("swallows every error of a batch")
    return problems


def check_conditional_puts(source: str) -> list[str]:
    """Every write of a shared document says which version it replaces: two writers never lose a change."""
    problems = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "put_object":
            given = {keyword.arg for keyword in node.keywords}
            handed_on = None in given and re.search(r"[\"']IfMatch[\"']", source)
            if not ({"IfMatch", "IfNoneMatch"} & given or handed_on):
                problems.append(f"line {node.lineno}: put_object without IfMatch")
    return problems
