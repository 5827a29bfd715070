/* Sportello: makes a form's own page comfortable, and puts the same form into any page as
 *
 *   <script src="https://intake.example/embed.js" defer></script>
 *   <sportello-form form="credentials" lang="it" site="www"><a href="...">Open the form</a></sportello-form>
 *
 * No cookies, nothing from third parties, no framework. The form comes ready-made from intake's /contract, so page and
 * widget are one and the same. What is inside the element shows until then, and stays when something is in the way.
 * Optional: context="<JWT>" (the site's signed word for who this is). The element says `sportello-sent` when it is done.
 */
(() => {
  "use strict";
  const script = document.currentScript;
  const base = script ? new URL(".", script.src).href : `${location.origin}/`;
  const AGAIN = new Set([429, 502, 503, 504]);
  // Seconds between attempts; after the last one the person decides.
  const PAUSES = [2, 4, 8, 15, 30, 30, 60];
  const POLLS = [1, 1, 2, 3, 5, 8, 10];
  // Milliseconds one attempt may take: large files over a slow line.
  const PATIENCE = 180_000;

  const part = (root, name) => root.querySelector(`[data-part="${name}"]`);
  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
  const controls = (place) => place.querySelectorAll("input, select, textarea");

  /* ---- questions that depend on earlier answers ---- */

  function answers(form, field) {
    const given = [...controls(form)].filter((control) => control.name === field && !control.disabled);
    const choosing = (control) => control.type === "radio" || control.type === "checkbox";
    return given.filter((control) => (choosing(control) ? control.checked : control.value)).map((control) => control.value);
  }

  /* In the order of the page, so that a hidden question hides what depends on it. */
  function ask(form) {
    for (const field of form.querySelectorAll("[data-show-field]")) {
      const wanted = JSON.parse(field.dataset.showIn).map(String);
      const given = answers(form, field.dataset.showField);
      const decider = form.querySelector(`[data-field="${field.dataset.showField}"]`);
      const open = !decider.matches("[data-show-field]:not([data-asked])");
      const asked = open && (given.length ? given.some((answer) => wanted.includes(answer)) : wanted.includes("false"));
      field.toggleAttribute("data-asked", asked);
      for (const control of controls(field)) {
        control.disabled = !asked;
        if ("required" in control.dataset) control.required = asked;
      }
    }
  }

  /* ---- what is wrong, beside each field and above all ---- */

  function showFaults(root, faults, spoken, reason) {
    const form = part(root, "form");
    for (const field of form.querySelectorAll(".sp-wrong")) field.classList.remove("sp-wrong");
    for (const place of form.querySelectorAll(".sp-error")) [place.textContent, place.hidden] = ["", true];
    for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    part(root, "summary-title").textContent = faults.length ? spoken.errors_title : spoken.retry_title;
    part(root, "notice").textContent = faults.length ? spoken.errors_intro : reason;
    part(root, "faults").replaceChildren(...faults.map(({ field, message }) => fault(form, field, message)));
    part(root, "summary").hidden = false;
    part(root, "summary").focus();
  }

  function fault(form, id, message) {
    const item = document.createElement("li");
    const field = form.querySelector(`[data-field="${CSS.escape(id)}"]`);
    if (!field) return Object.assign(item, { textContent: message });
    const place = field.querySelector(".sp-error");
    place.textContent = place.textContent ? `${place.textContent} ${message}` : message;
    place.hidden = false;
    field.classList.add("sp-wrong");
    for (const control of controls(field)) control.setAttribute("aria-invalid", "true");
    const link = document.createElement("a");
    link.href = `#f-${id}`;
    link.textContent = field.dataset.label;
    item.append(link, `: ${message}`);
    return item;
  }

  /* Spares an upload that can only be refused; everything else is judged in one place, by intake. */
  function tooLarge(form, spoken) {
    return [...form.querySelectorAll('input[type="file"]:not(:disabled)')].flatMap((input) =>
      [...input.files]
        .filter((file) => file.size > Number(input.dataset.maxBytes))
        .map((file) => ({
          field: input.name,
          message: fill(spoken.file_too_large, { name: file.name, size: input.dataset.maxSize }),
        })),
    );
  }

  /* ---- sending: the same key until somebody answers ---- */

  async function post(url, body, key) {
    try {
      return await fetch(url, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "Idempotency-Key": key },
        credentials: "omit",
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      return null;
    }
  }

  /* The answer, or null when the person chose to go back to the form. */
  async function send(root, url, body, key, spoken) {
    for (let attempt = 0; ; attempt += 1) {
      wait(root, spoken.sending);
      const answer = await post(url, body, key);
      if (answer && !AGAIN.has(answer.status)) return answer;
      const asked = Number(answer?.headers.get("Retry-After")) || 0;
      const seconds = attempt < PAUSES.length ? Math.max(PAUSES[attempt], asked) : Infinity;
      if (!(await holdOn(root, seconds, spoken))) return null;
    }
  }

  function wait(root, title, choice = false) {
    const panel = part(root, "wait");
    [part(root, "wait-title").textContent, part(root, "wait-text").textContent] = [title, ""];
    part(root, "wait-buttons").hidden = !choice;
    panel.classList.toggle("sp-calm", !choice);
    panel.hidden = false;
    if (!panel.contains(root.activeElement)) panel.focus();
  }

  /* True: try again, by the clock, the button, or the network coming back. False: back to the form. */
  function holdOn(root, seconds, spoken) {
    wait(root, spoken.retry_title, true);
    return new Promise((done) => {
      const over = new AbortController();
      let left = seconds;
      const finish = (again) => {
        clearInterval(clock);
        over.abort();
        done(again);
      };
      const tick = () => {
        const text = left === Infinity ? spoken.gave_up : fill(spoken.retrying, { seconds: left });
        part(root, "wait-text").textContent = text;
        if (left <= 0) finish(true);
        left -= 1;
      };
      const clock = setInterval(tick, 1000);
      tick();
      part(root, "retry").addEventListener("click", () => finish(true), { signal: over.signal });
      part(root, "stop").addEventListener("click", () => finish(false), { signal: over.signal });
      addEventListener("online", () => finish(true), { signal: over.signal });
    });
  }

  async function submit(root, form, told) {
    const spoken = JSON.parse(form.dataset.spoken);
    const heavy = tooLarge(form, spoken);
    if (heavy.length) return showFaults(root, heavy, spoken);
    const body = new FormData(form);
    const stay = (event) => event.preventDefault();
    form.inert = true;
    form.setAttribute("aria-busy", "true");
    addEventListener("beforeunload", stay);
    const answer = await send(root, form.action, body, form.dataset.key, spoken);
    removeEventListener("beforeunload", stay);
    form.inert = false;
    form.removeAttribute("aria-busy");
    part(root, "wait").hidden = true;
    if (!answer) return form.querySelector('[type="submit"]').focus();
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return showResult(root, said, told);
    // What was asked is over: another page, with what was typed on it.
    if (answer.status === 409) return form.submit();
    return showFaults(root, said.errors ?? [], spoken, said.detail ?? spoken.refused);
  }

  /* ---- the number ---- */

  function showResult(root, { number = null, status_url: status, message = "" }, told) {
    const page = new URL(status);
    page.searchParams.set("lang", root.querySelector("[lang]").lang);
    const result = part(root, number ? "opened" : "accepted").content.cloneNode(true);
    for (const slot of result.querySelectorAll('[data-slot="number"]')) slot.textContent = number;
    for (const slot of result.querySelectorAll('[data-slot="message"]')) slot.textContent = message;
    for (const slot of result.querySelectorAll('[data-slot="status"]')) slot.href = page.href;
    part(root, "desk").replaceChildren(result);
    offerCopy(part(root, "desk"));
    part(root, "desk").querySelector("h1, h2").focus();
    told({ number, status_url: status });
    if (!number) follow(status).then((found) => found && showResult(root, { number: found, status_url: status }, told));
  }

  /* The number once there is one, or null after a while: it comes by e-mail all the same. */
  async function follow(url) {
    for (const seconds of POLLS) {
      await pause(seconds);
      const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "omit" }).catch(() => null);
      const { number } = answer?.ok ? await answer.json() : {};
      if (number) return number;
    }
    return null;
  }

  function offerCopy(place) {
    for (const button of place.querySelectorAll("[data-copy]")) {
      if (!navigator.clipboard) continue;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.parentElement.querySelector("output").textContent.trim());
        button.textContent = button.dataset.copied;
      });
    }
  }

  /* ---- a form in `root`, a document or a shadow root ---- */

  function enhance(root, told) {
    const form = part(root, "form");
    form.dataset.key ||= crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");
    form.addEventListener("change", () => ask(form));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(root, form, told);
    });
    // Links into the form must not touch the address of the page around it, nor would they find their way in there.
    part(root, "summary").addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (!link) return;
      event.preventDefault();
      root.getElementById(link.hash.slice(1))?.focus();
    });
    ask(form);
    // Coming back to the page, the browser puts earlier answers in after it was loaded.
    addEventListener("pageshow", () => ask(form));
  }

  class SportelloForm extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
      this.#load();
    }

    async #load() {
      const url = new URL(`forms/${encodeURIComponent(this.getAttribute("form") ?? "")}/contract`, base);
      url.searchParams.set("lang", (this.lang || document.documentElement.lang || "it").slice(0, 2));
      for (const seconds of [0, 2, 5, 15]) {
        await pause(seconds);
        const answer = await fetch(url, { credentials: "omit" }).catch(() => null);
        if (answer?.ok) return this.#draw(await answer.json());
        if (answer && !AGAIN.has(answer.status)) return undefined;
      }
      return undefined;
    }

    async #draw(contract) {
      const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: contract.style });
      const styled = new Promise((done) => style.addEventListener("load", done, { once: true }));
      this.shadowRoot.prepend(style);
      // Unstyled is better than never.
      await Promise.race([styled, pause(3)]);
      const holder = document.createElement("div");
      holder.className = "sp-js";
      holder.innerHTML = contract.html;
      this.shadowRoot.replaceChildren(style, holder);
      this.#introduce(part(this.shadowRoot, "form"));
      enhance(this.shadowRoot, (detail) => {
        this.dispatchEvent(new CustomEvent("sportello-sent", { detail, bubbles: true, composed: true }));
      });
    }

    /* Where this stands and, when the site vouches for it, who is writing. */
    #introduce(form) {
      const action = new URL(form.action);
      if (this.getAttribute("site")) action.searchParams.set("site", this.getAttribute("site"));
      form.action = action.href;
      const context = this.getAttribute("context");
      if (!context) return;
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_context", value: context }));
      try {
        const bytes = atob(context.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
        const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
        for (const name of ["name", "email"]) Object.assign(form.elements[name], { value: claims[name], readOnly: true });
      } catch {
        // Not a token we can read: intake will say so.
      }
    }
  }

  if (!customElements.get("sportello-form")) customElements.define("sportello-form", SportelloForm);
  if (script && "page" in script.dataset) {
    document.documentElement.classList.add("sp-js");
    document.addEventListener("DOMContentLoaded", () => {
      if (part(document, "form")) enhance(document, () => {});
      offerCopy(document);
      if (document.querySelector("[data-waiting]")) follow(location.href).then((number) => number && location.reload());
    });
  }
})();
