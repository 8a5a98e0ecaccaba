// The strokes of a character in their order, and a drawing laid on them: as pictures and in words.
import { buildSvg } from "./elements.js";

const toPath = (points) =>
  points.length === 1
    ? `M${points[0].map((value) => 100 * value)} l0.001 0`
    : points.map(([x, y], i) => `${i ? "L" : "M"}${(100 * x).toFixed(1)} ${(100 * y).toFixed(1)}`).join("");

const buildGuides = () => buildSvg("path", { d: "M50 2V98M2 50H98", class: "y-guide" });

function buildNumber([x, y], number, kind = "") {
  return buildSvg("text", { x: 100 * x - 5, y: 100 * y - 1, class: `y-number ${kind}` }, `${number}`);
}

// The strokes one after the other. Who asked for less motion sees them at once, numbered.
export function animateOrder(svg, strokes) {
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  svg.replaceChildren(buildGuides());
  let start = 200;
  strokes.forEach((points, index) => {
    svg.append(buildSvg("path", { d: toPath(points), class: "y-ghost" }));
    const path = buildSvg("path", { d: toPath(points), class: "y-stroke" });
    const number = buildNumber(points[0], index + 1);
    svg.append(path, number);
    if (isStill) return;
    const length = path.getTotalLength() || 1;
    const duration = 160 + 7 * length;
    path.style.strokeDasharray = `${length} ${length + 10}`;
    const timing = { delay: start, duration, fill: "both", easing: "ease-in-out" };
    path.animate([{ strokeDashoffset: length }, { strokeDashoffset: 0 }], timing);
    path.animate([{ opacity: 0 }, { opacity: 1 }], { delay: start, duration: 1, fill: "both" });
    number.animate([{ opacity: 0 }, { opacity: 1 }], { delay: start, duration: 100, fill: "both" });
    start += duration + 130;
  });
}

// The drawing on the character: what fits, what is out of order or reversed, what is missing.
export function drawComparison(svg, shown, { strokes, missing }) {
  svg.replaceChildren(buildGuides());
  shown.forEach((points, index) => {
    const kind = missing.includes(index) ? "y-missing" : "y-ghost";
    svg.append(buildSvg("path", { d: toPath(points), class: kind }));
  });
  strokes.forEach((stroke, number) => {
    const isOff = stroke.is_out_of_order || stroke.is_reversed;
    const kind = stroke.index === null ? "y-extra" : isOff ? "y-off" : "y-fits";
    svg.append(buildSvg("path", { d: toPath(stroke.points), class: `y-mine ${kind}` }));
    svg.append(buildNumber(stroke.points[0], number + 1, kind));
  });
}

// The same in lines. Where most of the character is not there, how many strokes it has says enough.
export function describeComparison(shown, { strokes, missing }, words) {
  const count = words.say("strokes", { count: strokes.length });
  const isSame = strokes.length === shown.length;
  const lines = [words.say(isSame ? "order_same_count" : "order_other_count", { count, shown: shown.length })];
  if (missing.length > shown.length / 2) return lines;
  strokes.forEach((stroke, number) => {
    const values = { drawn: number + 1, shown: stroke.index + 1 };
    if (stroke.index === null) lines.push(words.say("order_extra", values));
    if (stroke.is_out_of_order) lines.push(words.say("order_moved", values));
    if (stroke.is_reversed) lines.push(words.say("order_reversed", values));
  });
  if (missing.length) {
    const list = missing.map((index) => index + 1).join(words.say("number_separator"));
    lines.push(words.say("order_missing", { count: missing.length, list }));
  }
  const distances = strokes.map(({ index, distance }) => (index === null ? 0 : distance));
  const farthest = distances.indexOf(Math.max(...distances));
  if (distances[farthest] > 0.09) lines.push(words.say("order_far", { drawn: farthest + 1 }));
  if (lines.length === 1 && isSame) lines.push(words.say("order_right"));
  return lines;
}
