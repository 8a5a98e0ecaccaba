// The pad: a canvas that turns pointer movements and keys into strokes.
// Coordinates are shares of its width, so that a drawing survives turning the phone.
import { drawStrokes, eraseStrokes } from "./strokes.js";

const NEAREST = 0.002; // points closer than this say nothing new
const INK = "#1b2333";

export class Pad {
  // canvas: the element; onChange(strokes): after a stroke or an edit; onBegin(): the pen comes down.
  constructor(canvas, { onChange, onBegin }) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.onChange = onChange;
    this.onBegin = onBegin;
    this.strokes = [];
    this.past = []; // what undo brings back
    this.width = 0.035;
    this.reach = 0.035; // of the eraser
    this.aspect = 1; // height by width
    this.isErasing = false;
    this.isFinished = false; // the drawing was taken over: the next stroke begins a new one
    this.cursor = null; // where the arrow keys are
    this.pointer = null;
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.end(event));
    }
    canvas.addEventListener("keydown", (event) => this.press(event));
    canvas.addEventListener("blur", () => {
      this.cursor = null;
      this.lift();
      this.draw();
    });
    // iOS scrolls and magnifies in spite of touch-action unless it is told twice.
    canvas.addEventListener(
      "touchstart",
      (event) => {
        if (event.cancelable) event.preventDefault(); // it is not once a scroll has begun
      },
      { passive: false },
    );
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  locate(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.width];
  }

  begin(event) {
    if (event.button !== 0 || (this.pointer && event.pointerType === "touch")) return;
    // A pen that comes while the palm lies on the glass is the one that counts.
    if (this.pointer) this.abandon();
    this.pointer = { id: event.pointerId, type: event.pointerType };
    try {
      this.canvas.setPointerCapture(event.pointerId);
    } catch {} // a pointer that is already gone
    this.cursor = null;
    this.setDown(this.locate(event));
  }

  move(event) {
    if (event.pointerId !== this.pointer?.id) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.extend(this.locate(one));
  }

  end(event) {
    if (event.pointerId !== this.pointer?.id) return;
    this.pointer = null;
    if (event.type === "pointercancel") {
      this.abandon();
      return;
    }
    this.extend(this.locate(event)); // some browsers tell the last place only now
    this.lift();
  }

  setDown(point) {
    this.canvas.focus({ preventScroll: true });
    this.past.push(this.strokes);
    if (this.past.length > 200) this.past.shift();
    if (this.isFinished && !this.isErasing) this.strokes = [];
    this.isFinished = false;
    this.active = [point];
    if (this.isErasing) this.erase([point]);
    else this.strokes = [...this.strokes, this.active];
    this.onBegin();
    this.draw();
  }

  extend(point) {
    if (!this.active) return;
    const [x, y] = this.active[this.active.length - 1];
    if (Math.hypot(point[0] - x, point[1] - y) < NEAREST) return;
    this.active.push(point);
    if (this.isErasing) this.erase([[x, y], point]);
    this.draw();
  }

  lift() {
    if (!this.active) return;
    this.active = null;
    if (this.past[this.past.length - 1] === this.strokes) this.past.pop(); // nothing was erased
    this.onChange(this.strokes);
    this.draw();
  }

  abandon() {
    this.active = null;
    this.pointer = null;
    this.strokes = this.past.pop() ?? [];
    this.onChange(this.strokes);
    this.draw();
  }

  erase(way) {
    this.strokes = eraseStrokes(this.strokes, way, Math.max(this.reach, this.width));
  }

  undo() {
    if (!this.past.length) return;
    this.strokes = this.past.pop();
    this.isFinished = false;
    this.onChange(this.strokes);
    this.draw();
  }

  clear() {
    if (!this.strokes.length) return;
    this.past.push(this.strokes);
    this.show([]);
  }

  // Replaces the drawing.
  show(strokes) {
    this.strokes = strokes;
    this.isFinished = false;
    this.onChange(strokes);
    this.draw();
  }

  finish() {
    this.isFinished = this.strokes.length > 0;
    this.draw();
  }

  // Keys: arrows move a cursor, space sets the pen down and lifts it, so that one can draw without a pointer.
  press(event) {
    const step = event.shiftKey ? 0.01 : 0.04;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) {
      const [x, y] = this.cursor ?? [0.5, 0.5 * this.aspect];
      const [dx, dy] = moves[event.key];
      const clamp = (value, most) => Math.min(most - 0.02, Math.max(0.02, value));
      this.cursor = [clamp(x + dx, 1), clamp(y + dy, this.aspect)];
      if (this.active) this.extend(this.cursor);
    } else if (event.key === " ") {
      this.cursor ??= [0.5, 0.5 * this.aspect];
      if (this.active) this.lift();
      else this.setDown(this.cursor);
    } else if (event.key === "Escape" && this.active) this.abandon();
    else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) this.undo();
    else if (event.key === "Delete") this.clear();
    else return;
    event.preventDefault();
    this.draw();
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return; // on a tab that is not shown
    const [width, height] = [box.width, box.height].map((side) => Math.round(side * (window.devicePixelRatio || 1)));
    this.aspect = box.height / box.width;
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.draw();
  }

  draw() {
    const { context, canvas } = this;
    const side = canvas.width;
    context.clearRect(0, 0, side, canvas.height);
    canvas.classList.toggle("is-finished", this.isFinished);
    drawStrokes(context, this.strokes, side, this.width, INK);
    if (!this.cursor) return;
    const [x, y] = this.cursor.map((value) => value * side);
    context.strokeStyle = this.active ? "#c2410c" : "#2d4a86";
    context.lineWidth = side / 180;
    context.beginPath();
    context.arc(x, y, side / 36, 0, 2 * Math.PI);
    context.moveTo(x - side / 22, y);
    context.lineTo(x + side / 22, y);
    context.moveTo(x, y - side / 22);
    context.lineTo(x, y + side / 22);
    context.stroke();
  }
}
