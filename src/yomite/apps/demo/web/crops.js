// Lines cut out of the picture of a page and laid straight: to look at, and as samples to learn from.
import { build } from "./elements.js";

// As the server's reading/crops.py: paper around the line, as shares of its height, and how much is not turned.
const [ACROSS, ALONG] = [0.15, 0.35];
const STRAIGHT = 0.009; // radians

// picture: an image; line: {polygon, direction}. The answer has the crop as a canvas, and place([x, y]), which
// puts a point of the picture on it.
export function cropLine(picture, { polygon, direction }) {
  const angle = -measureTurn(polygon, direction);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const lay = ([x, y]) => [x * cos - y * sin, x * sin + y * cos];
  const corners = polygon.map(lay);
  const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const [low, high] = [Math.min, Math.max].map((choose) => [choose(...xs), choose(...ys)]);
  const isVertical = direction === "vertical";
  const thickness = isVertical ? high[0] - low[0] : high[1] - low[1];
  const room = (isVertical ? [ACROSS, ALONG] : [ALONG, ACROSS]).map((share) => share * thickness);
  const round = Math.abs(sin * cos) < 1e-9 ? Math.floor : (side) => side; // whole pixels stay as they are
  const [left, top] = [0, 1].map((axis) => round(low[axis] - room[axis]));
  const [width, height] = [0, 1].map((axis) => Math.max(1, Math.ceil(high[axis] + room[axis] - [left, top][axis])));
  const context = build("canvas", { width, height }).getContext("2d");
  context.setTransform(cos, sin, -sin, cos, -left, -top);
  context.drawImage(picture, 0, 0);
  context.resetTransform();
  const paper = findPaper(context.getImageData(0, 0, width, height).data);
  const place = (point) => lay(point).map((side, axis) => side - [left, top][axis]);
  // What stands outside of the line's own polygon belongs to its neighbors.
  context.globalCompositeOperation = "destination-in";
  context.drawImage(drawMask(width, height, polygon.map(place), Math.max(...room)), 0, 0);
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

function drawMask(width, height, corners, room) {
  const context = build("canvas", { width, height }).getContext("2d");
  context.lineWidth = 2 * room;
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
