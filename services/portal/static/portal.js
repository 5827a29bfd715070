// What the pages do beyond plain HTML: read again what changed, and small comforts. Everything works without it.
"use strict";

document.documentElement.classList.add("js");

// --- Live: one stream while the tab is visible; a word about a change makes the parts that show it read again. ---

const QUICK = 60; // ms: several facts of one wish become one reading
const REST = 1000; // ms between two readings of a page
const TICK = 60_000; // ms: ages grow also when nothing happens
const WORRY = 5_000; // ms without a connection before the page says so

const live = {
  address: document.body.dataset.events,
  stream: null,
  again: 0,
  delay: 2_000,
  due: new Set(),
  timer: 0,
  last: 0,
  worry: 0,
  wishes: 0, // under way: their answer brings the page up to date, nothing may change under them
};

// `numbers`: the ticket that changed, and the one that shows it as its question; without any, all is read.
function readAgain(...numbers) {
  for (const part of document.querySelectorAll("[data-live]")) {
    if (!numbers[0] || !part.dataset.number || numbers.includes(part.dataset.number)) live.due.add(part.id);
  }
  if (!live.due.size || live.timer || live.wishes) return;
  // A little chance, so that thirty open pages don't all ask in the same instant.
  const wait = Math.max(QUICK, live.last + REST - Date.now()) + Math.random() * 60;
  live.timer = setTimeout(() => {
    live.timer = 0;
    live.last = Date.now();
    const parts = [...live.due];
    live.due.clear();
    for (const id of parts) {
      const part = document.getElementById(id);
      if (part) htmx.trigger(part, "live");
    }
  }, wait);
}

// One notice more: the bell counts again, and so does the inbox when it is open.
function noticed() {
  const bell = document.getElementById("bell");
  if (bell) htmx.trigger(bell, "noticed");
  if (document.querySelector('[data-live][data-number="notices"]')) readAgain("notices");
}

function showConnected(connected) {
  clearTimeout(live.worry);
  const show = () => {
    const state = document.getElementById("live-state");
    if (!state) return;
    state.classList.toggle("is-on", connected);
    state.classList.toggle("is-off", !connected);
    state.querySelector(".live-words").textContent = connected ? state.dataset.on : state.dataset.off;
  };
  if (connected) show();
  else live.worry = setTimeout(show, WORRY);
}

function listen() {
  clearTimeout(live.again);
  if (!live.address || live.stream || document.hidden) return;
  live.stream = new EventSource(live.address);
  // Whatever happened between the page and its stream, or while there was none, is read now.
  live.stream.addEventListener("hello", () => {
    live.delay = 2_000;
    showConnected(true);
    readAgain();
    noticed();
  });
  live.stream.addEventListener("changed", (event) => {
    const { number, parent } = JSON.parse(event.data);
    readAgain(number, parent);
  });
  live.stream.addEventListener("handed", (event) => {
    const { number, says } = JSON.parse(event.data);
    sayNews(says, `/tickets/${number}`);
  });
  live.stream.addEventListener("noticed", noticed);
  live.stream.addEventListener("error", () => {
    showConnected(false);
    if (live.stream?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    silence();
    readAgain(); // when the session has ended, this leads to the sign-in
    live.again = setTimeout(listen, live.delay);
    live.delay = Math.min(live.delay * 2, 30_000);
  });
}

function silence() {
  clearTimeout(live.again);
  live.stream?.close();
  live.stream = null;
}

if (live.address) {
  document.addEventListener("visibilitychange", () => (document.hidden ? silence() : listen()));
  // A stream can stay half open for minutes when the network goes: it is let go, and all is read on return.
  window.addEventListener("offline", () => (silence(), showConnected(false)));
  window.addEventListener("online", listen);
  window.addEventListener("pagehide", silence);
  window.addEventListener("pageshow", listen);
  setInterval(() => document.hidden || readAgain(), TICK);
}

// --- A part that was read again keeps what the person had opened, and shows what is new. ---

const kept = { open: [], rows: null, focus: null };

function placeOf(element) {
  return [element.tagName, element.closest("[id]")?.id, element.getAttribute("href")].join(" ");
}

function rowsShown() {
  return new Set([...document.querySelectorAll("[data-row]")].map((row) => row.dataset.row));
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isWish(event) && live.wishes) event.detail.shouldSwap = false; // read again once the wish has its answer
  if (!event.detail.shouldSwap) return;
  // What was just sent is closed, unless it comes back open with a reason.
  const sent = isWish(event) ? event.detail.requestConfig.elt : null;
  const open = [...document.querySelectorAll("details[open][id]")].filter((each) => !sent || !each.contains(sent));
  kept.open = open.map((each) => each.id);
  kept.rows = rowsShown();
  const focused = document.activeElement;
  // A reading that came without what had the focus (a widget was late) took it away: the next one brings both back.
  if (focused && focused !== document.body) kept.focus = focused.closest("[data-live]") ? placeOf(focused) : null;
});

