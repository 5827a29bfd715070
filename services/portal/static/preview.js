// A preview opens over the page; without this script it is a page of its own.
"use strict";

const viewer = { dialog: document.getElementById("preview-dialog"), from: null, asked: 0 };

async function look(address) {
  const asked = ++viewer.asked;
  if (!viewer.dialog.open) {
    const wait = Object.assign(document.createElement("p"), { className: "preview-wait", textContent: viewer.dialog.dataset.wait });
    wait.setAttribute("role", "status");
    viewer.dialog.replaceChildren(wait);
    viewer.dialog.showModal();
  }
  const answer = await fetch(address).catch(() => null);
  if (!answer) return viewer.dialog.close(); // the network is away: the page says so already
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("preview");
  if (!found) location.assign(address); // the page says why
  else if (asked === viewer.asked && viewer.dialog.open) {
    const focused = viewer.dialog.querySelector(":focus")?.id;
    viewer.dialog.replaceChildren(document.importNode(found, true));
    const again = focused && document.getElementById(focused);
    (again || viewer.dialog.querySelector(".preview-close")).focus();
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-preview]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!viewer.dialog.open) viewer.from = link.id;
  look(link.href);
});

viewer.dialog.addEventListener("click", (event) => {
  // Its ground, or its cross: away.
  if (event.target !== viewer.dialog && !event.target.closest(".preview-close")) return;
  event.preventDefault();
  viewer.dialog.close();
});
viewer.dialog.addEventListener("close", () => {
  viewer.asked += 1;
  viewer.dialog.replaceChildren();
  document.getElementById(viewer.from)?.focus({ preventScroll: true });
});
viewer.dialog.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: "#preview-before", ArrowRight: "#preview-after" }[event.key];
  const link = way && viewer.dialog.querySelector(`a${way}`);
  if (!link) return;
  event.preventDefault();
  look(link.href);
});
