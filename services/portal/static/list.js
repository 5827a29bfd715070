// The list of tickets: ticks that survive a new reading, ranges with shift, arrows between them. Works without it too.
"use strict";

(() => {
  const bulk = document.getElementById("bulk");
  const boxes = () => [...document.querySelectorAll("input[name=ticket][form=bulk]")];
  const all = () => document.getElementById("tick-all");
  const kept = { ticked: null, focus: null };
  let anchor = null; // the box that a range begins at

  function count() {
    const ticked = boxes().filter((box) => box.checked).length;
    const total = boxes().length;
    const head = all();
    if (head) {
      head.checked = total > 0 && ticked === total;
      head.indeterminate = ticked > 0 && ticked < total;
    }
    const words = document.getElementById("bulk-count");
    const { none, one, many } = words.dataset;
    const says = ticked === 0 ? none : ticked === 1 ? one : many.replace("#", ticked);
    if (words.textContent !== says) words.textContent = says;
    bulk.classList.toggle("is-on", ticked > 0);
  }

  // From the anchor to this box, all as this box is.
  function range(box) {
    const those = boxes();
    const [from, to] = [those.indexOf(anchor), those.indexOf(box)];
    if (from < 0) return;
    for (const each of those.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
  }

  function step(box, down, extend) {
    const those = boxes();
    const next = those[those.indexOf(box) + (down ? 1 : -1)];
    if (!next) return;
    if (extend) {
      box.checked = next.checked = true;
      count();
    }
    anchor = next;
    next.focus();
  }

  if (bulk) {
    let shift = false;
    document.addEventListener("click", (event) => (shift = event.shiftKey), true);
    document.addEventListener("change", (event) => {
      const box = event.target;
      if (box.id === "tick-all") for (const each of boxes()) each.checked = box.checked;
      else if (!box.matches?.("input[name=ticket][form=bulk]")) return;
      else {
        if (shift) range(box);
        anchor = box;
      }
      count();
    });
    // Shift and a click select text in between: not here.
    document.addEventListener("mousedown", (event) => event.shiftKey && event.target.closest?.(".tick") && event.preventDefault());
    document.addEventListener("keydown", (event) => {
      const box = event.target;
      if (!box.matches?.("input[name=ticket][form=bulk]")) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        step(box, event.key === "ArrowDown", event.shiftKey);
      } else if (event.key === "Escape") {
        for (const each of boxes()) each.checked = false;
        count();
      }
    });
    document.addEventListener("htmx:beforeSwap", (event) => {
      if (event.target.id !== "live") return;
      kept.ticked = new Set(boxes().filter((box) => box.checked).map((box) => box.id));
      const focused = document.activeElement;
      kept.focus = focused?.matches("#live input") ? focused.id : null;
    });
    document.addEventListener("htmx:afterSwap", () => {
      if (!kept.ticked) return; // another part of the page
      for (const box of boxes()) if (kept.ticked.has(box.id)) box.checked = true;
      kept.ticked = null;
      if (kept.focus && document.activeElement === document.body) document.getElementById(kept.focus)?.focus({ preventScroll: true });
      anchor = anchor && document.getElementById(anchor.id);
      count();
    });
    count();
    window.addEventListener("pageshow", count);
  }

  // A menu that opens over the page closes like one.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".list-menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.(".list-menu[open]");
    if (!menu) return;
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  });

  // A bulk action that has ended while somebody looked on is said.
  document.addEventListener("htmx:afterSwap", () => {
    const job = document.getElementById("job");
    if (job?.dataset.over) document.getElementById("live-says").textContent = job.dataset.over;
  });
})();
