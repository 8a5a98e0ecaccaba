// The words of a page in one language.
export class Words {
  // texts: {key: text}; where a text counts something, it is {one: text, other: text}.
  constructor(texts, language) {
    this.texts = texts;
    this.language = language;
    this.plural = new Intl.PluralRules(language);
  }

  // The text of a key; {name} in it is filled in, and values.count chooses between one and other.
  say(key, values = {}, otherwise = key) {
    let text = this.texts[key] ?? otherwise;
    if (typeof text === "object") text = text[this.plural.select(values.count)] ?? text.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  // Puts words where elements ask for them: data-word, data-word-label, data-word-placeholder.
  translate(root) {
    for (const element of root.querySelectorAll("[data-word]")) {
      element.textContent = this.say(element.dataset.word, {}, element.textContent);
    }
    for (const element of root.querySelectorAll("[data-word-label]")) {
      const text = this.say(element.dataset.wordLabel);
      element.setAttribute("aria-label", text);
      if (element.matches("button, label")) element.title = text;
    }
    for (const element of root.querySelectorAll("[data-word-placeholder]")) {
      element.placeholder = this.say(element.dataset.wordPlaceholder);
    }
  }
}
