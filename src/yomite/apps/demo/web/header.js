// The header: which language, and light or dark; both are remembered.
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

const toLanguage = (tag) => (tag?.startsWith("ja") ? "ja" : "en");

// The browser's language, and the one that the reader chose instead.
export const spokenLanguage = toLanguage(navigator.language);
export const chosenLanguage = toLanguage(
  new URLSearchParams(location.search).get("lang") ?? remembered.read("language") ?? navigator.language,
);

// element: holds header.html; words: a Words.
export function startHeader(element, { words }) {
  const other = words.language === "ja" ? "en" : "ja";
  const languageButton = element.querySelector(".y-language");
  languageButton.textContent = words.say("other_language");
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
