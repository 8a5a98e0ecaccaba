// The tab of drawing: pad -> strokes -> candidates -> text.
import { Candidates } from "./candidates.js";
import { build, formatShare } from "./elements.js";
import { Pad } from "./pad.js";
import { describeProblem } from "./problem.js";
import { Why } from "./why.js";

const PAUSE_MS = 300; // a longer pause than between the strokes of a character, too short to wait for

// element: holds draw.html; call(name, data) asks the server; words: a Words.
export function startDraw(element, { call, words }) {
  const root = element.querySelector(".y-draw");
  const find = (selector) => root.querySelector(selector);
  const [state, list, text] = [find(".y-state"), find(".y-candidates"), find(".y-text textarea")];
  const why = new Why(find(".y-why"), { call, words });
  const candidates = new Candidates(list, words, take);
  const among = find(".y-among"); // the only characters that may be answered
  let timer = 0;
  let isAsking = false;
  let result = null; // the answer that is shown
  let taken = null; // what the last tap wrote: {drawing, start, text}

  const pad = new Pad(find(".y-pad"), {
    onBegin: () => {
      forget();
      root.classList.add("has-ink");
    },
    onChange: (strokes) => {
      forget();
      root.classList.toggle("has-ink", strokes.length > 0);
      find(".y-undo").disabled = !pad.past.length;
      find(".y-clear").disabled = !strokes.length;
      if (strokes.length) timer = setTimeout(read, PAUSE_MS);
      else showNothing();
    },
  });

  // What is shown no longer stands for what is drawn; data-latency-ms says that it does, and how soon it did.
  function forget() {
    clearTimeout(timer);
    delete root.dataset.latencyMs;
  }

  // One question at a time; what was drawn meanwhile is asked next, so a slow server is asked less.
  async function read() {
    if (isAsking) return;
    const { strokes } = pad;
    const allowed = among.value;
    isAsking = true;
    const since = performance.now();
    const patience = setTimeout(() => setState("reading", words.say("state_reading")), 400);
    let answer, problem;
    const sent = strokes.map((stroke) => stroke.map(([x, y]) => [+x.toFixed(4), +y.toFixed(4)]));
    try {
      answer = await call("recognize_strokes", [sent, "text", 10, among.value || null]);
    } catch (error) {
      problem = error;
    }
    clearTimeout(patience);
    isAsking = false;
    if (pad.strokes !== strokes || among.value !== allowed) {
      if (pad.strokes.length && !pad.active) timer = setTimeout(read, 0);
      return;
    }
    if (problem) showProblem(problem);
    else showResult(answer, sent);
    root.dataset.latencyMs = Math.round(performance.now() - since);
  }

  function setState(kind, line) {
    root.dataset.state = kind;
    if (state.textContent !== line) state.textContent = line;
  }

  function showNothing() {
    result = null;
    candidates.clear();
    setState("empty", words.say("state_empty"));
    why.show(null, null);
  }

  function showProblem(problem) {
    result = null;
    setState("problem", describeProblem(problem, words));
    list.replaceChildren(build("button", { type: "button", class: "y-button", onclick: read }, words.say("try_again")));
    why.show(null, null);
  }

  function showResult(answer, strokes) {
    result = answer;
    const [best] = answer.candidates;
    const twins = answer.candidates.filter(({ text }) => best.lookalikes.includes(text));
    if (answer.seems_several) setState("rejected", words.say("state_several"));
    else if (answer.is_rejected) setState("rejected", words.say(among.value ? "state_rejected_among" : "state_rejected"));
    else if (twins.length) {
      const alike = [best, ...twins].map(({ text, script }) => `${text} ${words.say(`script_${script}`)}`);
      setState("alike", words.say("state_alike", { alike: alike.join(words.say("list_separator")) }));
    } else {
      setState("read", `${best.text}  ${words.say("state_read", { share: formatShare(answer.confidence) })}`);
    }
    candidates.show(answer.candidates, { isRejected: answer.is_rejected });
    why.show({ strokes }, answer.candidates);
  }

  // A tap writes the character; a tap on another candidate of the same drawing corrects it.
  function take(character) {
    const isCorrection =
      taken?.drawing === pad.strokes &&
      taken.text !== character &&
      text.value.slice(taken.start, taken.start + taken.text.length) === taken.text;
    const [from, to] = isCorrection
      ? [taken.start, taken.start + taken.text.length]
      : [text.selectionStart, text.selectionEnd];
    text.setRangeText(character, from, to, "end");
    text.dispatchEvent(new Event("input"));
    pad.finish();
    taken = { drawing: pad.strokes, start: from, text: character };
    candidates.mark(character);
    setState("taken", words.say("state_taken", { character }));
    why.choose(character);
  }

  text.addEventListener("input", () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight + 2, 160)}px`;
    for (const name of [".y-copy", ".y-delete"]) find(name).disabled = !text.value;
  });
  find(".y-delete").addEventListener("click", () => {
    const end = text.selectionEnd;
    const before = [...text.value.slice(0, end)].slice(0, -1).join("");
    const from = text.selectionStart < end ? text.selectionStart : before.length;
    text.setRangeText("", from, end, "end");
    text.dispatchEvent(new Event("input"));
  });
  find(".y-copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      text.select(); // without https there is no clipboard; the old way still is
      document.execCommand("copy");
    }
    setState("copied", words.say("state_copied"));
  });

  find(".y-undo").addEventListener("click", () => pad.undo());
  find(".y-clear").addEventListener("click", () => pad.clear());
  const eraser = find(".y-eraser");
  eraser.addEventListener("click", () => {
    pad.isErasing = !pad.isErasing;
    eraser.setAttribute("aria-pressed", String(pad.isErasing));
    root.classList.toggle("is-erasing", pad.isErasing);
  });
  const width = find(".y-width");
  width.addEventListener("input", () => {
    pad.width = width.valueAsNumber / 1000;
    pad.draw();
  });
  among.addEventListener("change", () => {
    forget();
    if (pad.strokes.length && !pad.active) read();
  });
  find(".y-pad").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key)) return;
    const candidate = result?.candidates[(+event.key + 9) % 10];
    if (candidate) take(candidate.text);
  });
  showNothing();
}
