// Keeps the list fresh without a reload: asks for the page again and swaps the list when it changed.
"use strict";
const list = document.getElementById("list");

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("list");
    if (fresh && fresh.innerHTML !== list.innerHTML) {
      const focused = document.activeElement?.getAttribute("href");
      list.replaceChildren(...fresh.childNodes);
      if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }
  } catch {
    // The catcher is being restarted; the next round will tell.
  }
}

setInterval(refresh, 2000);
