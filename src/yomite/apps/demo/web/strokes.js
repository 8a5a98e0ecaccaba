// Strokes: lists of points [x, y] in a square of side 1, y down; how they are drawn, and how they are erased.

// Draws strokes as round lines, bent smoothly through the middles between their points.
export function drawStrokes(context, strokes, side, width, color) {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width * side;
  context.strokeStyle = context.fillStyle = color;
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [x * side, y * side]);
    context.beginPath();
    if (points.length === 1) {
      context.arc(...points[0], 0.55 * width * side, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.moveTo(...points[0]);
    for (let i = 1; i < points.length - 1; i++) {
      const [[ax, ay], [bx, by]] = [points[i], points[i + 1]];
      context.quadraticCurveTo(ax, ay, (ax + bx) / 2, (ay + by) / 2);
    }
    context.lineTo(...points[points.length - 1]);
    context.stroke();
  }
}

// Takes out what lies near the eraser's way; what remains of a stroke goes on as strokes of its own.
// The same list comes back where nothing was near.
export function eraseStrokes(strokes, way, reach) {
  const steps = fill(way);
  const isNear = ([x, y]) => steps.some(([ex, ey]) => Math.hypot(x - ex, y - ey) < reach);
  if (!strokes.some((stroke) => fill(stroke).some(isNear))) return strokes;
  const kept = [];
  for (const stroke of strokes) {
    const points = fill(stroke);
    if (!points.some(isNear)) {
      kept.push(stroke);
      continue;
    }
    let piece = [];
    for (const point of points) {
      if (!isNear(point)) {
        piece.push(point);
        continue;
      }
      if (piece.length > 1) kept.push(piece);
      piece = [];
    }
    if (piece.length > 1) kept.push(piece);
  }
  return kept;
}

// Points so close that the eraser cannot pass between two of them.
function fill(stroke) {
  const points = [stroke[0]];
  for (let i = 1; i < stroke.length; i++) {
    const [[ax, ay], [bx, by]] = [stroke[i - 1], stroke[i]];
    const steps = Math.ceil(Math.hypot(bx - ax, by - ay) / 0.02);
    for (let k = 1; k <= steps; k++) points.push([ax + ((bx - ax) * k) / steps, ay + ((by - ay) * k) / steps]);
  }
  return points;
}
