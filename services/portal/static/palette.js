// The command palette (Ctrl+K, Cmd+K): all that the page offers, wherever it stands in it, and tickets by number or words.
// What it knows it reads from the page when it opens. A page adds to it with `data-command="Words"` on a link, a button
// or a part to go to.
"use strict";

{
  const { goTo, wordsOf, showShortcuts, shortcuts, PLACES } = shell;
  const palette = document.getElementById("palette");
  const MOST = 40; // shown at once: more is found by typing
  const PAUSE = 150; // ms without a key before the server is asked

  const commands = { all: [], queues: [], tickets: [], ticketsFor: "", shown: [], active: 0, timer: 0, asked: null, from: "" };

  // --- What the page offers. ---

  function own(element) {
    const words = element.cloneNode(true);
    for (const more of words.querySelectorAll("small, .count, .visually-hidden, .queue-counts, svg")) more.remove();
    return words.textContent.replace(/\s+/g, " ").trim();
  }

  function press(element) {
    return () => (element.isConnected ? element : document.getElementById(element.id))?.click();
  }

  function command(group, words, act, more = {}) {
    return { group, words, act, about: more.about ?? "", key: more.key ?? "", late: more.late ?? false };
  }

  function* ofThePage() {
    const { here, go, look, out } = palette.dataset;
    const button = document.querySelector("#in-charge-card > .take button");
    if (button) yield command(here, own(button), press(button), { key: "T" });
    const panels = [...document.querySelectorAll("main details.panel[id], main details[data-key][id]")];
    for (const panel of panels.sort((one, other) => Boolean(other.dataset.key) - Boolean(one.dataset.key))) {
      const about = panel.querySelector(":scope > summary small")?.textContent ?? "";
      const open = () => goTo(document.getElementById(panel.id) ?? panel);
      yield command(here, wordsOf(panel), open, { about, key: (panel.dataset.key ?? "").toUpperCase() });
    }
    for (const offered of document.querySelectorAll("[data-command]")) {
      const act = offered.matches("a[href], button, summary") ? press(offered) : () => goTo(offered);
      yield command(here, offered.dataset.command, act, { key: (offered.dataset.key ?? "").toUpperCase() });
    }
    // What stands at the head of the page, and the filters that were saved for it.
    for (const link of document.querySelectorAll("main :is(.head, .head-do, .saved, .saved-bar) a[href]")) {
      yield command(here, own(link) || link.getAttribute("aria-label"), press(link));
    }
    for (const part of document.querySelectorAll("main section[aria-labelledby]")) {
      const title = document.getElementById(part.getAttribute("aria-labelledby"));
      if (title) yield command(here, own(title), () => goToPart(title), { late: true });
    }
    const links = [".top-nav a", ".bell", ".who-links a"].flatMap((each) => [...document.querySelectorAll(each)]);
    for (const link of links) yield command(go, link.dataset.words ?? own(link), press(link), { key: goKey(link) });
    if (shortcuts) yield command(look, palette.dataset.keys, showShortcuts, { key: "?" });
    for (const choice of document.querySelectorAll(".choose-one button[aria-pressed=false]")) {
      yield command(look, `${choice.closest("form").querySelector(".choose-words").textContent}: ${own(choice)}`, press(choice));
    }
    for (const leave of document.querySelectorAll(".who-out button")) yield command(out, own(leave), press(leave));
    yield* filters();
  }

  function goKey(link) {
    const place = Object.entries(PLACES).find(([, address]) => address === link.getAttribute("href"));
    return place ? `G ${place[0].toUpperCase()}` : "";
  }

  function* filters() {
    for (const select of document.querySelectorAll("form.filters select")) {
      const label = select.labels[0]?.textContent.trim();
      for (const option of select.options) {
        if (option.selected) continue;
        const act = () => {
          select.value = option.value;
          select.form.requestSubmit();
        };
        yield command(palette.dataset.filter, `${label}: ${option.textContent.trim()}`, act, { late: true });
      }
    }
  }

  // A heading takes the focus only now: the next Tab goes on from there.
  function goToPart(title) {
    title.tabIndex = -1;
    title.focus();
    title.scrollIntoView({ block: "start", behavior: "auto" });
  }

  // --- What fits: every word typed begins a word of it, however it is written. ---

  function folded(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function fits(one, wanted) {
    const words = folded(`${one.words} ${one.about}`).split(/[^\p{L}\p{N}]+/u);
    return wanted.every((part) => words.some((word) => word.startsWith(part)));
  }

  function choose(text) {
    const wanted = folded(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const digits = text.replace(/[\s.#-]/g, "");
    const found = [];
    if (palette.dataset.address && /^\d{1,20}$/.test(digits)) {
      const words = palette.dataset.open.replace("#", digits);
      found.push(command(palette.dataset.tickets, words, () => (location.href = `/find?number=${digits}`)));
    }
    const known = wanted.length ? commands.all.filter((one) => fits(one, wanted)) : commands.all.filter((one) => !one.late);
    const queues = wanted.length ? commands.queues.filter((one) => fits(one, wanted)) : commands.queues.slice(0, 5);
    const first = wanted.length ? known.filter((one) => folded(one.words).startsWith(wanted[0])) : known;
    const rest = known.filter((one) => !first.includes(one));
    // The server knows more of a ticket than is shown: what it found stands until other words are typed.
    const tickets = text.trim() === commands.ticketsFor ? commands.tickets : commands.tickets.filter((one) => fits(one, wanted));
    return [...found, ...first, ...rest, ...queues, ...(wanted.length ? tickets : [])].slice(0, MOST);
  }

  // --- What is shown. ---

  function show() {
    const text = document.getElementById("palette-text").value;
    commands.shown = grouped(choose(text));
    commands.active = 0;
    const list = document.getElementById("palette-list");
    list.replaceChildren(...groupsOf(commands.shown));
    list.scrollTop = 0;
    const none = document.getElementById("palette-none");
    none.hidden = commands.shown.length > 0;
    none.textContent = palette.dataset.none;
    document.getElementById("palette-says").textContent = commands.shown.length
      ? palette.dataset.found.replace("#", commands.shown.length)
      : palette.dataset.none;
    mark();
  }

  // Each group once, in the order of its first row.
  function grouped(found) {
    const groups = [...new Set(found.map((one) => one.group))];
    return groups.flatMap((group) => found.filter((one) => one.group === group));
  }

  function make(name, classes, text = "") {
    const element = document.createElement(name);
    element.className = classes;
    element.textContent = text;
    return element;
  }

  function groupsOf(found) {
    const places = new Map();
    found.forEach((one, at) => {
      if (!places.has(one.group)) {
        const group = make("div", "palette-group");
        const title = make("p", "half-title", one.group);
        title.id = `palette-group-${places.size}`;
        group.setAttribute("role", "group");
        group.setAttribute("aria-labelledby", title.id);
        group.append(title);
        places.set(one.group, group);
      }
      places.get(one.group).append(optionOf(one, at));
    });
    return [...places.values()];
  }

  function optionOf(one, at) {
    const option = make("div", "palette-option");
    option.id = `palette-option-${at}`;
    option.setAttribute("role", "option");
    option.dataset.at = at;
    option.append(make("span", "palette-words", one.words));
    if (one.about) option.append(" ", make("small", "palette-about", one.about));
    if (one.key) {
      const shown = make("span", "palette-key");
      shown.setAttribute("aria-hidden", "true");
      shown.append(...one.key.split(" ").map((key) => make("kbd", "", key)));
      option.append(shown);
    }
    return option;
  }

  function mark() {
    const field = document.getElementById("palette-text");
    for (const option of palette.querySelectorAll("[role=option]")) {
      const isActive = Number(option.dataset.at) === commands.active;
      option.setAttribute("aria-selected", String(isActive));
      if (isActive) {
        field.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    }
    if (!commands.shown.length) field.removeAttribute("aria-activedescendant");
  }

  // --- What the server knows: queues at the opening, tickets while somebody types. ---

  async function ask(text) {
    if (!palette.dataset.address) return;
    commands.asked?.abort();
    const asked = (commands.asked = new AbortController());
    try {
      const answer = await fetch(`${palette.dataset.address}?${new URLSearchParams({ text })}`, { signal: asked.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      const ways = (group, those) => those.map((way) => command(group, way.words, () => (location.href = way.address), way));
      if (text) [commands.tickets, commands.ticketsFor] = [ways(palette.dataset.tickets, found.tickets), text];
      else commands.queues = ways(palette.dataset.queues, found.queues);
      const chosen = commands.shown[commands.active];
      show();
      commands.active = Math.max(commands.shown.indexOf(chosen), 0); // whoever has chosen already stays there
      mark();
    } catch (error) {
      if (error.name !== "AbortError") document.getElementById("palette-says").textContent = palette.dataset.down;
    }
  }

  function openPalette() {
    for (const other of document.querySelectorAll("dialog[open]")) other.close();
    commands.all = [...ofThePage()];
    commands.tickets = [];
    document.getElementById("palette-text").value = "";
    commands.from = placeOf(document.activeElement);
    palette.showModal();
    document.getElementById("palette-text").focus();
    show();
    if (!commands.queues.length) ask("");
  }

  function run(at) {
    const one = commands.shown[at];
    if (!one) return;
    palette.close(); // the focus goes back to where it was; what is done may take it on from there
    one.act();
  }

  if (palette) {
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey || event.ctrlKey === event.metaKey) return;
      event.preventDefault();
      if (palette.open) palette.close();
      else openPalette();
    });
    // What had the focus may have been read again meanwhile: its successor gets it.
    palette.addEventListener("close", () => {
      const at = document.activeElement;
      if (at !== document.body && !palette.contains(at)) return;
      const candidates = document.querySelectorAll("a, button, summary, input, select, textarea");
      [...candidates].find((each) => placeOf(each) === commands.from)?.focus({ preventScroll: true });
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest?.("[data-palette]")) openPalette();
      const option = event.target.closest?.("#palette [role=option]");
      if (option) run(Number(option.dataset.at));
    });
    palette.addEventListener("input", (event) => {
      clearTimeout(commands.timer);
      commands.asked?.abort();
      const text = event.target.value.trim();
      if (!text) commands.tickets = [];
      else commands.timer = setTimeout(() => ask(text), PAUSE);
      show();
    });
    palette.addEventListener("keydown", (event) => {
      if (event.target.id !== "palette-text" || event.isComposing) return;
      const last = commands.shown.length - 1;
      if (event.key === "ArrowDown") commands.active = commands.active < last ? commands.active + 1 : 0;
      else if (event.key === "ArrowUp") commands.active = commands.active > 0 ? commands.active - 1 : Math.max(last, 0);
      else if (event.key === "PageDown") commands.active = Math.max(Math.min(commands.active + 8, last), 0);
      else if (event.key === "PageUp") commands.active = Math.max(commands.active - 8, 0);
      else if (event.key === "Enter") run(commands.active);
      else return;
      event.preventDefault();
      mark();
    });
    palette.addEventListener("close", () => clearTimeout(commands.timer));
  }

  shell.openPalette = openPalette;
}
