// Arranging by drag and drop, and the focus where it was. The buttons do it all without this.
"use strict";

(() => {
  let dragged = null;
  let pressed = null;

  function prepare() {
    for (const card of document.querySelectorAll("[data-widget]")) card.draggable = true;
  }

  function unmark() {
    for (const each of document.querySelectorAll(".is-before, .is-under")) each.classList.remove("is-before", "is-under");
  }

  // The card before which the dragged one would stand; null: at the end of the column.
  function cardBelow(column, y) {
    const cards = [...column.querySelectorAll("[data-widget]")].filter((card) => card !== dragged);
    return cards.find((card) => {
      const box = card.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
  }

  function columnAt(target) {
    return target.closest?.(".arrange-columns section")?.querySelector("[data-column]");
  }

  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-widget]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.widget);
    dragged.classList.add("is-dragged");
  });

  document.addEventListener("dragover", (event) => {
    const column = dragged && columnAt(event.target);
    if (!column) return;
    event.preventDefault();
    unmark();
    const below = cardBelow(column, event.clientY);
    if (below) below.classList.add("is-before");
    else column.classList.add("is-under");
  });

  document.addEventListener("drop", (event) => {
    const column = dragged && columnAt(event.target);
    if (!column) return;
    event.preventDefault();
    const form = document.querySelector("#arrange-drag");
    form.elements.widget.value = dragged.dataset.widget;
    form.elements.column.value = column.dataset.column;
    form.elements.before.value = cardBelow(column, event.clientY)?.dataset.widget ?? "";
    form.requestSubmit();
  });

  document.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
    unmark();
  });

  // A button that would change nothing keeps the focus and does nothing.
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.("#arranging button");
      if (!button) return;
      if (button.getAttribute("aria-disabled")) event.preventDefault();
      else pressed = button.id;
    },
    true,
  );

  // What was pressed may be gone: the way back takes its place.
  document.addEventListener("htmx:afterSettle", () => {
    prepare();
    if (!pressed || (document.activeElement && document.activeElement !== document.body)) return;
    const [did, widget] = pressed.split("-");
    const places = [pressed, { hide: `show-${widget}`, show: `hide-${widget}` }[did] ?? ""];
    const place = places.map((id) => document.getElementById(id)).find((each) => each?.checkVisibility());
    (place ?? document.querySelector(`#filter-${widget} > summary`))?.focus({ preventScroll: !place });
  });

  // Who comes from a widget wants its filter.
  const wanted = document.getElementById(location.hash.slice(1))?.querySelector(".arrange-filter");
  if (wanted && !document.querySelector("#arranged:not(:empty)")) {
    wanted.open = true;
    wanted.querySelector("summary").focus();
  }

  prepare();
})();
