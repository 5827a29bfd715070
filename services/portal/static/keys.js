// One key is enough: opens a form, walks a list, goes to a page. Never while somebody types, never together with Ctrl, Alt
// or Cmd, and it can be switched off on each computer (WCAG 2.1.4).
"use strict";

const shell = {}; // what other files use of this one and of palette.js; all other names stay inside

{
  const KEYS = "sportello-keys"; // in localStorage: "off" on computers where they are not wanted
  const PATIENCE = 1_500; // ms between `g` and the letter that says where to

  const keys = { going: 0, row: null };

  function keysAreOn() {
    return localStorage.getItem(KEYS) !== "off";
  }

  function isTyping(target) {
    return Boolean(target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog"));
  }

  // --- Places: `g` and a letter. A page that isn't in the navigation isn't this person's. ---

  const PLACES = { d: "/", t: "/tickets", q: "/queues", n: "/notices", b: "/drafts", m: "/my", p: "/preferences" };

  function linkTo(address) {
    return document.querySelector(`.top a[href="${address}"]`);
  }

  // --- What the page offers: panels with a letter, taking in charge, the rows of a list. ---

  function panelWith(key) {
    return [...document.querySelectorAll("details[data-key]")].find((each) => each.dataset.key === key);
  }

  // Opens a part of the page and puts the caret where one would type.
  function goTo(part) {
    if (part.matches("details")) part.open = true;
    const fields = "input:not([type=hidden], [type=radio]), textarea, select, .take button";
    const first = part.matches(".panel") ? part.querySelector(fields) : null;
    (first ?? part.querySelector("summary") ?? part).focus();
    // A draft is written on where it ends; a browser would begin before its first word.
    if (first?.matches("textarea") && !first.selectionEnd) first.setSelectionRange(first.value.length, first.value.length);
    part.scrollIntoView({ block: "nearest" });
  }

  const HANDLE = ".row-link, .notice-says"; // what opens a row
  const ROW = `main :is([data-row], .dead-message):has(${HANDLE})`;

  function rows() {
    return [...document.querySelectorAll(ROW)];
  }

  function handle(row) {
    return row.querySelector(HANDLE);
  }

  // The row with the focus; else the one that had it, for the button pressed in it may be gone.
  function rowHere() {
    const here = rows().find((row) => row.contains(document.activeElement));
    return here ?? (keys.row && document.getElementById(keys.row)) ?? null;
  }

  function step(by) {
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(rowHere());
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    handle(all[next]).focus();
    return true;
  }

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.(ROW);
    if (row) keys.row = row.id;
  });

  function tick() {
    const box = rowHere()?.querySelector("input[type=checkbox]");
    box?.click();
    return Boolean(box);
  }

  function take() {
    const button = rowHere()?.querySelector(".take button") ?? document.querySelector("#in-charge-card > .take button");
    const panel = document.getElementById("panel-take");
    if (button) button.click();
    else if (panel) goTo(panel);
    return Boolean(button ?? panel);
  }

  const SINGLE = {
    t: take,
    j: () => step(1),
    k: () => step(-1),
    x: tick,
    g: () => Boolean((keys.going = Date.now())),
    "?": () => showShortcuts(),
    "/": () => {
      const find = document.getElementById("find");
      find?.focus();
      find?.select();
      return Boolean(find);
    },
  };

  function pressed(key) {
    if (Date.now() - keys.going < PATIENCE) {
      keys.going = 0;
      const link = Object.hasOwn(PLACES, key) && linkTo(PLACES[key]);
      if (link) link.click();
      return Boolean(link);
    }
    const panel = panelWith(key); // a page's own letters come first
    if (panel) goTo(panel);
    return Boolean(panel) || (Object.hasOwn(SINGLE, key) && SINGLE[key]());
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || !keysAreOn()) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    // The key must not end up in the field that was just focused.
    if (pressed(event.key.toLowerCase())) event.preventDefault();
  });

  // --- The list of all of them. Those of the page are read from it, so what is told is what works. ---

  const shortcuts = document.getElementById("shortcuts");

  function wordsOf(panel) {
    const words = panel.querySelector(".panel-words")?.cloneNode(true) ?? panel.querySelector("summary").cloneNode(true);
    for (const more of words.querySelectorAll("small, .count")) more.remove();
    return words.textContent.trim();
  }

  function showShortcuts() {
    if (!shortcuts) return false;
    const place = document.getElementById("keys-here");
    const found = [...document.querySelectorAll("details[data-key]")].map((each) => [each.dataset.key, wordsOf(each)]);
    if (document.querySelector("#in-charge-card > .take button, #panel-take")) found.unshift(["t", place.dataset.take]);
    place.hidden = !found.length;
    place.querySelector("dl").replaceChildren(...found.map(([key, words]) => keyRow(key, words)));
    document.getElementById("keys-on").checked = keysAreOn();
    shortcuts.showModal();
    return true;
  }

  function keyRow(key, words) {
    const row = document.createElement("div");
    const [term, told, shown] = ["dt", "dd", "kbd"].map((name) => document.createElement(name));
    shown.textContent = key.toUpperCase();
    term.append(shown);
    told.textContent = words;
    row.append(term, told);
    return row;
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") localStorage.setItem(KEYS, event.target.checked ? "on" : "off");
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-shortcuts]")) showShortcuts();
    const close = event.target.closest?.("[data-close]");
    if (close) document.getElementById(close.dataset.close).close();
    if (event.target.matches?.("dialog.sheet")) event.target.close(); // beside the sheet
  });

  // The platform's own name of the key that goes with K.
  if (/mac|iphone|ipad/i.test(navigator.platform)) {
    for (const shown of document.querySelectorAll(".key-main")) shown.textContent = "⌘";
  }

  Object.assign(shell, { goTo, wordsOf, showShortcuts, shortcuts, PLACES });
}
