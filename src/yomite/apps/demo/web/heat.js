// What the model saw, and where it saw a character: an answer of the endpoint explain as pictures.
import { paintSquare } from "./elements.js";
import { drawStrokes } from "./strokes.js";

const SIDE = 480; // pixels of a drawn square; the page scales it down

const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// The heat as warm light on paper, the drawing crisp on top of it.
export function drawHeat(target, { size, canvas, heat, frame }, strokes) {
  const context = target.getContext("2d");
  const [ink, warmth] = [decode(canvas), decode(heat)];
  target.width = target.height = SIDE;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = "high";
  const glow = paintSquare(size, (i) => {
    const share = (warmth[i] / 255) ** 1.4; // the middle pales, the summits stay
    return [255, 190 - 110 * share, 80 - 40 * share, 240 * share];
  });
  context.drawImage(glow, 0, 0, SIDE, SIDE);
  if (frame && strokes) {
    const [left, top, side] = frame;
    const placed = strokes.map((stroke) => stroke.map(([x, y]) => [(x - left) / side, (y - top) / side]));
    drawStrokes(context, placed, SIDE, 0.03, "#1b2333");
  } else {
    context.drawImage(paintSquare(size, (i) => [27, 35, 51, ink[i]]), 0, 0, SIDE, SIDE);
  }
}

export function drawSeen(target, { size, canvas }) {
  const ink = decode(canvas);
  target.width = target.height = size;
  target.getContext("2d").drawImage(paintSquare(size, (i) => [ink[i], ink[i], ink[i], 255]), 0, 0);
}
