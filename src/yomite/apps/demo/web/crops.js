// Lines cut out of the picture of a page and laid straight: to look at, and as samples to learn from.
import { build } from "./elements.js";

const MARGIN = 0.12; // of the line's height
const STRAIGHT = 0.005; // radians: so little is not turned, for turning blurs

// picture: an image; line: {polygon, direction}. The answer has the crop as a canvas, and place([x, y]), which
// puts a point of the picture on it.
export function cropLine(picture, { polygon, direction }) {
  const angle = -measureTurn(polygon, direction);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const lay = ([x, y]) => [x * cos - y * sin, x * sin + y * cos];
  const corners = polygon.map(lay);
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const margin = MARGIN * Math.min(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const [left, top] = [xs, ys].map((sides) => Math.min(...sides) - margin);
  const [width, height] = [Math.max(...xs) + margin - left, Math.max(...ys) + margin - top].map((side) => Math.max(1, Math.ceil(side)));
  const context = build("canvas", { width, height }).getContext("2d");
  context.setTransform(cos, sin, -sin, cos, -left, -top);
  context.drawImage(picture, 0, 0);
  context.resetTransform();
  const paper = findPaper(context.getImageData(0, 0, width, height).data);
  const place = (point) => lay(point).map((side, axis) => side - [left, top][axis]);
  // What stands outside of the line's own polygon belongs to its neighbors.
  context.globalCompositeOperation = "destination-in";
  context.drawImage(drawMask(width, height, polygon.map(place), margin), 0, 0);
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = paper;
  context.fillRect(0, 0, width, height);
  return { canvas: context.canvas, place };
}

// By how much the line is turned clockwise, in radians: a horizontal one from level, by its upper side; a
// vertical one from plumb, by its right side. The corners go clockwise from the upper left.
function measureTurn(polygon, direction) {
  const half = Math.floor(polygon.length / 2);
  const [[x0, y0], [x1, y1]] = direction === "vertical" ? [polygon[1], polygon[half]] : [polygon[0], polygon[half - 1]];
  const angle = Math.atan2(y1 - y0, x1 - x0) - (direction === "vertical" ? Math.PI / 2 : 0);
  const quarter = (Math.round(angle / (Math.PI / 2)) * Math.PI) / 2;
  return Math.abs(angle - quarter) < STRAIGHT ? quarter : angle;
}

function drawMask(width, height, corners, margin) {
  const context = build("canvas", { width, height }).getContext("2d");
  context.lineWidth = 2 * margin;
  for (const [x, y] of corners) context.lineTo(x, y);
  context.closePath();
  context.fill();
  context.stroke();
  return context.canvas;
}

// The color that is in the middle: most of a line is paper.
function findPaper(pixels) {
  const counts = [0, 1, 2].map(() => new Uint32Array(256));
  let total = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3] < 255) continue; // beyond the picture
    total++;
    for (const channel of [0, 1, 2]) counts[channel][pixels[i + channel]]++;
  }
  const middles = counts.map((count) => {
    let seen = 0;
    return Math.max(0, count.findIndex((one) => 2 * (seen += one) >= total));
  });
  return `rgb(${middles.join(" ")})`;
}
