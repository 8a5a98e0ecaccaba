// The dictionary's entry of a kanji as a line: readings, meanings in English, and a link that only a click follows.
import { build } from "./elements.js";

const NUM_READINGS = 4;
const NUM_MEANINGS = 6;

// entry: {on, kun, meanings} as look_up answers, or null. What is no kanji has no line.
export function buildEntry(character, entry, words) {
  if (!/\p{Script=Han}/u.test(character)) return [];
  const parts = [build("strong", { lang: "ja" }, character)];
  for (const kind of ["on", "kun"]) {
    const readings = (entry?.[kind] ?? []).slice(0, NUM_READINGS).map(spell).join(words.say("list_separator"));
    if (readings) parts.push(build("span", {}, words.say(`entry_${kind}`), " ", build("span", { lang: "ja" }, readings)));
  }
  const meanings = (entry?.meanings ?? []).slice(0, NUM_MEANINGS).join(", ");
  if (meanings && words.language === "en") parts.push(build("span", {}, meanings));
  const href = `https://jisho.org/search/${encodeURIComponent(`${character} #kanji`)}`;
  const link = { class: "y-link", href, target: "_blank", rel: "noopener noreferrer" };
  parts.push(build("a", link, words.say("entry_link", { character })));
  if (parts.length > 2) parts.push(build("small", {}, words.say("entry_source")));
  return parts;
}

// KANJIDIC2 sets a dot before what is written in kana.
function spell(reading) {
  return reading.replace(/\.(.+)$/, "($1)");
}
