/* ---- a page of our own: it is there already, and is only made comfortable ---- */

function begin() {
  const form = part(document, "form");
  if (form) {
    const slot = slotOf(form.dataset.form ?? "", 0, true);
    const draft = readDraft(slot);
    enhance(document, slot, () => {});
    // What the server gave back was typed later than any draft.
    if (draft && !("again" in form.dataset) && !isOthers(draft, form)) resume(slot, draft);
    // Coming back to the page, the browser puts earlier answers in after it was loaded.
    addEventListener("pageshow", () => part(document, "form") && decide(part(document, "form")));
  }
  const place = part(document, "search");
  if (place) search(place);
  offerCopy(document);
  addEventListener("hashchange", openNamed);
  openNamed();
  if (document.querySelector("[data-waiting]")) follow(location.href).then((number) => number && location.reload());
}

/* An address that names an answered question opens it. */
function openNamed() {
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (named?.tagName === "DETAILS") named.open = true;
}

async function resume(slot, draft) {
  const { form, version = "" } = part(document, "form").dataset;
  let changes = null;
  if (form && draft.version !== version) {
    changes = (await ask(contractUrl(form, document.documentElement.lang, draft.version, 1)))?.said.changes ?? null;
  }
  restore(document, slot, draft, changes);
}

if (script && "page" in script.dataset) {
  document.documentElement.classList.add("sp-js");
  document.addEventListener("DOMContentLoaded", begin);
}
