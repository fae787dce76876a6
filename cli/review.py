"""`meterflow review`: the review queue, a decision, and how the reviewers decide."""

import argparse
import json
from typing import Any

from cli import submit
from local import endpoints

WHO = ("technician", "operator")


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser("review", help="the review queue, a decision, and how the reviewers decide")
    parts = command.add_subparsers(dest="part", required=True, metavar="list|decide|people")
    queue = parts.add_parser("list", help="what waits for a person, the most urgent first")
    queue.add_argument("--order", default="urgency", choices=("urgency", "age"))
    queue.set_defaults(run=show_queue)
    decide = parts.add_parser("decide", help="say what a meter shows")
    decide.add_argument("submission", metavar="SUBMISSION", help="the submission's id")
    decide.add_argument("--value", required=True, metavar="V", help="the value as the meter shows it")
    decide.add_argument("--reason", required=True, metavar="TEXT", help="why")
    decide.set_defaults(run=give_decision)
    people = parts.add_parser("people", help="agreement and corrections of the reviewers (as an operator)")
    people.add_argument("--kind", default="all", choices=("all", "water", "gas", "electricity", "heat"))
    people.set_defaults(run=show_people)
    for part in (queue, decide):
        part.add_argument("--as", dest="role", default="operator", choices=WHO)
    for part in (queue, decide, people):
        part.add_argument("--json", action="store_true", help="print JSON and nothing else")


def call(role: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Call the API as one of the demonstration's people."""
    return submit.log_in(endpoints.read(), role).call(method, path, body)


def show_queue(arguments: argparse.Namespace) -> int:
    """Print the first page of the queue."""
    page = call(arguments.role, "GET", f"/validations?limit=100&order={arguments.order}")
    if arguments.json:
        print(json.dumps(page))
        return 0
    for item in page["items"]:
        print(describe(item))
    if not page["items"]:
        print("nothing waits")
    return 0


def describe(item: dict[str, Any]) -> str:
    """A waiting review on two lines: what it is, and why it stands where it does."""
    seen = item["reading"] or "nothing readable"
    head = f"{item['submission_id']}  {item['meter_id']}  sent {item['value']}, the photo shows {seen}"
    marks = [item["stage"], *(["audit"] if item["audit"] else []), *(["escalated"] if item["escalated"] else [])]
    why = item["priority"]
    if why is None:
        return f"{head}  {', '.join(marks)}"
    sum_ = f"{why['odds']} x {why['difference']} x {why['price']} + waiting {why['waiting']}"
    late = f" + escalated {why['escalated']}" if item["escalated"] else ""
    return f"{head}  {', '.join(marks)}\n  {why['total']} {why['currency']} = {sum_}{late}"


def give_decision(arguments: argparse.Namespace) -> int:
    """Decide, and print what came of it."""
    body = {"value": arguments.value, "reason": arguments.reason}
    answer = call(arguments.role, "POST", f"/validations/{arguments.submission}/correction", body)
    next_ = {
        "DECIDED": "decided",
        "SECOND_OPINION": "another person has to look",
        "DISAGREED": "two people differ, a third one, an operator, has to decide",
    }
    print(json.dumps(answer) if arguments.json else f"{answer['value']}: {next_[answer['outcome']]}")
    return 0


def show_people(arguments: argparse.Namespace) -> int:
    """Print each reviewer's shares, and at whom somebody should look."""
    page = call("operator", "GET", f"/reviews/statistics?limit=100&kind={arguments.kind}")
    if arguments.json:
        print(json.dumps(page))
        return 0
    for one in page["items"]:
        shares = (
            ("agreed with the reader", one["agreed_with_reader"]),
            ("with people", one["agreed_with_person"]),
            ("corrected", one["corrections"]),
            ("downward", one["downward"]),
        )
        told = ", ".join(f"{name} {share['count']}/{share['of']}" for name, share in shares)
        flags = ", ".join(flag["code"] for flag in one["flags"]) or "nothing to look at"
        print(f"{one['reviewer']}  {one['decisions']} decisions: {told}; {flags}")
    if not page["items"]:
        print("nobody has decided anything yet")
    return 0
