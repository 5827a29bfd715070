// A colleague's name behind an @: what fits what is typed so far, to be chosen by arrow keys or by mouse. The names are
// those of the list below the text, which works without this script.
"use strict";

const MOST_NAMES = 6;
const NAME = /(^|[^\w@.+-])@([\w.'\u00c0-\u024f-]{0,40})$/;

const naming = { text: null, list: null, colleagues: [], at: 0 };

function plain(words) {
  return words.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
}

// The piece of a name that the caret stands behind, or null.
function typedName(text) {
  if (text.selectionStart !== text.selectionEnd) return null;
  const found = NAME.exec(text.value.slice(0, text.selectionStart));
  return found ? found[2] : null;
}

function colleaguesFor(text, name) {
  const wanted = plain(name);
  const all = document.querySelectorAll(`#colleagues-${CSS.escape(text.id)} .colleague`);
  return [...all]
    .map((button) => ({ name: button.querySelector("span").textContent, id: button.querySelector("code").textContent.slice(1) }))
    .filter((each) => [...plain(each.name).split(/\s+/), ...each.id.split("."), each.id].some((word) => word.startsWith(wanted)))
    .slice(0, MOST_NAMES);
}

function forgetNames() {
  naming.list?.remove();
  for (const name of ["aria-controls", "aria-activedescendant"]) naming.text?.removeAttribute(name);
  naming.text = naming.list = null;
}

function point(at) {
  naming.at = (at + naming.colleagues.length) % naming.colleagues.length;
  for (const [place, option] of [...naming.list.children].entries()) {
    option.setAttribute("aria-selected", String(place === naming.at));
  }
  naming.text.setAttribute("aria-activedescendant", naming.list.children[naming.at].id);
}

function offer(text) {
  const name = typedName(text);
  const found = name === null ? [] : colleaguesFor(text, name);
  if (!found.length) return forgetNames();
  if (naming.text !== text || !naming.list?.isConnected) {
    forgetNames();
    naming.text = text;
    naming.list = document.createElement("ul");
    naming.list.className = "names";
    naming.list.id = `names-${text.id}`;
    naming.list.setAttribute("role", "listbox");
    naming.list.setAttribute("aria-label", document.querySelector(`#colleagues-${CSS.escape(text.id)} summary`).textContent.trim());
    text.after(naming.list);
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", naming.list.id);
  }
  naming.colleagues = found;
  naming.list.replaceChildren(
    ...found.map((each, place) => {
      const option = document.createElement("li");
      option.id = `${naming.list.id}-${place}`;
      option.setAttribute("role", "option");
      option.append(Object.assign(document.createElement("span"), { textContent: each.name }));
      option.append(Object.assign(document.createElement("code"), { textContent: `@${each.id}` }));
      return option;
    }),
  );
  point(0);
}

function choose(place) {
  const { text, colleagues } = naming;
  const caret = text.selectionStart;
  const begin = caret - typedName(text).length;
  text.setRangeText(`${colleagues[place].id} `, begin, caret, "end");
  forgetNames();
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true })); // whoever keeps drafts hears of it
}

document.addEventListener("input", (event) => {
  if (event.target.matches("form.verb textarea") && document.getElementById(`colleagues-${event.target.id}`)) offer(event.target);
});
document.addEventListener(
  "keydown",
  (event) => {
    if (!naming.list?.isConnected || event.target !== naming.text || event.isComposing) return;
    if (event.key === "ArrowDown") point(naming.at + 1);
    else if (event.key === "ArrowUp") point(naming.at - 1);
    else if (event.key === "Enter" || event.key === "Tab") choose(naming.at);
    else if (event.key === "Escape") forgetNames();
    else return;
    event.preventDefault();
    event.stopPropagation(); // these keys are the list's now
  },
  true,
);
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.(".names [role=option]");
  if (!option) return;
  event.preventDefault(); // the caret stays in the text
  choose([...naming.list.children].indexOf(option));
});
document.addEventListener("focusout", (event) => event.target === naming.text && forgetNames());
