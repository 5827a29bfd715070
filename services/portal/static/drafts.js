// What is typed into a form is kept by itself, a moment after the last key: the form comes back with it on any device.
// A newer text of another tab or device is never overwritten: both are shown until one is chosen.
"use strict";

{
  const QUIET = 700; // ms after the last key
  const LONGEST_WAIT = 4_000; // ms in which somebody who types on and on is saved all the same
  const AGAIN = 5_000; // ms until what could not be saved is tried again
  const BEACON = 60_000; // bytes that a browser still sends while the page goes
  const TAB = [...crypto.getRandomValues(new Uint32Array(4))].join("-");

  const drafts = new WeakMap(); // form -> { timer, since, flying, dirty, failed, choosing, leaving }
  let saves = 0;

  function draftOf(form) {
    if (!drafts.has(form)) drafts.set(form, {});
    return drafts.get(form);
  }

  function words(name) {
    return document.getElementById("draft-words").dataset[name];
  }

  function say(form, text, bad) {
    const line = form.querySelector(".draft-line");
    if (line.textContent.trim() === text) return;
    const said = document.createElement("p");
    said.className = `draft-saved${bad ? " is-bad" : ""}`;
    said.textContent = text;
    line.replaceChildren(said);
  }

  function put(form, fragment) {
    const line = form.querySelector(".draft-line");
    const fresh = document.createElement("div");
    fresh.innerHTML = fragment;
    const version = fresh.firstElementChild?.dataset.version;
    // Said once a minute: who listens to the page is not told of each save.
    if (line.textContent.replace(/\s+/g, " ") !== fresh.textContent.replace(/\s+/g, " ")) {
      line.replaceChildren(...fresh.childNodes);
      htmx.process(line);
    }
    return version ?? "";
  }

  function know(form, version) {
    form.dataset.version = version;
    form.querySelector("[name=draft_base]").value = version;
  }

  // --- A text can be too long: it is told at once, and stays in its field. ---

  function lengthOf(text) {
    return text.length <= 2 * words("most") ? [...text].length : text.length; // a letter can be two units
  }

  function measure(field) {
    const most = Number(field.dataset.most);
    if (field.value.length <= most && !field.dataset.long) return true;
    const length = lengthOf(field.value);
    const long = length > most;
    let told = field.parentElement.querySelector(".too-long");
    if (long) {
      if (!told) {
        told = document.createElement("p");
        told.className = "field-error too-long";
        told.setAttribute("role", "alert");
        field.after(told);
      }
      const number = new Intl.NumberFormat(document.documentElement.lang);
      told.textContent = words("long").replace("#", number.format(length)).replace("#", number.format(most));
      field.dataset.long = "yes";
    } else {
      told?.remove();
      delete field.dataset.long;
    }
    field.setCustomValidity(long ? told.textContent : "");
    field.toggleAttribute("aria-invalid", long);
    if (long) field.setAttribute("aria-invalid", "true");
    return !long;
  }

  function fits(form) {
    return [...form.querySelectorAll("textarea[data-most]")].map(measure).every(Boolean);
  }

  // --- Saving. ---

  function bodyOf(form) {
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    body.set("draft_base", form.dataset.version ?? "");
    body.set("draft_tab", TAB);
    body.set("draft_count", String(++saves));
    return body;
  }

  function sizeOf(body) {
    return [...body].reduce((sum, [name, value]) => sum + 200 + name.length + new Blob([value]).size, 0);
  }

  function later(form, wait = QUIET) {
    const draft = draftOf(form);
    draft.dirty = true;
    draft.since ??= Date.now();
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => save(form), Math.min(wait, Math.max(draft.since + LONGEST_WAIT - Date.now(), 1)));
  }

  async function save(form, leaving = false) {
    const draft = draftOf(form);
    clearTimeout(draft.timer);
    if (!draft.dirty || draft.choosing || !form.isConnected || form === keep.sent) return;
    if (draft.flying && !leaving) return;
    if (!fits(form)) return say(form, words("unsaved"), true);
    const body = bodyOf(form);
    if (leaving && sizeOf(body) > BEACON) return;
    draft.dirty = false;
    draft.since = undefined;
    const flight = (draft.flying = new AbortController());
    try {
      const sent = { method: "POST", body, headers: { "X-Draft": "1" }, keepalive: leaving, signal: flight.signal };
      await answer(form, await fetch(form.dataset.draft, sent), flight);
    } catch {
      if (!flight.signal.aborted) failed(form, words("down"));
    } finally {
      if (draft.flying === flight) draft.flying = null;
      if (draft.dirty && !draft.failed && !draft.choosing) later(form);
    }
  }

  async function answer(form, response, flight) {
    const draft = draftOf(form);
    const text = response.redirected ? "" : await response.text();
    if (flight.signal.aborted) return;
    if (response.ok && !response.redirected) {
      draft.failed = false;
      know(form, put(form, text));
    } else if (response.status === 409) {
      draft.failed = draft.choosing = draft.dirty = true;
      know(form, form.dataset.version);
      put(form, text);
      sayNews(words("newer"));
    } else if (response.status === 413) {
      draft.failed = draft.dirty = true;
      say(form, words("unsaved"), true);
    } else if (response.redirected || response.status === 401 || response.status === 403) {
      failed(form, words("out"), false);
      saySignedOut();
    } else failed(form, words("down"));
  }

  function failed(form, why, again = true) {
    const draft = draftOf(form);
    draft.dirty = draft.failed = true;
    say(form, why, true);
    clearTimeout(draft.timer);
    if (again) draft.timer = setTimeout(() => save(form), AGAIN);
  }

  function isOurs(target) {
    return target.form?.dataset.draft && target.name && target.type !== "file" ? target.form : null;
  }

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.matches("textarea[data-most]")) measure(event.target);
      const form = isOurs(event.target);
      if (form) later(form);
    });
  }

  function saveAll(leaving) {
    for (const form of document.querySelectorAll("form[data-draft]")) save(form, leaving);
  }
  document.addEventListener("visibilitychange", () => document.hidden && saveAll(true));
  window.addEventListener("pagehide", () => saveAll(true));

  // The page could be read again, so what could not be saved is tried again.
  keep.dropped.push(() => {
    for (const form of document.querySelectorAll("form[data-draft]")) {
      if (drafts.get(form)?.failed && !draftOf(form).choosing) later(form);
    }
  });

  // What is kept, or will be while the page goes, needs no question before it is left.
  keep.safe = (form) => {
    const draft = drafts.get(form);
    if (!form.dataset.draft || !draft) return Boolean(form.dataset.draft && form.dataset.version);
    if (draft.choosing || draft.failed) return false;
    return !draft.dirty || (fits(form) && sizeOf(new FormData(form)) < BEACON);
  };

  // --- Sending: what is under way is not saved after it. ---

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig?.verb !== "post") return;
    const draft = drafts.get(event.detail.elt.closest("form"));
    if (!draft) return;
    clearTimeout(draft.timer);
    draft.flying?.abort();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.requestConfig?.verb === "post" && event.detail.elt.closest("form[data-draft]");
    if (form && !event.detail.successful && form.isConnected) later(form);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const path = event.detail.requestConfig?.path ?? "";
    if (event.detail.requestConfig?.verb !== "post" || !path.startsWith("/drafts/")) return;
    const id = `form-${path.split("/").slice(4).join("-")}`;
    document.getElementById(id)?.querySelector("textarea, input:not([type=hidden])")?.focus();
  });

  // --- Two texts: one is chosen. ---

  document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".draft-newer");
    const mine = event.target.closest?.("[data-mine]");
    const theirs = event.target.closest?.("[data-theirs]");
    if (!box || !(mine || theirs)) return;
    event.preventDefault();
    event.stopPropagation();
    const form = box.closest("form");
    const draft = draftOf(form);
    know(form, box.dataset.version);
    draft.choosing = draft.failed = false;
    if (theirs) fill(form, JSON.parse(box.dataset.values));
    box.remove();
    if (mine) {
      draft.dirty = true;
      save(form);
    } else {
      draft.dirty = false;
      say(form, words("taken"));
    }
    form.querySelector("textarea")?.focus();
  }, true);

  function fill(form, values) {
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.type === "file" || field.type === "submit") continue;
      const given = values[field.name] ?? [];
      if (field.matches("[type=radio], [type=checkbox]")) field.checked = given.includes(field.value);
      else if (!field.matches("button")) field.value = given[0] ?? "";
    }
    fits(form);
  }
}
