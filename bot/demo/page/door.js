// The only place that speaks HTTP: reads, acts, and listens to what happens.

async function answerOf(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

export async function read(path) {
  return answerOf(await fetch(`/people/${path}`));
}

export async function act(path, body = {}) {
  return answerOf(await fetch(`/people/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }));
}

// The browser reconnects by itself and says what it saw last; when the server no longer knows
// (it was restarted), it answers "reload".
export function listen(after, { happened, reload, connected }) {
  const stream = new EventSource(`/people/stream?after=${after}`);
  stream.onopen = () => connected(true);
  stream.onerror = () => connected(false);
  stream.onmessage = (event) => happened(JSON.parse(event.data));
  stream.addEventListener("reload", () => { stream.close(); reload(); });
}
