// Comforts of a ticket's page: what colleagues did is said, held mails count down. Its keys: keys.js.
"use strict";

// --- What somebody else did since this page was read. ---

keep.dropped.push((before, now) => {
  const seen = Number(before.seq);
  for (const fact of now.querySelectorAll(".fact[data-news]")) {
    if (Number(fact.dataset.seq) > seen) sayNews(fact.dataset.news);
  }
});

// --- What was done is said at the top of what is in sight; an undone mail is ready to be written on. ---

const READ = 10_000; // ms: what went well is in the history, and need not cover the page for longer

document.getElementById("notices").dataset.stays = "";
function putAwayLater() {
  const notice = document.querySelector("#notices .notice-good");
  if (notice) setTimeout(() => notice.remove(), READ);
}
putAwayLater();

// What was just sent can be undone: the button for it comes into sight, below the notice that says it was done.
function showHeld() {
  if (document.activeElement?.matches("input, textarea, select")) return;
  document.querySelector(".article.is-fresh .fate-held")?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.verb === "post") {
    putAwayLater();
    showHeld();
  }
  if (!event.detail.requestConfig?.path.endsWith("/mails/undo")) return;
  const text = document.querySelector("form[data-typed] textarea");
  text?.focus();
  text?.scrollIntoView({ block: "center" });
});

// --- A mail that is held says how long. Seconds come from the server, so a wrong clock here doesn't matter. ---

const due = new Map();

function count() {
  for (const shown of due.keys()) if (!shown.isConnected) due.delete(shown);
  for (const shown of document.querySelectorAll("[data-left]")) {
    if (!due.has(shown)) due.set(shown, performance.now() + Number(shown.dataset.left) * 1000);
    const left = Math.ceil((due.get(shown) - performance.now()) / 1000);
    shown.textContent = left > 0 ? shown.dataset.words.replace("#", left) : shown.dataset.now;
    if (left < -3 && left % 5 === 0) readAgain(); // the word that it left went astray
  }
}
setInterval(count, 500);
document.addEventListener("htmx:afterSwap", count);
count();

// What a button wrote is kept, measured and told to colleagues as what a hand wrote: only a hand says so by itself.
function typed(text) {
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

// --- The request quoted into a forward, or the second level's answer into ours, below what is typed already. ---

// A text that is shown cut is read whole, from its own page; when that can't be had, the link leads where it leads.
async function quoted(link) {
  if (link.dataset.whole) {
    const answer = await fetch(link.dataset.whole);
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main .typed").textContent;
  }
  const source = document.getElementById(link.dataset.from ?? "quoted");
  return (source.content ?? source).textContent;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-quote]");
  const text = link && document.getElementById(link.dataset.quote);
  if (!text) return;
  event.preventDefault();
  let words;
  try {
    words = await quoted(link);
  } catch {
    location.assign(link.href);
    return;
  }
  text.closest("details").open = true;
  text.value = [text.value.trimEnd(), words].filter(Boolean).join("\n\n");
  typed(text);
  text.focus();
  text.scrollIntoView({ block: "center" });
});

// --- A colleague's name into the note, where the caret is. ---

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (!button) return;
  const text = document.getElementById(button.dataset.into);
  const before = text.value.slice(0, text.selectionStart);
  const gap = before && !/\s$/.test(before) ? " " : "";
  text.setRangeText(`${gap}${button.dataset.insert} `, text.selectionStart, text.selectionEnd, "end");
  typed(text);
  text.focus();
});

// --- Files that are too large or too many are told before they travel; the server says the same, and more. ---

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches("[data-max-bytes]")) return;
  const large = [...field.files].find((file) => file.size > Number(field.dataset.maxBytes));
  const limits = document.getElementById(`hint-${field.id}`).textContent;
  const tooMany = field.files.length > Number(field.dataset.maxCount);
  field.setCustomValidity(large ? `${large.name}: ${limits}` : tooMany ? limits : "");
  field.reportValidity();
});
