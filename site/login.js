// Logs in with Cognito and swaps the ID token for the session cookie. No token is stored anywhere.
const STAFF = ["operator", "technician"];
const form = document.getElementById("login");
const problem = document.getElementById("problem");

const WORDS = {
  NotAuthorizedException: "User name or password is wrong.",
  UserNotFoundException: "User name or password is wrong.",
  UserNotConfirmedException: "Confirm your e-mail address first.",
  PasswordResetRequiredException: "Your password must be reset first.",
  TooManyRequestsException: "Too many attempts. Wait a minute and try again.",
  InvalidParameterException: "This site does not allow logging in with a password here.",
};

class Refused extends Error {}

async function idToken(config, username, password) {
  const answer = await fetch(config.cognito_endpoint, {
    method: "POST",
    credentials: "omit",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
    },
    body: JSON.stringify({
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: config.user_pool_client_id,
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  });
  const body = await answer.json();
  if (!answer.ok) {
    const name = String(body.__type || "").split("#").pop();
    throw new Refused(WORDS[name] || "Logging in did not work. Try again in a moment.");
  }
  if (!body.AuthenticationResult) throw new Refused("This account needs one more step, which this page does not offer yet.");
  return body.AuthenticationResult.IdToken;
}

async function openSession(token) {
  const answer = await fetch("/api/session", { method: "POST", headers: { Authorization: token } });
  if (!answer.ok) throw new Refused("The session could not be opened. Try again in a moment.");
  return (await answer.json()).groups;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  problem.textContent = "";
  button.disabled = true;
  try {
    const config = await (await fetch("/config.json")).json();
    const token = await idToken(config, form.username.value.trim(), form.password.value);
    const groups = await openSession(token);
    location.assign(groups.some((group) => STAFF.includes(group)) ? "/map.html" : "/");
  } catch (error) {
    problem.textContent = error instanceof Refused ? error.message : "There is no connection. Try again in a moment.";
    button.disabled = false;
  }
});

if (new URLSearchParams(location.search).has("denied")) {
  problem.textContent = "Your account may not open that page. Log in with another one.";
}
