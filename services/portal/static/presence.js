// Who else is on this ticket: this tab says again and again that it is there, and is answered with who else is.
"use strict";

const BEAT = 8_000; // ms between two words of a tab that can be seen
const STILL = 60_000; // ms after the last letter in which somebody counts as writing
const TO_USER = ["answers", "information-requests", "close", "reopen"]; // forms whose words go to the user
const LOST = 3; // words without an answer after which nothing is known of the others

const presence = {
  list: document.getElementById("presence"),
  tab: [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  typedIn: null, // the text that was written in last
  typedAt: 0,
  said: "",
  timer: 0,
  lost: 0,
};

function doing() {
  const text = presence.typedIn;
  const writes = text?.isConnected && text.value.trim() && Date.now() - presence.typedAt < STILL;
  if (!writes) return "reads";
  return TO_USER.includes(text.form.elements.form?.value) ? "answers" : "notes";
}

function word(what) {
  const csrf = document.querySelector("[name=csrf]").value; // the session may be a new one
  return new URLSearchParams({ csrf, tab: presence.tab, doing: what });
}

function show(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const before = new Set(writing());
  presence.list.replaceChildren(...fresh.content.children);
  // Read out is only who begins to write: whoever looks in and leaves again interrupts nobody.
  const begun = [...presence.list.querySelectorAll(".is-writing")].filter((each) => !before.has(each.dataset.person));
  if (begun.length) {
    const says = begun.map((each) => each.lastElementChild.textContent.trim());
    document.getElementById("live-says").textContent = says.join(", ");
  }
  showBesides();
}

function writing() {
  return [...presence.list.querySelectorAll(".is-writing")].map((each) => each.dataset.person);
}

// Beside the forms that write to the user too: two answers at once are what nobody wants.
function showBesides() {
  const answering = [...presence.list.querySelectorAll('[data-doing="answers"]')];
  for (const name of TO_USER) {
    const form = document.getElementById(`form-${name}`);
    if (!form) continue;
    let beside = form.querySelector(".presence-beside");
    if (!answering.length) beside?.remove();
    else {
      if (!beside) {
        beside = document.createElement("ul");
        beside.className = "presence-beside";
        form.prepend(beside);
      }
      beside.replaceChildren(...answering.map((each) => each.cloneNode(true)));
    }
  }
}

async function beat() {
  clearTimeout(presence.timer);
  if (document.hidden) return;
  presence.timer = setTimeout(beat, BEAT);
  presence.said = doing();
  try {
    const answer = await fetch(presence.list.dataset.address, { method: "POST", body: word(presence.said), redirect: "manual" });
    if (answer.ok) {
      presence.lost = 0;
      show(await answer.text());
      return;
    }
  } catch {
    // The network is away: the page says so already.
  }
  presence.lost += 1;
  if (presence.lost >= LOST) show("");
}

function leave() {
  clearTimeout(presence.timer);
  navigator.sendBeacon(presence.list.dataset.address, word("gone"));
}

document.addEventListener("input", (event) => {
  const text = event.target;
  if (!text.matches("form.verb textarea")) return;
  presence.typedIn = text;
  presence.typedAt = Date.now();
  if (doing() !== presence.said) beat();
});
document.addEventListener("htmx:afterSwap", () => {
  showBesides();
  if (doing() !== presence.said) beat();
});
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : beat()));
window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", (event) => event.persisted && beat());
beat();
