// What the parts share: words, calls to the server, small pieces of the page.
// Runs in the head, before Gradio: so that the language chosen here is Gradio's as well.
"use strict";
(() => {
  const remembered = {
    read: (key) => {
      try {
        return localStorage.getItem(`yomite-${key}`);
      } catch {
        return null; // storage may be forbidden; then the choice lasts as long as the page
      }
    },
    write: (key, value) => {
      try {
        localStorage.setItem(`yomite-${key}`, value);
      } catch {}
    },
  };

  const asked = new URLSearchParams(location.search).get("lang") ?? remembered.read("language");
  const language = (asked ?? navigator.language ?? "en").startsWith("ja") ? "ja" : "en";
  // Gradio asks the browser for its language when it starts, and takes no other answer later.
  Object.defineProperty(navigator, "language", { get: () => language, configurable: true });
  document.documentElement.lang = language;

  function word(key, values = {}, otherwise = key) {
    const text = yomite.words[language][key] ?? yomite.words.en[key] ?? otherwise;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  function translate(root) {
    for (const element of root.querySelectorAll("[data-word]")) {
      element.textContent = word(element.dataset.word, {}, element.textContent);
    }
    for (const element of root.querySelectorAll("[data-word-label]")) {
      const text = word(element.dataset.wordLabel);
      element.setAttribute("aria-label", text);
      if (element.matches("button, label")) element.title = text;
    }
    for (const element of root.querySelectorAll("[data-word-placeholder]")) {
      element.placeholder = word(element.dataset.wordPlaceholder);
    }
  }

  // An answer that did not come. kind: "offline", "busy", or "refused" with the server's own line.
  class Problem extends Error {
    constructor(kind, message = kind) {
      super(message);
      this.kind = kind;
    }
  }

  function apiUrl(path) {
    const config = window.gradio_config;
    const root = new URL(config.root || "/", location.href).pathname.replace(/\/$/, "");
    return `${location.origin}${root}${config.api_prefix ?? "/gradio_api"}${path}`;
  }

  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  async function request(url, options) {
    try {
      return await fetch(url, options);
    } catch {
      throw new Problem("offline");
    }
  }

  // Calls a named endpoint as docs/demo.md describes: one request to join the queue, one for the answer.
  async function call(name, data) {
    const options = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ data }),
    };
    let joined;
    for (const pause of [0, 400, 1200]) {
      await wait(pause);
      joined = await request(apiUrl(`/call/${name}`), options);
      if (joined.status !== 503) break; // the queue is full: others are served first
    }
    if (joined.status === 503) throw new Problem("busy");
    if (joined.status === 401) throw new Problem("signed_out");
    if (!joined.ok) throw new Problem("refused", await joined.text());
    const { event_id: id } = await joined.json();
    const answer = await (await request(apiUrl(`/call/${name}/${id}`))).text();
    const last = answer.trim().split("\n\n").pop() ?? "";
    const kind = /^event: (.*)$/m.exec(last)?.[1];
    const body = JSON.parse(/^data: (.*)$/m.exec(last)?.[1] ?? "null");
    if (kind === "complete") return body[0];
    if (kind === "error") throw new Problem("refused", body?.error ?? String(body));
    throw new Problem("offline");
  }

  function build(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }

  function formatShare(share) {
    if (share >= 0.9995) return "100%";
    return share >= 0.1 ? `${(100 * share).toFixed(1)}%` : share >= 0.0005 ? `${(100 * share).toFixed(1)}%` : "<0.1%";
  }

  function describeProblem(problem) {
    return problem instanceof Problem && problem.kind !== "refused"
      ? word(`problem_${problem.kind}`)
      : word("problem_refused", { reason: problem.message });
  }

  function startHeader(element) {
    translate(element);
    const other = language === "ja" ? "en" : "ja";
    const languageButton = element.querySelector(".y-language");
    languageButton.textContent = yomite.words[other].language_name;
    languageButton.lang = other;
    languageButton.addEventListener("click", () => {
      remembered.write("language", other);
      const url = new URL(location.href);
      url.searchParams.delete("lang");
      if (remembered.read("language") !== other) url.searchParams.set("lang", other);
      location.assign(url);
      if (url.href === location.href) location.reload();
    });
    const themeButton = element.querySelector(".y-theme");
    const isDark = () => document.body.classList.contains("dark");
    const chosen = remembered.read("theme");
    if (chosen) document.body.classList.toggle("dark", chosen === "dark");
    const show = () => themeButton.setAttribute("aria-pressed", String(isDark()));
    themeButton.addEventListener("click", () => {
      document.body.classList.toggle("dark");
      remembered.write("theme", isDark() ? "dark" : "light");
      show();
    });
    show();
  }

  Object.assign(yomite, {
    language,
    word,
    translate,
    call,
    build,
    formatShare,
    describeProblem,
    Problem,
    start: { header: startHeader },
  });
})();
