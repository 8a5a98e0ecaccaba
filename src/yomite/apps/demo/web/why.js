// Why: where the model looked, the canvas that it saw, its probabilities, and the character's strokes in order.
"use strict";
(() => {
  const SIDE = 480; // pixels of a drawn square; the page scales it down
  const { build, call, word } = yomite;

  const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  // An S x S picture whose pixel i is paint(i): [red, green, blue, alpha].
  function paintSquare(size, paint) {
    const canvas = build("canvas", { width: size, height: size });
    const context = canvas.getContext("2d");
    const image = context.createImageData(size, size);
    for (let i = 0; i < size * size; i++) image.data.set(paint(i), 4 * i);
    context.putImageData(image, 0, 0);
    return canvas;
  }

  // The heat as warm light on paper, the drawing crisp on top of it.
  function drawHeat(target, { size, canvas, heat, frame }, strokes) {
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
      yomite.drawStrokes(context, placed, SIDE, 0.03, "#1b2333");
    } else {
      context.drawImage(paintSquare(size, (i) => [27, 35, 51, ink[i]]), 0, 0, SIDE, SIDE);
    }
  }

  function drawSeen(target, { size, canvas }) {
    const ink = decode(canvas);
    target.width = target.height = size;
    target.getContext("2d").drawImage(paintSquare(size, (i) => [ink[i], ink[i], ink[i], 255]), 0, 0);
  }

  const SVG = "http://www.w3.org/2000/svg";
  function buildSvg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }
  const toPath = (points) =>
    points.length === 1
      ? `M${points[0]} l0.001 0`
      : points.map(([x, y], i) => `${i ? "L" : "M"}${(100 * x).toFixed(1)} ${(100 * y).toFixed(1)}`).join("");

  // The strokes one after the other. Who asked for less motion sees them at once, numbered.
  function animate(svg, strokes) {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    svg.replaceChildren(...buildGuides());
    let start = 200;
    strokes.forEach((points, index) => {
      svg.append(buildSvg("path", { d: toPath(points), class: "y-ghost" }));
      const path = buildSvg("path", { d: toPath(points), class: "y-stroke" });
      svg.append(path);
      const [x, y] = points[0];
      const number = buildSvg("text", { x: 100 * x - 5, y: 100 * y - 1, class: "y-number" }, `${index + 1}`);
      svg.append(number);
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

  function buildGuides() {
    return [buildSvg("path", { d: "M50 2V98M2 50H98", class: "y-guide" })];
  }

  // The drawing laid on the character: what fits, what is out of order or reversed, what is missing.
  function drawComparison(svg, shown, { strokes, missing }) {
    svg.replaceChildren(...buildGuides());
    shown.forEach((points, index) => {
      const kind = missing.includes(index) ? "y-missing" : "y-ghost";
      svg.append(buildSvg("path", { d: toPath(points), class: kind }));
    });
    strokes.forEach((stroke, number) => {
      const isOff = stroke.is_out_of_order || stroke.is_reversed;
      const kind = stroke.index === null ? "y-extra" : isOff ? "y-off" : "y-fits";
      svg.append(buildSvg("path", { d: toPath(stroke.points), class: `y-mine ${kind}` }));
      const [x, y] = stroke.points[0];
      svg.append(buildSvg("text", { x: 100 * x - 5, y: 100 * y - 1, class: `y-number ${kind}` }, `${number + 1}`));
    });
  }

  function describeComparison(shown, { strokes, missing }) {
    const lines = [];
    const say = (key, values) => lines.push(word(key, values));
    say(strokes.length === shown.length ? "order_same_count" : "order_other_count", {
      drawn: strokes.length,
      shown: shown.length,
    });
    strokes.forEach((stroke, number) => {
      const values = { drawn: number + 1, shown: stroke.index === null ? 0 : stroke.index + 1 };
      if (stroke.index === null) say("order_extra", values);
      else {
        if (stroke.is_out_of_order) say("order_moved", values);
        if (stroke.is_reversed) say("order_reversed", values);
      }
    });
    for (const index of missing) say("order_missing", { shown: index + 1 });
    const worst = strokes.reduce((far, stroke, number) => {
      const isFarther = stroke.index !== null && stroke.distance > (far?.distance ?? 0.09);
      return isFarther ? { distance: stroke.distance, number } : far;
    }, null);
    if (worst) say("order_far", { drawn: worst.number + 1 });
    if (lines.length === 1 && strokes.length === shown.length) say("order_right");
    return lines;
  }

  class Why {
    constructor(element) {
      this.element = element;
      this.find = (selector) => element.querySelector(selector);
      this.turn = 0;
      this.subject = null;
      element.addEventListener("toggle", () => this.refresh());
      this.find(".y-replay").addEventListener("click", () => this.replay());
    }

    // subject: {strokes} or {picture}; candidates as an answer lists them; null for nothing drawn.
    show(subject, candidates) {
      this.subject = subject;
      this.candidates = candidates;
      this.choose(candidates?.[0]?.text ?? null);
    }

    choose(character) {
      this.character = character;
      this.element.hidden = !character;
      if (!character) return;
      const chips = this.candidates.slice(0, 10).map(({ text, probability }) => {
        const chip = build(
          "button",
          { type: "button", class: "y-bar-row", "aria-pressed": String(text === character), lang: "ja" },
          build("span", { class: "y-bar-char" }, text),
          build("span", { class: "y-bar-track" }, build("span", { class: "y-bar-fill", style: `width:${100 * probability}%` })),
          build("span", { class: "y-bar-share" }, yomite.formatShare(probability)),
        );
        chip.addEventListener("click", () => this.choose(text));
        return chip;
      });
      const hadFocus = this.find(".y-chart").contains(document.activeElement);
      this.find(".y-chart").replaceChildren(...chips);
      if (hadFocus) this.find('.y-chart [aria-pressed="true"]')?.focus();
      this.refresh();
    }

    // Asks only while it is open and something has changed: most readings need no reasons.
    async refresh() {
      if (!this.element.open || !this.character) return;
      const { subject, character } = this;
      if (this.shown?.subject === subject && this.shown.character === character) return;
      this.shown = { subject, character };
      const turn = ++this.turn;
      const isStale = () => turn !== this.turn;
      this.find(".y-heat figcaption").textContent = word("why_heat", { character });
      try {
        const answer = await call("explain", [subject.strokes ?? null, subject.picture ?? null, character]);
        if (isStale()) return;
        drawHeat(this.find(".y-heat canvas"), answer, subject.strokes);
        drawSeen(this.find(".y-seen canvas"), answer);
        this.tell("");
      } catch (problem) {
        if (!isStale()) this.tell(yomite.describeProblem(problem));
        this.shown = null;
        return;
      }
      const order = this.find(".y-order");
      try {
        const answer = await call("stroke_order", [character, subject.strokes ?? null]);
        if (isStale()) return;
        this.order = answer.strokes;
        order.classList.remove("is-missing");
        animate(this.find(".y-order-shown"), answer.strokes);
        this.find(".y-compared").hidden = !answer.comparison;
        this.find(".y-notes").replaceChildren();
        if (answer.comparison) {
          drawComparison(this.find(".y-order-drawn"), answer.strokes, answer.comparison);
          const lines = describeComparison(answer.strokes, answer.comparison);
          this.find(".y-notes").replaceChildren(...lines.map((line) => build("li", {}, line)));
        }
      } catch (problem) {
        if (isStale()) return;
        order.classList.add("is-missing");
        this.find(".y-order-missing").textContent = problem.message;
      }
    }

    tell(line) {
      this.find(".y-why-problem").textContent = line;
    }

    replay() {
      if (this.order) animate(this.find(".y-order-shown"), this.order);
    }
  }

  yomite.Why = Why;
})();
