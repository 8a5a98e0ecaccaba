// The line of a page that is chosen: its crop with boxes, a button for each character, candidates, and its text.
import { Candidates } from "./candidates.js";
import { cropLine } from "./crops.js";
import { build, buildSvg, formatShare } from "./elements.js";

export class PageEditor {
  // root: the tab; onChange(): the line's text or its state was changed; onTurn(step): another line is wanted.
  constructor(root, words, { onChange, onTurn }) {
    this.find = (selector) => root.querySelector(selector);
    this.words = words;
    this.onChange = onChange;
    this.element = this.find(".y-page-editor");
    this.characters = this.find(".y-line-characters");
    this.field = this.find(".y-page-field");
    this.candidates = new Candidates(this.find(".y-candidates"), words, (character) => this.replace(character));
    this.field.addEventListener("input", () => this.type());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      onTurn(1);
    });
    this.find(".y-page-right").addEventListener("change", (event) => {
      this.line.isRight = event.target.checked;
      this.showCharacters();
      onChange();
    });
    this.find(".y-page-restore").addEventListener("click", () => {
      this.line.restore();
      this.show(this.line, this.picture);
      this.field.focus();
      onChange();
    });
    this.find(".y-page-previous").addEventListener("click", () => onTurn(-1));
    this.find(".y-page-next").addEventListener("click", () => onTurn(1));
  }

  // picture: the image that the line is on; null where the browser cannot show it.
  show(line, picture) {
    [this.line, this.picture] = [line, picture];
    const doubtful = line.cells.findIndex(({ isDoubtful }) => isDoubtful);
    this.chosen = Math.max(0, doubtful); // its place in the text
    this.field.value = line.text;
    this.showCrop();
    this.showCharacters();
  }

  showCrop() {
    const { direction, characters } = this.line.answer;
    this.element.classList.toggle("is-vertical", direction === "vertical");
    const frame = this.find(".y-page-crop");
    frame.hidden = !this.picture;
    if (!this.picture) return;
    const { canvas, place } = cropLine(this.picture, this.line.answer);
    const boxes = characters.map(({ box: [left, top, right, bottom] }, index) => {
      const corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map(place);
      const box = buildSvg("polygon", { points: corners.join(" "), "vector-effect": "non-scaling-stroke" });
      box.addEventListener("click", () => this.choose(this.line.cells.findIndex((cell) => cell.index === index)));
      return box;
    });
    const { width, height } = canvas;
    const layer = buildSvg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...boxes);
    // As if upright: what is long gets as much room as there is.
    frame.replaceChildren(build("div", { style: `--ratio: ${width / height}` }, canvas, layer));
  }

  showCharacters() {
    const { line } = this;
    const { cells } = line;
    this.chosen = Math.min(this.chosen, cells.length - 1);
    this.characters.replaceChildren(...cells.map((cell, place) => this.buildCharacter(cell, place)));
    const index = cells[this.chosen]?.index ?? null;
    this.showBox(index);
    if (index === null) this.candidates.element.replaceChildren();
    else {
      this.candidates.show(line.answer.characters[index].candidates, { isRejected: false });
      this.candidates.mark(cells[this.chosen].text);
    }
    this.find(".y-page-right").checked = line.isRight;
    this.find(".y-page-restore").hidden = !line.isCorrected;
  }

  // Marks the box of a character, and brings it into view where the crop is longer than its frame.
  showBox(index) {
    const frame = this.find(".y-page-crop");
    for (const [i, box] of [...frame.querySelectorAll("polygon")].entries()) {
      box.classList.toggle("is-chosen", i === index);
      if (i !== index) continue;
      const [inner, outer] = [box.getBoundingClientRect(), frame.getBoundingClientRect()];
      frame.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
      frame.scrollTop += inner.top + inner.height / 2 - (outer.top + outer.height / 2);
    }
  }

  buildCharacter({ text, index, isDoubtful }, place) {
    const { text: read, confidence } = this.line.answer.characters[index] ?? {};
    const share = text === read ? formatShare(confidence) : this.words.say("page_corrected");
    return build(
      "button",
      {
        type: "button",
        class: isDoubtful ? "y-line-character is-doubtful" : "y-line-character",
        "aria-pressed": String(place === this.chosen),
        "aria-label": `${text} ${share}`,
        title: share,
        onclick: () => this.choose(place),
      },
      text,
    );
  }

  choose(place) {
    if (place < 0) return; // a box whose character was left out
    this.chosen = place;
    this.showCharacters();
    this.characters.children[place].focus({ preventScroll: true });
  }

  // A tap on a candidate corrects the character that is chosen.
  replace(character) {
    this.line.replace(this.chosen, character);
    this.field.value = this.line.text;
    const taken = [...this.candidates.element.querySelectorAll("button")].indexOf(document.activeElement);
    this.showCharacters();
    this.candidates.element.querySelectorAll("button")[taken]?.focus({ preventScroll: true });
    this.onChange();
  }

  type() {
    this.line.text = this.field.value;
    this.chosen = Math.max(0, [...this.field.value.slice(0, this.field.selectionStart)].length - 1);
    this.showCharacters();
    this.onChange();
  }
}
