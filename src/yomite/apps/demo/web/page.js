// The tab of pages: a picture -> its lines, numbered; a line is chosen, looked at and corrected; the text is taken away.
import { startCamera } from "./camera.js";
import { DOUBTFUL } from "./doubt.js";
import { build, buildSvg } from "./elements.js";
import { PageEditor } from "./page-editor.js";
import { listSamples, packSamples, toRecord, toText } from "./page-files.js";
import { PageLine } from "./page-line.js";
import { download, preparePicture } from "./pictures.js";
import { describeProblem, explainRefusal, Problem } from "./problem.js";

const MAX_SIDE = 3200; // of a page as it is sent: small writing has to stay legible

// element: holds page.html; readPage(picture, signal) gives the server's lines; words: a Words.
export function startPage(element, { readPage, words }) {
  const root = element.querySelector(".y-page");
  const find = (selector) => root.querySelector(selector);
  const [state, bar, image, polygons, list] = [".y-state", "progress", ".y-page-picture", ".y-page-polygons", ".y-page-lines"].map(find);
  const editor = new PageEditor(root, words, { onChange: showText, onTurn: turn });
  let taken = null; // the file that was chosen last
  let picture = null; // a data: URI
  let page = null; // the answer that is shown
  let lines = []; // a PageLine each
  let chosen = -1;
  let reading = null; // the AbortController of the reading that is on its way

  const shown = () => (image.naturalWidth ? image : null); // not every browser can show every picture

  function setState(kind, text) {
    root.dataset.state = kind;
    if (state.textContent !== text) state.textContent = text;
  }

  async function take(file) {
    if (!file) return;
    taken = file;
    reading?.abort();
    forget();
    const prepared = await preparePicture(file, MAX_SIDE);
    if (taken !== file) return;
    if (prepared.error) {
      setState("problem", words.say("problem_refused", { reason: words.say(`upload_${prepared.error}`) }));
      return;
    }
    picture = image.src = prepared.picture;
    root.classList.add("has-picture");
    await image.decode().catch(() => {}); // what the browser cannot show, the server perhaps can read
    if (picture === prepared.picture) read();
  }

  async function read() {
    const own = (reading = new AbortController());
    setState("reading", words.say("page_reading"));
    bar.removeAttribute("value");
    let answer, problem;
    try {
      for await (const news of readPage(picture, own.signal)) {
        if ("total" in news) showProgress(news);
        else answer = news;
      }
      if (!answer) throw new Problem("offline"); // the server ended on the way
      if (answer.error) throw new Problem("refused", answer.error);
    } catch (error) {
      problem = error;
    }
    if (own !== reading) return;
    reading = null;
    if (own.signal.aborted) setState("stopped", words.say("page_stopped"));
    else if (problem) showProblem(problem);
    else showPage(answer.page);
  }

  function showProgress({ done, total }) {
    if (!total) return;
    [bar.max, bar.value] = [total, done];
    setState("reading", words.say("page_running", { done, total, count: total }));
  }

  function showProblem(problem) {
    const { kind, message } = problem;
    if (kind === "offline" || kind === "busy") setState("problem", words.say(`page_${kind}`));
    else if (kind === "refused") setState("problem", words.say("problem_refused", { reason: explainRefusal(message, words) }));
    else setState("problem", describeProblem(problem, words));
  }

  function forget() {
    picture = page = reading = null;
    lines = [];
    chosen = -1;
    image.removeAttribute("src");
    root.classList.remove("has-picture", "has-lines", "is-unseen");
    polygons.replaceChildren();
    find(".y-page-frame").querySelectorAll(".y-page-number").forEach((number) => number.remove());
    setState("empty", "");
  }

  function showPage(answer) {
    page = answer;
    lines = answer.lines.map((line) => new PageLine(line));
    root.classList.toggle("has-lines", lines.length > 0);
    root.classList.toggle("is-unseen", !shown());
    find(".y-page-frame").style.setProperty("--ratio", page.size[0] / page.size[1]);
    if (!lines.length) {
      setState("problem", words.say("page_nothing"));
      return;
    }
    showPolygons();
    choose(Math.max(0, lines.findIndex((line) => line.cells.some(({ isDoubtful }) => isDoubtful))));
    showText();
  }

  function showPolygons() {
    polygons.setAttribute("viewBox", `0 0 ${page.size.join(" ")}`);
    const shapes = lines.map(({ answer: { polygon, is_rejected } }, index) => {
      const shape = { points: polygon.join(" "), "vector-effect": "non-scaling-stroke", class: is_rejected ? "is-rejected" : "" };
      const drawn = buildSvg("polygon", shape);
      drawn.addEventListener("click", () => choose(index, true));
      return drawn;
    });
    polygons.replaceChildren(...shapes);
    const numbers = lines.map(({ answer: { polygon } }, index) => {
      const [x, y] = polygon[0].map((side, axis) => `${(100 * side) / page.size[axis]}%`);
      return build("span", { class: "y-page-number", style: `left: ${x}; top: ${y}`, "aria-hidden": "true" }, String(index + 1));
    });
    find(".y-page-frame").append(...numbers);
  }

  function choose(index, isAsked = false) {
    chosen = index;
    for (const all of [polygons.children, root.querySelectorAll(".y-page-number")]) {
      [...all].forEach((one, i) => one.classList.toggle("is-chosen", i === index));
    }
    find(".y-page-which").textContent = words.say("page_which", { number: index + 1, total: lines.length });
    find(".y-page-previous").disabled = index === 0;
    find(".y-page-next").disabled = index === lines.length - 1;
    editor.show(lines[index], shown());
    showChosen();
    if (isAsked) editor.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  function turn(step) {
    const next = chosen + step;
    if (next < 0 || next >= lines.length) return;
    choose(next);
    if (document.activeElement === find(".y-page-field")) find(".y-page-field").select();
  }

  function showChosen() {
    [...list.children].forEach((row, index) => row.firstChild.setAttribute("aria-pressed", String(index === chosen)));
  }

  function showText() {
    const isFocused = list.contains(document.activeElement);
    list.replaceChildren(...lines.map(buildRow));
    showChosen();
    if (isFocused) list.children[chosen].firstChild.focus({ preventScroll: true });
    const doubts = lines.filter((line) => line.isKept).reduce((sum, { cells }) => sum + cells.filter(({ isDoubtful }) => isDoubtful).length, 0);
    setState("read", words.say(doubts ? "page_read_doubts" : "page_read", { count: doubts || lines.length, total: lines.length }));
    const samples = listSamples(lines).length;
    find(".y-page-zip").textContent = words.say("page_zip", { count: samples });
    find(".y-page-zip").disabled = !samples || !shown();
    for (const name of ["copy", "txt"]) find(`.y-page-${name}`).disabled = !lines.some((line) => line.isKept);
  }

  function buildRow(line, index) {
    const characters = line.cells.map(({ text, isDoubtful }) => (isDoubtful ? build("mark", {}, text) : text));
    const notes = [];
    if (!line.isKept) notes.push(words.say("page_left_out"));
    else if (line.isCorrected) notes.push(words.say("page_corrected"));
    else if (line.isRight) notes.push(words.say("page_checked"));
    return build(
      "li",
      { class: line.isKept ? "" : "is-left-out" },
      build("button", { type: "button", onclick: () => choose(index, true) }, build("span", { class: "y-page-line" }, ...characters), ...notes.map((note) => build("small", {}, note))),
    );
  }

  find(".y-page-cancel").addEventListener("click", () => reading?.abort());
  find(".y-page-again").addEventListener("click", read);
  find(".y-page-copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(toText(lines));
    } catch {
      copyTheOldWay(toText(lines)); // without https there is no clipboard
    }
    setState("read", words.say("state_copied"));
  });
  find(".y-page-txt").addEventListener("click", () => download("page.txt", "text/plain", `${toText(lines)}\n`));
  find(".y-page-json").addEventListener("click", () =>
    download("page.json", "application/json", `${JSON.stringify(toRecord(page, lines), null, 1)}\n`),
  );
  find(".y-page-zip").addEventListener("click", async () => download("page-lines.zip", "application/zip", await packSamples(image, lines)));
  find(".y-page-all-right").addEventListener("click", () => {
    for (const line of lines) line.isRight ||= !line.answer.is_rejected || line.isCorrected;
    editor.showCharacters();
    showText();
  });

  const input = find(".y-page-file");
  find(".y-page-choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    root.addEventListener(name, (event) => {
      event.preventDefault();
      root.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) root.addEventListener(name, () => root.classList.remove("is-over"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    if (!root.isConnected || !root.offsetParent || event.target.closest?.("input:not([type=checkbox]), textarea")) return;
    const item = [...event.clipboardData.items].find(({ kind }) => kind === "file");
    if (item) take(item.getAsFile());
  });
  startCamera(root, ([file]) => take(file), { isSquare: false });
  find(".y-page-legend").append(words.say("page_legend", { share: `${100 * DOUBTFUL}%` }));
  forget();
}

function copyTheOldWay(text) {
  const area = build("textarea", { style: "position: fixed; opacity: 0" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
