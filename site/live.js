// Keeps the parts of a page that are marked data-live as fresh as the published page, without a reload.
const EVERY_MS = 20000;
let etag = null;

async function refresh() {
  const answer = await fetch(location.pathname, { cache: "no-cache" });
  if (answer.redirected) {
    location.assign(answer.url); // the session has ended
    return;
  }
  const newest = answer.headers.get("ETag");
  if (!answer.ok || newest === etag) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const newer = fresh.getElementById(part.id);
    if (newer && newer.outerHTML !== part.outerHTML) part.replaceWith(document.adoptNode(newer));
  }
  etag = newest;
}

// Without a network the page stays as it is and says when it was updated; the next round tries again.
setInterval(() => document.hidden || refresh().catch(() => undefined), EVERY_MS);
