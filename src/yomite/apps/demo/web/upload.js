// The tab of pictures: files, clipboard or camera -> base64 -> a table, which the browser alone keeps.
"use strict";
(() => {
  const BATCH = 8;
  const MAX_SIDE = 1600; // larger pictures are reduced before they are sent
  const MAX_BYTES = 2_500_000; // of a file that the browser cannot open and the server perhaps can
  const { build, call, word } = yomite;

  function start(element) {
    yomite.translate(element);
    const root = element.querySelector(".y-upload");
    const find = (selector) => root.querySelector(selector);
    const [zone, body, status, bar] = [find(".y-zone"), find("tbody"), find(".y-state"), find("progress")];
    const why = new yomite.Why(find(".y-why"));
    let rows = []; // {name, picture, answer, element}
    let waiting = [];
    let isRunning = false;
    let isCanceled = false;

    function add(files) {
      const added = [...files].map((file) => ({ file, name: file.name || word("upload_pasted") }));
      if (!added.length) return;
      rows.push(...added);
      waiting.push(...added);
      for (const row of added) body.append((row.element = buildRow(row)));
      root.classList.add("has-rows");
      if (!isRunning) run();
    }

    async function run() {
      isRunning = true;
      isCanceled = false;
      root.classList.add("is-running");
      while (waiting.length && !isCanceled) {
        const batch = waiting.splice(0, BATCH);
        await Promise.all(batch.map(prepare));
        const sent = batch.filter((row) => row.picture && !row.answer);
        if (sent.length) await ask(sent);
        batch.forEach(showRow);
        showProgress();
      }
      if (isCanceled) {
        for (const row of waiting.splice(0)) {
          row.answer = { error: "canceled", kind: "canceled" };
          showRow(row);
        }
      }
      isRunning = false;
      root.classList.remove("is-running");
      showProgress();
    }

    async function ask(sent) {
      // A few at a time, so that one request stays small enough for the server.
      let first = 0;
      while (first < sent.length) {
        let size = 0;
        let last = first;
        while (last < sent.length && (last === first || size + sent[last].picture.length < 3_800_000)) {
          size += sent[last++].picture.length;
        }
        const part = sent.slice(first, last);
        try {
          const answers = await call("recognize_pictures", [part.map((row) => row.picture), "text", 5]);
          part.forEach((row, i) => (row.answer = answers[i]));
        } catch (problem) {
          const line = yomite.describeProblem(problem);
          for (const row of part) row.answer = { error: line, kind: "problem" };
        }
        first = last;
      }
    }

    // Reduces what is large; what the browser cannot open goes as it is, and the server says what it is.
    async function prepare(row) {
      const { file } = row;
      try {
        const bitmap = await createImageBitmap(file);
        const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
        row.thumbnail = toCanvas(bitmap, Math.min(1, 96 / Math.max(bitmap.width, bitmap.height)));
        if (scale < 1 || file.size > MAX_BYTES) {
          const isPhoto = /jpe?g|heic|heif/i.test(file.type || file.name);
          row.picture = toCanvas(bitmap, scale).toDataURL(isPhoto ? "image/jpeg" : "image/png", 0.94);
        }
        bitmap.close();
      } catch {}
      if (row.picture) return;
      if (!file.size) row.answer = { error: word("upload_empty"), kind: "bad" };
      else if (file.size > MAX_BYTES) row.answer = { error: word("upload_large"), kind: "bad" };
      else row.picture = await toBase64(file);
    }

    function buildRow(row) {
      return build(
        "tr",
        { class: "is-waiting" },
        build("td", { class: "y-thumbnail" }),
        build("td", { class: "y-reading", lang: "ja" }),
        build("td", { class: "y-rest" }, build("span", { class: "y-file" }, row.name), build("span", { class: "y-others" })),
      );
    }

    function showRow(row) {
      const { element, answer } = row;
      const cell = (name) => element.querySelector(name);
      element.classList.remove("is-waiting");
      cell(".y-thumbnail").replaceChildren(row.thumbnail ?? build("span", { class: "y-no-thumbnail" }));
      if (answer.error) {
        element.classList.add("is-bad");
        cell(".y-reading").textContent = "–";
        cell(".y-others").textContent = explainError(answer);
        return;
      }
      element.classList.toggle("is-rejected", answer.is_rejected);
      const open = build(
        "button",
        {
          type: "button",
          class: "y-open",
          "aria-label": word("upload_why", { character: answer.text, file: row.name }),
          onclick: () => {
            for (const other of body.children) other.classList.toggle("is-open", other === element);
            why.element.open = true;
            why.show({ picture: row.picture }, answer.candidates);
            why.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
          },
        },
        answer.text,
      );
      cell(".y-reading").replaceChildren(open);
      const [first, ...rest] = answer.candidates.map(({ text, probability }, index) =>
        index && probability < 0.001 ? text : `${text} ${yomite.formatShare(probability)}`,
      );
      const parts = [
        build("strong", { lang: "ja" }, first),
        answer.is_rejected && build("em", {}, word("upload_rejected")),
        build("span", { lang: "ja" }, rest.join("  ")),
      ];
      cell(".y-others").replaceChildren(...parts.filter(Boolean));
    }

    function explainError({ error, kind }) {
      if (kind === "canceled") return word("upload_canceled");
      if (kind) return error;
      const known = [
        [/^not a picture|not base64|empty file/, "upload_no_picture"],
        [/too large/, "upload_too_large"],
        [/blank/, "upload_blank"],
        [/damaged|cut off/, "upload_damaged"],
        [/at least 4/, "upload_tiny"],
      ];
      const key = known.find(([pattern]) => pattern.test(error))?.[1];
      return key ? word(key) : error;
    }

    function showProgress() {
      const done = rows.filter((row) => row.answer).length;
      bar.max = rows.length || 1;
      bar.value = done;
      const bad = rows.filter((row) => row.answer?.error).length;
      const values = { done, all: rows.length, bad, good: done - bad };
      const key = isRunning ? "upload_running" : isCanceled ? "upload_stopped" : "upload_done";
      status.textContent = rows.length ? word(key, values) : "";
    }

    // What the command line writes as well, see `yomite recognize --json`.
    const toRecords = () =>
      rows
        .filter((row) => row.answer)
        .map(({ name, answer }) =>
          answer.error
            ? { path: name, error: answer.error }
            : {
                path: name,
                text: answer.text,
                confidence: answer.confidence,
                is_rejected: answer.is_rejected,
                candidates: answer.candidates.map(({ text, probability }) => ({ text, probability })),
              },
        );

    function download(name, type, content) {
      const link = build("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }

    find(".y-csv").addEventListener("click", () => download("yomite.csv", "text/csv", toCsv(toRecords())));
    find(".y-json").addEventListener("click", () =>
      download("yomite.json", "application/json", `${JSON.stringify(toRecords(), null, 1)}\n`),
    );
    find(".y-cancel").addEventListener("click", () => (isCanceled = true));
    find(".y-empty").addEventListener("click", () => {
      isCanceled = true;
      waiting = [];
      rows = [];
      body.replaceChildren();
      why.show(null, null);
      root.classList.remove("has-rows");
      showProgress();
      find(".y-choose").focus();
    });

    const input = find('input[type="file"]');
    find(".y-choose").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      add(input.files);
      input.value = "";
    });
    for (const name of ["dragenter", "dragover"]) {
      zone.addEventListener(name, (event) => {
        event.preventDefault();
        zone.classList.add("is-over");
      });
    }
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      add(event.dataTransfer.files);
    });
    document.addEventListener("paste", (event) => {
      if (!root.isConnected || !root.offsetParent || event.target.closest?.("input, textarea")) return;
      const files = [...event.clipboardData.items].filter((item) => item.kind === "file").map((item) => item.getAsFile());
      if (files.length) event.preventDefault();
      add(files.filter(Boolean));
    });
    yomite.startCamera(root, add);
  }

  function toCanvas(bitmap, scale) {
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    const canvas = build("canvas", { width, height });
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    return canvas;
  }

  function toBase64(file) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(file);
    });
  }

  function toCsv(records) {
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

  yomite.start.upload = start;
})();
