// A ticket's page that is read again keeps what somebody is typing: a touched form stays where it is, node by node, with
// its caret and with the `seen` of when it was begun; all around it is replaced.
"use strict";

const keep = {
  sent: null, // the form whose answer is being put in: it makes room for what came back
  safe: () => false, // whether what is typed into a form is kept elsewhere, so that the page may be left
  dropped: [], // called with the old part before it changes, and with the new one after
};

function isTouched(form) {
  if (form.hasAttribute("data-typed")) return true; // typed before, shown again by the server
  const fields = [...form.elements].filter((field) => field.type !== "hidden");
  if (fields.some(hasChanged)) return true;
  return fields.some((field) => field === document.activeElement && field.matches("input, textarea, select"));
}

function hasChanged(field) {
  if (field.matches("[type=radio], [type=checkbox]")) return field.checked !== field.defaultChecked;
  if (field.matches("select")) {
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  }
  return field.matches("input, textarea") && field.value !== field.defaultValue;
}

function isKept(form) {
  return form !== keep.sent && isTouched(form);
}

function holdsKept(element) {
  if (element.matches("form.verb")) return isKept(element);
  return [...element.querySelectorAll("form.verb")].some(isKept);
}

// Puts `fresh` in the place of `old`, around the forms that stay. Returns what is new, for htmx to wake up.
function put(old, fresh) {
  if (old.matches("form.verb") && isKept(old)) {
    const token = fresh.querySelector("[name=csrf]");
    // The session may be a new one; of somebody else, it does not send what this person wrote.
    if (token && fresh.dataset.person === old.dataset.person) old.querySelector("[name=csrf]").value = token.value;
    return [];
  }
  const staying = [...old.children].filter(holdsKept);
  for (const child of [...old.childNodes]) if (!staying.includes(child)) child.remove();
  for (const { name, value } of [...fresh.attributes]) if (name !== "open") old.setAttribute(name, value);
  const born = [];
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const twin = child.id && staying.find((each) => each.id === child.id);
    if (twin) {
      born.push(...put(twin, child));
      place = twin.nextSibling;
    } else {
      old.insertBefore(child, place);
      if (child.nodeType === Node.ELEMENT_NODE) born.push(child);
    }
  }
  return born;
}

htmx.defineExtension("keep", {
  isInlineSwap: (style) => style === "keep",
  handleSwap(style, target, fragment) {
    if (style !== "keep") return false;
    const fresh = fragment.querySelector(`#${CSS.escape(target.id)}`);
    if (!fresh) return [];
    const before = { ...target.dataset };
    const closed = new Set([...target.querySelectorAll(".panel:not([open])")].map((panel) => panel.id));
    for (const panel of fresh.querySelectorAll(".panel[open]")) {
      // Whoever closed a panel has closed it, whatever draft it holds.
      if (closed.has(panel.id) && !panel.querySelector("form[data-typed]") && !keep.sent) panel.open = false;
    }
    const born = put(target, fresh);
    keepFiles(keep.sent);
    tellForms(target);
    for (const tell of keep.dropped) tell(before, target);
    return born;
  },
});

// Forms that can't be sent from here any more say why, and where their text can go on.
function tellForms(target) {
  const news = target?.querySelector("#form-news");
  for (const form of target?.querySelectorAll("form[data-draft]") ?? []) {
    const path = form.querySelector("[name=form]").value;
    const place = form.querySelector(".form-news");
    const told = news && !news.dataset.offered.split(" ").includes(path) ? news.content.cloneNode(true) : "";
    const move = told && told.querySelector(".form-move");
    if (move) {
      move.setAttribute("formaction", move.getAttribute("formaction") + path);
      move.setAttribute("hx-post", move.getAttribute("formaction"));
      move.setAttribute("hx-disabled-elt", "this");
    }
    if (place.textContent.trim() === (told ? told.textContent.trim() : "")) continue;
    place.replaceChildren(told);
    htmx.process(place);
  }
}
document.addEventListener("DOMContentLoaded", () => tellForms(document.getElementById("ticket")));

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig?.verb === "post") keep.sent = event.detail.elt.closest("form");
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig?.verb === "post") keep.sent = null;
});

// The files that were chosen stay when the form comes back, but for files that were refused themselves.
function keepFiles(form) {
  const chosen = form?.querySelector("[type=file]");
  if (!chosen?.files.length) return;
  const back = document.querySelector(`#${CSS.escape(form.id)}[data-typed] [type=file]:not([aria-invalid])`);
  if (!back) return;
  back.files = chosen.files;
  back.form.querySelector(".files-again")?.remove();
}

function somethingTyped() {
  return [...document.querySelectorAll("form.verb")].some((form) => form !== keep.sent && isTouched(form));
}

// When the session has ended, the page is left to its writer: signing in elsewhere and sending again works.
function saySignedOut() {
  const notices = document.getElementById("notices");
  if (notices.querySelector("#said-signed-out")) return;
  notices.replaceChildren(document.getElementById("signed-out").content.cloneNode(true));
}

// Back from signing in: the page asks again, and once it is answered, all can be sent.
window.addEventListener("focus", () => document.getElementById("said-signed-out") && readAgain());
keep.dropped.push(() => document.getElementById("said-signed-out")?.remove());

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { status } = event.detail.xhr;
  if (!(status === 401 && (keep.sent || somethingTyped())) && !(status === 403 && keep.sent)) return;
  event.preventDefault();
  saySignedOut();
  if (status === 403) readAgain(); // a new session has a new token: the forms get it
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 413 || !event.detail.elt.closest("form.verb")) return;
  const notices = document.getElementById("notices");
  notices.replaceChildren(document.getElementById("too-large").content.cloneNode(true));
});

window.addEventListener("beforeunload", (event) => {
  const texts = [...document.querySelectorAll("form.verb textarea")].filter((text) => !keep.safe(text.form));
  if (texts.some((text) => text.value !== text.defaultValue && text.value.trim())) event.preventDefault();
});
