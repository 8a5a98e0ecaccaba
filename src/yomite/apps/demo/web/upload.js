// The tab of pictures: files, clipboard or camera -> base64 -> a table, which the browser alone keeps.
import { startCamera } from "./camera.js";
import { build, formatShare } from "./elements.js";
import { download, preparePicture, toCsv } from "./pictures.js";
import { describeProblem, explainRefusal } from "./problem.js";
import { Why } from "./why.js";

const BATCH = 8;
const MAX_CHARACTERS = 3_800_000; // of the pictures of one request

// element: holds upload.html; call(name, data) asks the server; words: a Words.
export function startUpload(element, { call, words }) {
  const root = element.querySelector(".y-upload");
  const find = (selector) => root.querySelector(selector);
  const [zone, body, status, bar] = [find(".y-zone"), find("tbody"), find(".y-state"), find("progress")];
  const why = new Why(find(".y-why"), { call, words });
  let rows = []; // {file, name, picture, thumbnail, answer, element}
  let waiting = [];
  let isRunning = false;
  let isCanceled = false;

  function add(files) {
    const added = [...files].map((file) => ({ file, name: file.name || words.say("upload_pasted") }));
    if (!added.length) return;
    rows.push(...added);
    waiting.push(...added);
    for (const row of added) body.append((row.element = buildRow(row)));
    root.classList.add("has-rows");
    if (!isRunning) run();
  }

  async function run() {
    isRunning = true;
    isCanceled = false;
    root.classList.add("is-running");
    while (waiting.length && !isCanceled) {
      const batch = waiting.splice(0, BATCH);
      await Promise.all(batch.map(prepare));
      for (const part of split(batch.filter((row) => row.picture && !row.answer))) await ask(part);
      batch.forEach(showRow);
      showProgress();
    }
    if (isCanceled) {
      for (const row of waiting.splice(0)) {
        row.answer = refuse(words.say("upload_canceled"));
        showRow(row);
      }
    }
    isRunning = false;
    root.classList.remove("is-running");
    showProgress();
  }

  async function prepare(row) {
    const { picture, thumbnail, error } = await preparePicture(row.file);
    Object.assign(row, { picture, thumbnail });
    if (error) row.answer = refuse(words.say(`upload_${error}`));
  }

  const refuse = (line) => ({ error: line, line }); // an answer that is not the server's

  // The server's line in the reader's words, where they have some for it.
  function explainError({ error, line }) {
    return line ?? explainRefusal(error, words);
  }

  async function ask(part) {
    try {
      const answers = await call("recognize_pictures", [part.map((row) => row.picture), "text", 5, null]);
      part.forEach((row, i) => (row.answer = answers[i]));
    } catch (problem) {
      for (const row of part) row.answer = refuse(describeProblem(problem, words));
    }
  }

  function buildRow(row) {
    return build(
      "tr",
      { class: "is-waiting" },
      build("td", { class: "y-thumbnail" }),
      build("td", { class: "y-reading", lang: "ja" }),
      build("td", { class: "y-rest" }, build("span", { class: "y-file" }, row.name), build("span", { class: "y-others" })),
    );
  }

  function showRow(row) {
    const { element, answer } = row;
    const cell = (name) => element.querySelector(name);
    element.classList.remove("is-waiting");
    cell(".y-thumbnail").replaceChildren(row.thumbnail ?? build("span", { class: "y-no-thumbnail" }));
    if (answer.error) {
      element.classList.add("is-bad");
      cell(".y-reading").textContent = "–";
      cell(".y-others").textContent = explainError(answer);
      return;
    }
    element.classList.toggle("is-rejected", answer.is_rejected);
    const label = words.say("upload_why", { character: answer.text, file: row.name });
    const open = { type: "button", class: "y-open", "aria-label": label, onclick: () => showWhy(row) };
    cell(".y-reading").replaceChildren(build("button", open, answer.text));
    const [first, ...rest] = answer.candidates.map(({ text, probability }, index) =>
      index && probability < 0.001 ? text : `${text} ${formatShare(probability)}`,
    );
    const parts = [
      build("strong", { lang: "ja" }, first),
      answer.is_rejected && build("em", {}, words.say(answer.seems_several ? "upload_several" : "upload_rejected")),
      build("span", { lang: "ja" }, rest.join("  ")),
    ];
    cell(".y-others").replaceChildren(...parts.filter(Boolean));
  }

  function showWhy(row) {
    for (const other of body.children) other.classList.toggle("is-open", other === row.element);
    why.element.open = true;
    why.show({ picture: row.picture }, row.answer.candidates);
    why.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  function showProgress() {
    const done = rows.filter((row) => row.answer).length;
    bar.max = rows.length || 1;
    bar.value = done;
    const bad = rows.filter((row) => row.answer?.error).length;
    const values = { done, all: rows.length, bad, good: done - bad };
    const key = isRunning ? "upload_running" : isCanceled ? "upload_stopped" : "upload_done";
    status.textContent = rows.length ? words.say(key, values) : "";
  }

  find(".y-csv").addEventListener("click", () => download("yomite.csv", "text/csv", toCsv(toRecords(rows))));
  find(".y-json").addEventListener("click", () =>
    download("yomite.json", "application/json", `${JSON.stringify(toRecords(rows), null, 1)}\n`),
  );
  find(".y-cancel").addEventListener("click", () => (isCanceled = true));
  find(".y-empty").addEventListener("click", () => {
    isCanceled = true;
    waiting = [];
    rows = [];
    body.replaceChildren();
    why.show(null, null);
    root.classList.remove("has-rows");
    showProgress();
    find(".y-choose").focus();
  });

  const input = find(".y-file-input");
  find(".y-choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    add(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (!root.isConnected || !root.offsetParent || event.target.closest?.("input, textarea")) return;
    const files = [...event.clipboardData.items].filter((item) => item.kind === "file").map((item) => item.getAsFile());
    if (files.length) event.preventDefault();
    add(files.filter(Boolean));
  });
  startCamera(root, add);
}

// A few at a time, so that one request stays small enough for the server.
function split(rows) {
  const parts = [];
  let size = Infinity;
  for (const row of rows) {
    size += row.picture.length;
    if (size < MAX_CHARACTERS) parts.at(-1).push(row);
    else {
      parts.push([row]);
      size = row.picture.length;
    }
  }
  return parts;
}

function toRecords(rows) {
  return rows
    .filter((row) => row.answer)
    .map(({ name, answer: { error, text, confidence, is_rejected, candidates } }) =>
      error
        ? { path: name, error }
        : { path: name, text, confidence, is_rejected, candidates: candidates.map(({ text, probability }) => ({ text, probability })) },
    );
}
