// Why: where the model looked, the canvas that it saw, its probabilities, and the character's strokes in order.
import { build, formatShare } from "./elements.js";
import { buildEntry } from "./entry.js";
import { drawHeat, drawSeen } from "./heat.js";
import { animateOrder, describeComparison, drawComparison } from "./order.js";
import { describeProblem } from "./problem.js";

export class Why {
  // element: the <details>; call(name, data) asks the server; words: a Words.
  constructor(element, { call, words }) {
    this.element = element;
    this.call = call;
    this.words = words;
    this.find = (selector) => element.querySelector(selector);
    this.turn = 0;
    this.subject = null;
    this.kind = "evidence"; // or "attention", which only Transformers offer
    for (const button of element.querySelectorAll(".y-kinds button")) {
      button.addEventListener("click", () => this.chooseKind(button.value));
    }
    element.addEventListener("toggle", () => this.refresh());
    this.find(".y-replay").addEventListener("click", () => {
      if (this.order) animateOrder(this.find(".y-order-shown"), this.order);
    });
  }

  // subject: {strokes} or {picture}; candidates as an answer lists them; null for nothing drawn.
  show(subject, candidates) {
    this.subject = subject;
    this.candidates = candidates;
    this.choose(candidates?.[0]?.text ?? null);
  }

  choose(character) {
    this.character = character;
    this.element.hidden = !character;
    if (!character) return;
    const rows = this.candidates.slice(0, 10).map((candidate) => this.buildRow(candidate));
    const hadFocus = this.find(".y-chart").contains(document.activeElement);
    this.find(".y-chart").replaceChildren(...rows);
    if (hadFocus) this.find('.y-chart [aria-pressed="true"]')?.focus();
    this.refresh();
  }

  buildRow({ text, probability }) {
    const fill = build("span", { class: "y-bar-fill", style: `width:${100 * probability}%` });
    return build(
      "button",
      {
        type: "button",
        class: "y-bar-row",
        "aria-pressed": String(text === this.character),
        lang: "ja",
        onclick: () => this.choose(text),
      },
      build("span", { class: "y-bar-char" }, text),
      build("span", { class: "y-bar-track" }, fill),
      build("span", { class: "y-bar-share" }, formatShare(probability)),
    );
  }

  // Asks only while it is open and something has changed: most readings need no reasons.
  async refresh() {
    if (!this.element.open || !this.character) return;
    const { subject, character } = this;
    if (this.shown?.subject === subject && this.shown.character === character) return;
    this.shown = { subject, character };
    const turn = ++this.turn;
    const isStale = () => turn !== this.turn;
    this.showEntry(character, isStale);
    await this.showHeat();
    if (isStale() || !this.shown) return;
    try {
      const answer = await this.call("stroke_order", [character, subject.strokes ?? null]);
      if (!isStale()) this.showOrder(answer);
    } catch (problem) {
      if (isStale()) return;
      const key = /does not draw/.test(problem.message) ? "order_unknown" : "order_unavailable";
      this.find(".y-order").classList.add("is-missing");
      this.find(".y-order-missing").textContent = this.words.say(key, { character });
    }
  }

  chooseKind(kind) {
    this.kind = kind;
    for (const button of this.element.querySelectorAll(".y-kinds button")) {
      button.setAttribute("aria-pressed", String(button.value === kind));
    }
    this.showHeat();
  }

  async showHeat() {
    const { subject, character, kind } = this;
    const isStale = () => this.subject !== subject || this.character !== character || this.kind !== kind;
    const [canvas, key] = [this.find(".y-heat canvas"), kind === "attention" ? "why_looked" : "why_heat"];
    this.find(".y-heat figcaption").textContent = this.words.say(key, { character });
    canvas.setAttribute("aria-label", this.words.say(`${key}_label`));
    try {
      const given = [subject.strokes ?? null, subject.picture ?? null, character, kind];
      const answer = await this.call("explain", given);
      if (isStale()) return;
      drawHeat(canvas, answer, subject.strokes);
      drawSeen(this.find(".y-seen canvas"), answer);
      this.find(".y-why-problem").textContent = "";
    } catch (problem) {
      if (isStale()) return;
      this.find(".y-why-problem").textContent = describeProblem(problem, this.words);
      this.shown = null;
    }
  }

  // Readings and meanings, where the server has them; and where to look further.
  async showEntry(character, isStale) {
    const show = (entry) => this.find(".y-entry").replaceChildren(...buildEntry(character, entry, this.words));
    show(null);
    try {
      const entry = await this.call("look_up", [character]);
      if (!isStale()) show(entry);
    } catch {} // without a dictionary there is nothing to show
  }

  showOrder({ strokes, comparison }) {
    this.order = strokes;
    this.find(".y-order").classList.remove("is-missing");
    animateOrder(this.find(".y-order-shown"), strokes);
    this.find(".y-compared").hidden = !comparison;
    this.find(".y-notes").replaceChildren();
    if (!comparison) return;
    drawComparison(this.find(".y-order-drawn"), strokes, comparison);
    const lines = describeComparison(strokes, comparison, this.words);
    this.find(".y-notes").replaceChildren(...lines.map((line) => build("li", {}, line)));
  }
}
