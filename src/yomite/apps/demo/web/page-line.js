// One line of a page: what was read, and the text as the reader has corrected it.
import { DOUBTFUL } from "./doubt.js";

export class PageLine {
  // answer: the line as the server read it.
  constructor(answer) {
    this.answer = answer;
    this.restore();
  }

  restore() {
    this.text = this.answer.text;
    this.isRight = false; // somebody has looked at it and says so
  }

  get isCorrected() {
    return this.text !== this.answer.text;
  }

  // Whether it is part of the page's text: what is probably no writing only where somebody says that it is.
  get isKept() {
    return this.text.trim() !== "" && (!this.answer.is_rejected || this.isChecked);
  }

  get isChecked() {
    return this.isCorrected || this.isRight;
  }

  // The characters of the text; index is the place in what was read, null for one that was put in.
  get cells() {
    return align(this.answer.characters, this.text).map(({ text, index }) => {
      const read = index === null ? null : this.answer.characters[index];
      const isUnsure = read !== null && read.text === text && read.confidence < DOUBTFUL;
      const isStranger = this.answer.is_rejected && !this.isChecked;
      return { text, index, isDoubtful: !this.isRight && (isUnsure || isStranger) };
    });
  }

  // Puts another character in a place of the text.
  replace(place, character) {
    this.text = [...this.text].map((one, index) => (index === place ? character : one)).join("");
  }
}

// The characters of a text beside those that were read: the fewest put in, left out and exchanged.
function align(characters, text) {
  const typed = [...text];
  const [rows, columns] = [characters.length + 1, typed.length + 1];
  const costs = Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => (i ? (j ? 0 : i) : j)));
  const exchange = (i, j) => costs[i - 1][j - 1] + (characters[i - 1].text === typed[j - 1] ? 0 : 1);
  for (let i = 1; i < rows; i++) {
    for (let j = 1; j < columns; j++) {
      costs[i][j] = Math.min(exchange(i, j), costs[i - 1][j] + 1, costs[i][j - 1] + 1);
    }
  }
  const cells = [];
  let [i, j] = [rows - 1, columns - 1];
  while (j > 0) {
    if (i > 0 && costs[i][j] === exchange(i, j)) cells.push({ text: typed[--j], index: --i });
    else if (costs[i][j] === costs[i][j - 1] + 1) cells.push({ text: typed[--j], index: null });
    else i--;
  }
  return cells.reverse();
}
