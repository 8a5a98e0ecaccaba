// The tab of lines: a wide pad or a picture -> the text, its boxes, and candidates for each character.
import { Candidates } from "./candidates.js";
import { DOUBTFUL } from "./doubt.js";
import { build, buildSvg, formatShare } from "./elements.js";
import { Pad } from "./pad.js";
import { preparePicture } from "./pictures.js";
import { describeProblem } from "./problem.js";

const PAUSE_MS = 500; // between two characters of a line one thinks longer than between strokes

// element: holds line.html; call(name, data) asks the server; words: a Words.
export function startLine(element, { call, words }) {
  const root = element.querySelector(".y-line");
  const find = (selector) => root.querySelector(selector);
  const [state, list, boxes, image] = [".y-state", ".y-line-characters", ".y-line-boxes", ".y-line-picture"].map(find);
  const candidates = new Candidates(find(".y-candidates"), words, replace);
  const why = find(".y-line-why");
  let timer = 0;
  let isAsking = false;
  let picture = null; // a data: URI in place of the drawing
  let line = null; // the answer that is shown
  let texts = []; // its characters, as corrected
  let chosen = -1; // the character whose candidates are shown
  let explained = null; // the subject that the map stands for

  const pad = new Pad(find(".y-line-pad"), {
    onBegin: () => {
      forget();
      root.classList.add("has-ink");
      boxes.replaceChildren();
    },
    onChange: (strokes) => {
      forget();
      root.classList.toggle("has-ink", strokes.length > 0);
      find(".y-line-undo").disabled = !pad.past.length;
      find(".y-line-clear").disabled = !strokes.length;
      if (strokes.length) timer = setTimeout(read, PAUSE_MS);
      else showNothing();
    },
  });

  const subject = () => picture ?? pad.strokes;
  const toArguments = (one) =>
    typeof one === "string" ? [null, one] : [one.map((stroke) => stroke.map(([x, y]) => [+x.toFixed(4), +y.toFixed(4)])), null];

  function forget() {
    clearTimeout(timer);
    delete root.dataset.latencyMs;
  }

  // One question at a time; what was drawn meanwhile is asked next.
  async function read() {
    if (isAsking) return;
    const asked = subject();
    isAsking = true;
    const since = performance.now();
    const patience = setTimeout(() => setState("reading", words.say("state_reading")), 400);
    let answer, problem;
    try {
      answer = await call("recognize_line", [...toArguments(asked), "auto", 8]);
    } catch (error) {
      problem = error;
    }
    clearTimeout(patience);
    isAsking = false;
    if (subject() !== asked) {
      if (subject().length && !pad.active) timer = setTimeout(read, 0);
      return;
    }
    if (problem) showProblem(problem);
    else showLine(answer);
    root.dataset.latencyMs = Math.round(performance.now() - since);
  }

  function setState(kind, text) {
    root.dataset.state = kind;
    if (state.textContent !== text) state.textContent = text;
  }

  function showNothing() {
    line = null;
    texts = [];
    chosen = -1;
    show();
    setState("empty", words.say("line_empty"));
  }

  function showProblem(problem) {
    showNothing();
    setState("problem", describeProblem(problem, words));
  }

  function showLine(answer) {
    line = answer;
    texts = answer.characters.map(({ text }) => text);
    chosen = answer.characters.length ? indexOfLeast(answer.characters) : -1;
    show();
    const shares = { share: formatShare(answer.confidence), exact: formatShare(answer.exact_confidence) };
    if (!texts.length) setState("rejected", words.say("line_nothing"));
    else if (answer.is_rejected) setState("rejected", words.say("line_rejected"));
    else setState("read", words.say(texts.length > 1 ? "line_read" : "line_read_one", shares));
  }

  function show() {
    list.replaceChildren(...texts.map(buildCharacter));
    find(".y-line-copy").disabled = !texts.length;
    why.hidden = !texts.length;
    showBoxes();
    showCandidates();
    explain();
  }

  function buildCharacter(text, index) {
    const { confidence } = line.characters[index];
    return build(
      "button",
      {
        type: "button",
        class: confidence < DOUBTFUL && text === line.characters[index].text ? "y-line-character is-doubtful" : "y-line-character",
        "aria-pressed": String(index === chosen),
        "aria-label": `${text} ${formatShare(confidence)}`,
        title: formatShare(confidence),
        onclick: () => choose(index),
      },
      text,
    );
  }

  function showBoxes() {
    const [width, height] = picture ? [image.naturalWidth, image.naturalHeight] : [1, pad.aspect];
    boxes.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const rects = (line?.characters ?? []).map(({ box: [left, top, right, bottom] }, index) => {
      const place = { x: left, y: top, width: right - left, height: bottom - top, "vector-effect": "non-scaling-stroke" };
      return buildSvg("rect", { ...place, class: index === chosen ? "is-chosen" : "" });
    });
    rects.forEach((rect, index) => rect.addEventListener("click", () => choose(index)));
    boxes.replaceChildren(...rects);
  }

  function showCandidates() {
    if (chosen < 0) candidates.element.replaceChildren();
    else {
      candidates.show(line.characters[chosen].candidates, { isRejected: false });
      candidates.mark(texts[chosen]);
    }
  }

  function choose(index) {
    chosen = index;
    list.replaceChildren(...texts.map(buildCharacter));
    showBoxes();
    showCandidates();
    list.children[index].focus({ preventScroll: true });
  }

  // A tap on a candidate corrects the character that is chosen.
  function replace(character) {
    texts[chosen] = character;
    list.replaceChildren(...texts.map(buildCharacter));
    candidates.mark(character);
  }

  // Asks only while it is open: most readings need no reasons.
  async function explain() {
    if (!why.open || !texts.length) return;
    const asked = subject();
    if (explained === asked) return;
    explained = asked;
    try {
      const { picture: map, characters } = await call("explain_line", [...toArguments(asked), "auto"]);
      if (subject() !== asked) return;
      find(".y-line-map img").src = map;
      const parts = characters.map(({ text, color }) => build("span", { style: `--color:${color}` }, text));
      find(".y-line-legend").replaceChildren(...parts);
      find(".y-why-problem").textContent = "";
    } catch (problem) {
      explained = null;
      if (subject() === asked) find(".y-why-problem").textContent = describeProblem(problem, words);
    }
  }

  async function take(file) {
    if (!file) return;
    forget();
    const { picture: prepared, error } = await preparePicture(file);
    if (error) {
      clear();
      setState("problem", words.say(`upload_${error}`));
      return;
    }
    pad.show([]);
    picture = image.src = prepared;
    image.hidden = false;
    root.classList.add("has-picture", "has-ink");
    for (const name of ["undo", "eraser"]) find(`.y-line-${name}`).disabled = true;
    find(".y-line-clear").disabled = false;
    await image.decode().catch(() => {}); // what the browser cannot show, the server perhaps can read
    if (picture === prepared) read();
  }

  function clear() {
    forget();
    if (picture) {
      picture = null;
      image.hidden = true;
      image.removeAttribute("src");
      root.classList.remove("has-picture", "has-ink");
      find(".y-line-eraser").disabled = false;
      find(".y-line-clear").disabled = true;
      showNothing();
    } else pad.clear();
  }

  find(".y-line-undo").addEventListener("click", () => pad.undo());
  find(".y-line-clear").addEventListener("click", clear);
  const eraser = find(".y-line-eraser");
  eraser.addEventListener("click", () => {
    pad.isErasing = !pad.isErasing;
    eraser.setAttribute("aria-pressed", String(pad.isErasing));
    root.classList.toggle("is-erasing", pad.isErasing);
  });
  const input = find(".y-line-file");
  find(".y-line-choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = "";
  });
  const frame = find(".y-line-frame");
  for (const name of ["dragover", "drop"]) frame.addEventListener(name, (event) => event.preventDefault());
  frame.addEventListener("drop", (event) => take(event.dataTransfer.files[0]));
  document.addEventListener("paste", (event) => {
    if (!root.isConnected || !root.offsetParent || event.target.closest?.("input, textarea")) return;
    const item = [...event.clipboardData.items].find(({ kind }) => kind === "file");
    if (item) take(item.getAsFile());
  });
  find(".y-line-copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(texts.join(""));
      setState("copied", words.say("state_copied"));
    } catch {
      getSelection().selectAllChildren(list); // without https there is no clipboard; the old way still is
      document.execCommand("copy");
    }
  });
  why.addEventListener("toggle", explain);
  new ResizeObserver(() => {
    pad.width = pad.reach = 0.035 * (frame.clientHeight / frame.clientWidth || 1); // a share of the width
    pad.draw();
    showBoxes();
  }).observe(frame);
  showNothing();
}

function indexOfLeast(characters) {
  return characters.reduce((least, { confidence }, i) => (confidence < characters[least].confidence ? i : least), 0);
}
