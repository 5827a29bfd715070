// Reading a ticket: its history is narrowed at once.
"use strict";

// Every row is here; those that were not asked for are hidden.

const narrowed = {};

function chosenWays() {
  for (const way of document.querySelectorAll(".way[aria-current]")) narrowed[way.dataset.narrow] = way.dataset.value;
}

function narrow() {
  for (const way of document.querySelectorAll(".way")) {
    if (way.dataset.value === (narrowed[way.dataset.narrow] ?? "")) way.setAttribute("aria-current", "true");
    else way.removeAttribute("aria-current");
  }
  let any = false;
  for (const day of document.querySelectorAll("#history .day")) {
    let shown = false;
    for (const fact of day.querySelectorAll(".fact")) {
      fact.hidden = Object.entries(narrowed).some(([name, value]) => value && fact.dataset[name] !== value);
      shown ||= !fact.hidden;
    }
    day.hidden = !shown;
    any ||= shown;
  }
  const none = document.querySelector("#history .no-facts");
  if (none) none.hidden = any;
}

document.addEventListener("click", (event) => {
  const way = event.target.closest?.(".way");
  if (!way || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  narrowed[way.dataset.narrow] = way.dataset.value;
  narrow();
});
document.addEventListener("htmx:afterSwap", narrow);
chosenWays();
narrow();
