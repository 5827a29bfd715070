// An answer template comes in where the caret is; what it could not fill in is selected, to be typed over.
"use strict";

{
  const MARK = /\[[^[\]\n]{1,120}\?\]/g;
  const visited = new WeakSet(); // fields that had the caret: in all others a text goes to the end

  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("textarea")) visited.add(event.target);
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-template]");
    if (!button) return;
    event.preventDefault();
    const panel = button.closest(".templates");
    const response = await fetch(`${button.dataset.template}?template=${encodeURIComponent(button.value)}`);
    if (response.redirected || response.status === 401) return saySignedOut();
    if (!response.ok) return sayNews(document.getElementById("not-done").content.textContent.trim());
    const field = document.getElementById(panel.dataset.into);
    insert(field, await response.text());
    panel.open = false;
  });

  function insert(field, text) {
    if (!visited.has(field)) field.setSelectionRange(field.value.length, field.value.length);
    const before = field.value.slice(0, field.selectionStart);
    const gap = before.trim() && !before.endsWith("\n") && !field.value.slice(field.selectionEnd).trim() ? "\n\n" : "";
    const start = before.length + gap.length;
    field.setRangeText(gap + text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const marks = [...new Set(text.match(MARK) ?? [])];
    field.focus();
    if (marks[0]) field.setSelectionRange(start + text.indexOf(marks[0]), start + text.indexOf(marks[0]) + marks[0].length);
    const words = document.getElementById("draft-words").dataset;
    document.getElementById("live-says").textContent = marks[0] ? words.filled.replace("#", marks.join(" ")) : words.put;
  }

  // --- Finding one by its name or words; arrows lead through the list. ---

  function shownIn(panel) {
    return [...panel.querySelectorAll(".template")].filter((each) => !each.parentElement.hidden);
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches(".templates-find")) return;
    const panel = event.target.closest(".templates");
    const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const wanted = plain(event.target.value).split(/\s+/).filter(Boolean);
    for (const item of panel.querySelectorAll(".templates-list > li")) {
      item.hidden = !wanted.every((word) => plain(item.textContent).includes(word));
    }
    panel.querySelector(".templates-none").hidden = shownIn(panel).length > 0;
  });

  document.addEventListener("keydown", (event) => {
    const panel = event.target.closest?.(".templates[open]");
    if (!panel) return;
    const buttons = shownIn(panel);
    const at = buttons.indexOf(event.target);
    if (event.key === "ArrowDown") buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? buttons[at - 1] : panel.querySelector(".templates-find")).focus();
    else if (event.key === "Enter" && event.target.matches(".templates-find")) buttons[0]?.click();
    else if (event.key === "Escape") {
      panel.open = false;
      panel.querySelector("summary").focus();
    } else return;
    event.preventDefault();
  });

  // The field is there only while it is of use: a key that opens a form leads to the form's own first field.
  document.addEventListener("toggle", (event) => {
    const panel = event.target;
    if (!panel.matches?.(".templates")) return;
    panel.querySelector(".templates-find")?.remove();
    for (const item of panel.querySelectorAll(".templates-list > li")) item.hidden = false;
    if (!panel.open) return;
    const find = document.createElement("input");
    Object.assign(find, { className: "templates-find", type: "search", autocomplete: "off", placeholder: panel.dataset.find });
    find.setAttribute("aria-label", panel.dataset.find);
    panel.querySelector(".templates-body").prepend(find);
    find.focus();
  }, true);

  // --- What is not filled in is named below the text while it is so. ---

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches("textarea[data-most]") || field.value.length > 60_000) return;
    const marks = [...new Set(field.value.match(MARK) ?? [])];
    let told = field.parentElement.querySelector(".marks");
    if (!marks.length) return told?.remove();
    if (!told) {
      told = document.createElement("p");
      told.className = "marks";
      field.after(told);
    }
    told.replaceChildren(...marks.flatMap((mark) => {
      const shown = document.createElement("mark");
      shown.textContent = mark;
      return [shown, " "];
    }));
  });
}
