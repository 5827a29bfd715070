/* ---- <sportello-form>, in any page ----
 *
 * form     which one                      lang     it or en; else the page's
 * site     who shows it (config/sites)    context  the site's signed word for who this is
 * page     where this is, in words; else the page's address      values   JSON: answers known beforehand
 *
 * It says `sportello-sent` when it is done, with the number and where to follow it.
 */
class SportelloForm extends HTMLElement {
  static observedAttributes = ["form", "lang", "site", "page", "context", "values"];

  #turn = 0;

  connectedCallback() {
    if (this.shadowRoot) return;
    this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
    this.#load();
  }

  attributeChangedCallback(_, old, now) {
    // What was typed comes back from its draft.
    if (this.shadowRoot && old !== now) this.#load();
  }

  get #slot() {
    const form = this.getAttribute("form") ?? "";
    const alike = [...document.querySelectorAll("sportello-form")].filter((one) => one.getAttribute("form") === form);
    return slotOf(form, alike.indexOf(this), false);
  }

  async #load() {
    this.#turn += 1;
    const turn = this.#turn;
    const language = (this.lang || document.documentElement.lang || "it").slice(0, 2);
    // The one question about the form also asks what is new since a draft was begun.
    const url = contractUrl(this.getAttribute("form") ?? "", language, readDraft(this.#slot)?.version);
    for (const seconds of [0, 2, 5, 15, 30, 60]) {
      if (seconds) await Promise.race([pause(seconds), new Promise((done) => addEventListener("online", done, { once: true }))]);
      const answer = await ask(url);
      if (turn !== this.#turn) return undefined;
      if (answer?.ok) return this.#draw(answer.said);
      if (answer && !AGAIN.has(answer.status)) return undefined;
    }
    return undefined;
  }

  async #draw(contract) {
    const root = this.shadowRoot;
    const holder = make("div", { className: "sp-js" });
    holder.innerHTML = markup(contract.html);
    await this.#dress(root, contract, holder);
    this.#introduce(part(root, "form"));
    sayFrom(root);
    const draft = readDraft(this.#slot);
    enhance(root, this.#slot, (detail) => {
      this.dispatchEvent(new CustomEvent("sportello-sent", { detail, bubbles: true, composed: true }));
    });
    if (draft && !isOthers(draft, part(root, "form"))) restore(root, this.#slot, draft, contract.changes);
  }

  /* A style sheet of the script's needs no request, and no site has to allow it. Older browsers link to it. */
  async #dress(root, contract, holder) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(contract.css);
      root.adoptedStyleSheets = [sheet];
      root.replaceChildren(holder);
    } catch {
      const link = make("link", { rel: "stylesheet", href: contract.style });
      const dressed = new Promise((done) => link.addEventListener("load", done, { once: true }));
      root.prepend(link);
      // Undressed is better than never.
      await Promise.race([dressed, pause(3)]);
      root.replaceChildren(link, holder);
    }
  }

  /* Where this stands, what is known beforehand and, when the site vouches for it, who is writing. */
  #introduce(form) {
    const action = new URL(form.action);
    if (this.getAttribute("site")) action.searchParams.set("site", this.getAttribute("site"));
    form.action = action.href;
    // Not what follows the path: it may name a person.
    addHidden(form, "_page", this.getAttribute("page") ?? `${location.origin}${location.pathname}`);
    for (const [name, value] of Object.entries(parsed(this.getAttribute("values")))) {
      for (const answer of [value].flat()) {
        const places = [...controls(form)].filter((control) => control.name === name && mine(control));
        for (const place of places) if (choosing(place) && place.value === String(answer)) place.checked = true;
        placed(places, String(answer));
      }
    }
    const context = this.getAttribute("context");
    if (!context) return;
    addHidden(form, "_context", context);
    const claims = claimsOf(context);
    for (const name of ["name", "email"]) if (claims[name]) Object.assign(form.elements[name], { value: claims[name], readOnly: true });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

if (!customElements.get("sportello-form")) customElements.define("sportello-form", SportelloForm);
