// Small pieces that the parts of a page are made of.

// An element with attributes; those named on* are listeners, true is an attribute without a value.
export function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

export function formatShare(share) {
  if (share >= 0.9995) return "100%";
  return share >= 0.0005 ? `${(100 * share).toFixed(1)}%` : "<0.1%";
}

// A square picture whose pixel i is paint(i): [red, green, blue, alpha].
export function paintSquare(size, paint) {
  const canvas = build("canvas", { width: size, height: size });
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  for (let i = 0; i < size * size; i++) image.data.set(paint(i), 4 * i);
  context.putImageData(image, 0, 0);
  return canvas;
}

const SVG = "http://www.w3.org/2000/svg";

export function buildSvg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
