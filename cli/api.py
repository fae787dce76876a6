"""Meterflow's API as the command uses it: log in, call, and say clearly what went wrong."""

from typing import Any

import requests

from local import deploy

TIMEOUT_SECONDS = 60


class Refused(RuntimeError):
    """The API answered with a problem document; the text is its title, detail and fields, `status` the HTTP status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Session:
    """One logged-in person."""

    def __init__(self, api_url: str, client_id: str, username: str, password: str) -> None:
        """Log in with USER_PASSWORD_AUTH, which the laptop cloud allows."""
        answer = deploy.client("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=client_id,
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
        self.api_url = api_url
        self.id_token: str = answer["AuthenticationResult"]["IdToken"]
        self.access_token: str = answer["AuthenticationResult"]["AccessToken"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the API and return the JSON of its answer. Raises Refused with the reason for any other than 2xx."""
        answer = requests.request(
            method,
            f"{self.api_url}{path}",
            json=body,
            headers={"Authorization": self.id_token},
            timeout=TIMEOUT_SECONDS,
        )
        if not answer.ok:
            raise Refused(problem_text(answer), answer.status_code)
        return answer.json()


def problem_text(answer: requests.Response) -> str:
    """One line that says what the API's problem document says."""
    otherwise = f"the API answered {answer.status_code}"
    try:
        problem = answer.json()
    except requests.JSONDecodeError:
        return otherwise
    if not isinstance(problem, dict):
        return otherwise
    fields = "; ".join(f"{item['field']}: {item['message']}" for item in problem.get("errors", []))
    parts = [problem.get("title") or problem.get("message") or otherwise, problem.get("detail"), fields]
    return ". ".join(part.rstrip(".") for part in parts if part)


def upload(form: dict[str, Any], content: bytes) -> None:
    """Send a photo as the presigned form of `POST /uploads` says. Raises Refused where the bucket does not take it."""
    answer = requests.post(
        form["url"], data=form["fields"], files={"file": ("photo", content)}, timeout=TIMEOUT_SECONDS
    )
    if not answer.ok:
        raise Refused(f"the uploads bucket refused the photo ({answer.status_code})", answer.status_code)
