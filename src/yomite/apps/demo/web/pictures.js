// Pictures as they are sent, and readings as files: what needs no page around it.
import { build } from "./elements.js";

const MAX_SIDE = 1600; // larger pictures are reduced before they are sent
const MAX_BYTES = 2_500_000; // of a file that is sent as it is
const MAX_CHARACTERS = 3_800_000; // of a picture as it is sent: the server takes 4 MiB
const THUMBNAIL_SIDE = 96;

// Reduces what is large; what the browser cannot open goes as it is, and the server says what it is.
// The answer has the picture as a data: URI, or an error: "empty" or "large"; and a thumbnail where there is one.
export async function preparePicture(file, maxSide = MAX_SIDE) {
  let picture, thumbnail;
  try {
    const bitmap = await createImageBitmap(file);
    const longer = Math.max(bitmap.width, bitmap.height);
    thumbnail = toCanvas(bitmap, Math.min(1, THUMBNAIL_SIDE / longer));
    if (longer > maxSide || file.size > MAX_BYTES) {
      const isPhoto = /jpe?g|heic|heif/i.test(file.type || file.name);
      const reduced = toCanvas(bitmap, Math.min(1, maxSide / longer));
      picture = reduced.toDataURL(isPhoto ? "image/jpeg" : "image/png", 0.94);
      if (picture.length > MAX_CHARACTERS) picture = reduced.toDataURL("image/jpeg", 0.85);
    }
    bitmap.close();
  } catch {}
  if (picture) return { picture, thumbnail };
  if (!file.size) return { error: "empty" };
  if (file.size > MAX_BYTES) return { error: "large" };
  return { picture: await toDataUri(file), thumbnail };
}

function toCanvas(bitmap, scale) {
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = build("canvas", { width, height });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return canvas;
}

function toDataUri(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

// records: {path, error} or {path, text, confidence, is_rejected, candidates}, as `yomite recognize --json` writes.
export function toCsv(records) {
  const head = ["path", "text", "confidence", "is_rejected"];
  for (let i = 1; i <= 5; i++) head.push(`candidate_${i}`, `probability_${i}`);
  head.push("error");
  const lines = records.map((record) => {
    const candidates = Array.from({ length: 5 }, (_, i) => record.candidates?.[i]);
    const cells = [record.path, record.text, record.confidence, record.is_rejected];
    for (const candidate of candidates) cells.push(candidate?.text, candidate?.probability);
    return [...cells, record.error];
  });
  // A byte order mark, else some spreadsheets take UTF-8 for something else.
  return `\ufeff${[head, ...lines].map((cells) => cells.map(quote).join(",")).join("\r\n")}\r\n`;
}

function quote(value) {
  let text = String(value ?? "");
  if (/^[=+\-@\t\r]/.test(text) && typeof value === "string") text = `'${text}`; // no formula from a file's name
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function download(name, type, content) {
  const link = build("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
