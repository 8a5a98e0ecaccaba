// What is taken away from a page: its text, its reading as data, and its lines as samples to learn from.
import { cropLine } from "./crops.js";
import { packZip } from "./zip.js";

// lines: PageLine each.
export function toText(lines) {
  return lines.filter((line) => line.isKept).map((line) => line.text).join("\n");
}

// The page as it was read, with the texts as corrected; `characters` are what was read.
export function toRecord(page, lines) {
  const corrected = lines.map((line) => ({
    ...line.answer,
    text: line.text,
    is_corrected: line.isCorrected,
    is_checked: line.isChecked,
    characters: line.answer.characters.map(({ candidates, ...rest }) => ({
      ...rest,
      candidates: candidates.map(({ text, probability }) => ({ text, probability })),
    })),
  }));
  return { ...page, text: toText(lines), lines: corrected };
}

export function listSamples(lines) {
  return lines.filter((line) => line.isChecked && line.text.trim());
}

// A folder as docs/data.md has it: crops of lines, and lines.jsonl, which says what is written on them.
export async function packSamples(picture, lines) {
  const samples = listSamples(lines);
  const names = samples.map((line) => `line-${String(lines.indexOf(line) + 1).padStart(3, "0")}.png`);
  const rows = samples.map(({ text, answer: { direction } }, index) => JSON.stringify({ path: names[index], text: text.trim(), direction }));
  const files = [["lines.jsonl", new TextEncoder().encode(`${rows.join("\n")}\n`)]];
  for (const [index, line] of samples.entries()) files.push([names[index], await toPng(cropLine(picture, line.answer).canvas)]);
  return packZip(files);
}

async function toPng(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  return new Uint8Array(await blob.arrayBuffer());
}
