// An answer that comes a line of JSON at a time.
import { Problem } from "./problem.js";

// Sends a body and gives each line of the answer when it comes; aborting the signal stops the server's work.
export async function* ask(url, body, signal) {
  let response;
  try {
    const headers = { "Content-Type": "application/json" };
    response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch (error) {
    throw signal.aborted ? error : new Problem("offline");
  }
  if (response.status === 503) throw new Problem("busy");
  if (response.status === 401) throw new Problem("signed_out");
  if (response.status !== 200) throw new Problem("refused", await response.text());
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    let piece;
    try {
      piece = await reader.read();
    } catch (error) {
      throw signal.aborted ? error : new Problem("offline");
    }
    if (piece.done) return;
    const lines = (rest + piece.value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}
