/* Sportello: makes a form's own page comfortable, and puts the same form into any page as
 *
 *   <script src="https://intake.example/embed.js" defer></script>
 *   <sportello-form form="credentials" lang="it" site="www"><a href="...">Open the form</a></sportello-form>
 *
 * No cookies, nothing from third parties, no framework: docs/embed.md. The form comes ready-made from intake's
 * /contract, so page and widget are one and the same. What is inside the element shows until then, and stays when
 * something is in the way. This file and its neighbours are served as one, /embed.js (services/intake/script.py).
 */
const script = document.currentScript;
const base = script ? new URL(".", script.src).href : `${location.origin}/`;
const AGAIN = new Set([429, 502, 503, 504]);

const part = (root, name) => root.querySelector(`[data-part="${name}"]`);
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
const controls = (place) => place.querySelectorAll("input, select, textarea");
const choosing = (control) => control.type === "radio" || control.type === "checkbox";
const make = (tag, facts, ...children) => {
  const made = Object.assign(document.createElement(tag), facts);
  made.append(...children);
  return made;
};

/* JSON from intake, or null when there was no answer. */
async function ask(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "omit" }).catch(() => null);
  if (!answer) return null;
  const { ok, status } = answer;
  return { ok, status, said: ok ? await answer.json().catch(() => ({})) : {} };
}
