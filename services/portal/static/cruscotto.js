// The tree of queues: a branch that somebody closed stays closed in this browser, also when the tree is read again.
"use strict";

(() => {
  const PLACE = "sportello-closed-branches";

  function closed() {
    try {
      return new Set(JSON.parse(localStorage.getItem(PLACE)) ?? []);
    } catch {
      return new Set(); // no storage, or something else in it: every branch is open
    }
  }

  function settle() {
    const shut = closed();
    for (const branch of document.querySelectorAll("details[data-branch]")) branch.open = !shut.has(branch.id);
  }

  // `toggle` doesn't bubble.
  document.addEventListener(
    "click",
    (event) => {
      const branch = event.target.closest?.("details[data-branch] > summary")?.parentElement;
      if (!branch) return;
      const shut = closed();
      if (branch.open) shut.add(branch.id);
      else shut.delete(branch.id);
      try {
        localStorage.setItem(PLACE, JSON.stringify([...shut]));
      } catch {
        // It holds as long as the page does.
      }
    },
    true,
  );
  document.addEventListener("htmx:afterSwap", settle);
  settle();
})();
