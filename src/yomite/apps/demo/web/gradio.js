// Ties the parts of the page to Gradio: to its HTML components, which start them, and to its named endpoints.
// The other modules know no Gradio; another page may import them.
import { startDraw } from "./draw.js";
import { chosenLanguage, spokenLanguage, startHeader } from "./header.js";
import { startLine } from "./line.js";
import { startPage } from "./page.js";
import { Problem } from "./problem.js";
import { ask } from "./stream.js";
import { startUpload } from "./upload.js";
import { Words } from "./words.js";

const PAUSES_MS = [0, 400, 1200]; // before each try to join a queue that is full
const starters = { header: startHeader, draw: startDraw, line: startLine, page: startPage, upload: startUpload };

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function request(path, options) {
  try {
    const response = await fetch(new URL(path, document.baseURI), options);
    return { status: response.status, text: await response.text() };
  } catch {
    throw new Problem("offline");
  }
}

const { text } = await request(`web/words-${chosenLanguage}.json`);
const words = new Words(JSON.parse(text), chosenLanguage);
document.documentElement.lang = chosenLanguage;

// Calls a named endpoint as docs/demo.md describes: one request to join the queue, one for the answer.
async function call(name, data) {
  const body = JSON.stringify({ data });
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body };
  let joined;
  for (const pause of PAUSES_MS) {
    await wait(pause);
    joined = await request(`gradio_api/call/${name}`, options);
    if (joined.status !== 503) break; // the queue is full: others are served first
  }
  if (joined.status === 503) throw new Problem("busy");
  if (joined.status === 401) throw new Problem("signed_out");
  if (joined.status !== 200) throw new Problem("refused", joined.text);
  const { event_id: id } = JSON.parse(joined.text);
  const { text } = await request(`gradio_api/call/${name}/${id}`);
  const last = text.trim().split("\n\n").pop() ?? "";
  const kind = /^event: (.*)$/m.exec(last)?.[1];
  const answer = JSON.parse(/^data: (.*)$/m.exec(last)?.[1] ?? "null");
  if (kind === "complete") return answer[0];
  if (kind === "error") throw new Problem("refused", answer?.error ?? String(answer));
  throw new Problem("offline");
}

// Reads a page as docs/demo.md describes; gives how far it is, then the page.
const readPage = (picture, signal) => ask(new URL("read_page", document.baseURI), { picture, top: 8 }, signal);

// Starts the part that an HTML component holds; tellLanguage(language) reaches Gradio's own components.
export function start(part, element, tellLanguage) {
  words.translate(element);
  starters[part]?.(element, { call, readPage, words });
  if (part === "header" && chosenLanguage !== spokenLanguage) tellLanguage(chosenLanguage);
}
