// Candidates as tiles: the likely ones, look-alikes side by side, the rest on request.
import { build, formatShare } from "./elements.js";

const LIKELY = 0.005;
const NUM_ALWAYS = 3; // who was misread looks for another one
const NUM_SLOTS = 7;

export class Candidates {
  // element: holds the tiles; onTake(character): one was tapped.
  constructor(element, words, onTake) {
    this.element = element;
    this.words = words;
    this.onTake = onTake;
  }

  // Empty places, so that nothing moves when the tiles come.
  clear() {
    this.element.replaceChildren(...Array.from({ length: NUM_SLOTS }, () => build("span", { class: "y-slot" })));
  }

  // candidates: as an answer lists them, the best one first.
  show(candidates, { isRejected }) {
    const groups = groupTwins(candidates);
    const tiles = groups.map((group) => this.buildTile(group));
    const isLikely = (group, index) => isRejected || index < NUM_ALWAYS || group[0].probability >= LIKELY;
    const rest = tiles.filter((_, index) => !isLikely(groups[index], index));
    if (rest.length > 1) {
      for (const tile of rest) tile.hidden = true;
      const more = build("button", { type: "button", class: "y-more" }, this.words.say("candidates_more"));
      more.addEventListener("click", () => {
        for (const tile of rest) tile.hidden = false;
        more.remove();
        (rest[0].querySelector("button") ?? rest[0]).focus(); // look-alikes are a group of buttons
      });
      tiles.splice(tiles.indexOf(rest[0]), 0, more);
    }
    this.element.replaceChildren(...tiles);
  }

  // Shows which one was taken.
  mark(character) {
    for (const tile of this.element.querySelectorAll(".y-candidate")) {
      tile.classList.toggle("is-taken", tile.querySelector(".y-character").textContent === character);
    }
  }

  buildTile(group) {
    const buttons = group.map((candidate) => this.buildButton(candidate, group.length > 1));
    if (group.length === 1) return buttons[0];
    const label = this.words.say("twins_label");
    const attributes = { class: "y-twins", role: "group", "aria-label": label, style: `--count:${group.length}` };
    return build("span", attributes, ...buttons);
  }

  buildButton({ text, probability, script }, hasTwin) {
    const share = formatShare(probability);
    const name = this.words.say(`script_${script}`);
    return build(
      "button",
      {
        type: "button",
        class: "y-candidate",
        "aria-label": `${text} ${name} ${share}`,
        style: `--share:${probability}`,
        onclick: () => this.onTake(text),
      },
      build("span", { class: "y-character", lang: "ja" }, text),
      build("span", { class: "y-share" }, hasTwin ? `${name} ${share}` : share),
    );
  }
}

// Candidates in order, look-alikes of a better one right beside it.
function groupTwins(candidates) {
  const groups = [];
  for (const candidate of candidates) {
    const group = groups.find(([first]) => first.lookalikes.includes(candidate.text));
    if (group) group.push(candidate);
    else groups.push([candidate]);
  }
  return groups;
}