// Unless the person went elsewhere meanwhile.
for (const moved of ["pointerdown", "keydown"]) document.addEventListener(moved, () => (kept.focus = null));

document.addEventListener("htmx:afterSwap", () => {
  for (const id of kept.open) document.getElementById(id)?.setAttribute("open", "");
  if (kept.focus && document.activeElement === document.body) {
    const candidates = document.querySelectorAll("[data-live] :is(a, button, summary)");
    [...candidates].find((each) => placeOf(each) === kept.focus)?.focus({ preventScroll: true });
  }
  if (!kept.rows) return;
  const ids = new Set([...kept.rows].map((row) => row.split(":")[0]));
  for (const row of document.querySelectorAll("[data-row]")) {
    if (kept.rows.has(row.dataset.row)) continue;
    row.classList.add("is-fresh");
    if (row.dataset.says && !ids.has(row.dataset.row.split(":")[0])) {
      document.getElementById("live-says").textContent = row.dataset.says;
    }
  }
  kept.rows = null;
});

// --- Wishes: what was done is said at the top of the page, and so is what was not. ---

function isWish(event) {
  return event.detail.requestConfig?.verb === "post";
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isWish(event)) return;
  live.wishes += 1;
  clearTimeout(live.timer);
  live.timer = 0;
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!isWish(event)) return;
  live.wishes -= 1;
  readAgain();
});

document.addEventListener("htmx:afterSettle", (event) => {
  // Whoever is typing the next thing already is not called away; the notice is read out all the same.
  if (document.activeElement?.matches("input, textarea, select")) return;
  const notices = document.getElementById("notices");
  if (isWish(event) && notices.childElementCount) notices.focus({ preventScroll: notices.dataset.stays !== undefined });
});

// A notice that stays in sight can be put away.
document.addEventListener("click", (event) => event.target.closest?.(".notice-off")?.closest(".notice").remove());

function sayNotDone() {
  const notices = document.getElementById("notices");
  notices.replaceChildren(document.getElementById("not-done").content.cloneNode(true));
  notices.focus();
}
document.addEventListener("htmx:responseError", (event) => isWish(event) && sayNotDone());
document.addEventListener("htmx:sendError", (event) => isWish(event) && sayNotDone());

// --- News: what somebody else did, said in a corner until it is read; never more than three at once. ---

const MOST_NEWS = 3;

function sayNews(words, address) {
  const news = document.getElementById("news");
  if ([...news.children].some((each) => each.querySelector("p").textContent === words)) return;
  const item = document.getElementById("news-item").content.cloneNode(true).firstElementChild;
  const place = item.querySelector("p");
  if (address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = words;
    place.append(link);
  } else place.textContent = words;
  item.querySelector("button").addEventListener("click", () => item.remove());
  news.append(item);
  while (news.childElementCount > MOST_NEWS) news.firstElementChild.remove();
}

// --- Small comforts. ---

// A page that is one form begins in its first field: whoever asked for it by a key types on.
document.querySelector("form[data-begin] :is(input:not([type=hidden]), select, textarea)")?.focus();

// Bootstrap Italia's thick focus ring is for the keyboard; this is how it is told that the mouse was used.
document.addEventListener("mousedown", (event) => {
  const target = event.target.closest?.("a, button, summary, input, select");
  if (!target) return;
  target.dataset.focusMouse = "true";
  target.addEventListener("blur", () => delete target.dataset.focusMouse, { once: true });
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.querySelector("span");
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    document.getElementById("live-says").textContent = button.dataset.copied;
    setTimeout(() => (words.textContent = before), 1_500);
    return;
  }
  const menu = document.querySelector("details.who[open]");
  if (menu && !menu.contains(event.target)) menu.removeAttribute("open");
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.who[open]");
  if (event.key !== "Escape" || !menu || document.querySelector("dialog[open]")) return;
  menu.removeAttribute("open");
  menu.querySelector("summary").focus();
});

// Whoever tabs on out of the menu has left it.
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.who[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.removeAttribute("open");
});

// Light and dark change at once, under whatever is being written; it is remembered as without a script.
document.addEventListener("submit", async (event) => {
  if (event.target.getAttribute("action") !== "/theme" || !event.submitter) return;
  event.preventDefault();
  const { form, value: theme } = event.submitter;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form, event.submitter)),
    redirect: "manual", // the page it leads back to is the one that is open
  }).catch(() => null);
  if (answer?.type !== "opaqueredirect") return sayNotDone();
  document.documentElement.dataset.theme = theme;
  document.querySelector("meta[name=color-scheme]").content = theme === "auto" ? "light dark" : theme;
  for (const button of form.querySelectorAll("[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
});
