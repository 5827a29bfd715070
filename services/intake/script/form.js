/* ---- a form in `root`, a document or a shadow root ---- */

const newKey = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");

/* `told` hears of what was sent; `slot` is where this form's draft lies. */
function enhance(root, slot, told) {
  const form = part(root, "form");
  const spoken = JSON.parse(form.dataset.spoken);
  form.dataset.key ||= newKey();
  // Nobody sends a preview, and it keeps nothing.
  const keep = "preview" in form.dataset ? () => {} : (sending) => writeDraft(slot, draftOf(form, sending));
  for (const input of form.querySelectorAll('input[type="file"]')) listFiles(input, form, spoken, keep);
  form.addEventListener("input", ({ target }) => {
    // What is being put right is wrong no longer; a list of files says so itself. Not on `change`: that comes when
    // somebody presses the next field, which would move away under their finger.
    const field = target.closest("[data-field]");
    if (field && target.type !== "file") clearFault(field);
    keep();
  });
  form.addEventListener("change", () => {
    decide(form);
    keep();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!("preview" in form.dataset)) submit(root, slot, told, keep);
  });
  // Links into the form must not touch the address of the page around it, nor would they find their way in there.
  part(root, "summary").addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    root.getElementById(link.hash.slice(1))?.focus();
  });
  offerSimilar(root, slot, spoken);
  decide(form);
  return form;
}

/* As if nothing had been typed. */
function forget(form, slot) {
  writeDraft(slot, null);
  for (const control of controls(form)) {
    if (!mine(control)) continue;
    if (choosing(control)) control.checked = control.defaultChecked;
    else if (control.tagName === "SELECT") control.selectedIndex = Math.max(0, [...control.options].findIndex((one) => one.defaultSelected));
    else control.value = control.defaultValue;
  }
  for (const lostNote of form.querySelectorAll(".sp-lost")) lostNote.remove();
  form.dataset.key = newKey();
  for (const hidden of form.querySelectorAll('[name="_key"]')) hidden.value = form.dataset.key;
  decide(form);
}

/* Text that was typed here before. `changes`: what the form says of its older version, when the draft is of that. */
function restore(root, slot, draft, changes) {
  const form = part(root, "form");
  const spoken = JSON.parse(form.dataset.spoken);
  form.dataset.key = draft.key;
  for (const hidden of form.querySelectorAll('[name="_key"]')) hidden.value = draft.key;
  const left = putBack(form, draft.values);
  decide(form);
  tellLostFiles(form, draft.files, spoken);
  if (changes) return showChanges(root, changes, left);
  const note = part(root, "restored");
  if (!note) return undefined;
  const lost = form.querySelector(".sp-lost");
  part(note, "restored-sending").hidden = !draft.sending;
  part(note, "restored-files").hidden = !lost;
  note.hidden = false;
  part(note, "forget").addEventListener("click", () => {
    forget(form, slot);
    note.hidden = true;
    [...controls(form)].find(mine)?.focus();
  });
  return undefined;
}

/* The site's word doesn't hold, or the form refuses what it says: the next try is from whoever types their name, as the refusal promises. */
function unvouch(form) {
  for (const hidden of form.querySelectorAll('[name="_context"]')) hidden.remove();
  for (const name of ["name", "email"]) if (form.elements[name]) form.elements[name].readOnly = false;
}

async function submit(root, slot, told, keep) {
  const form = part(root, "form");
  const spoken = JSON.parse(form.dataset.spoken);
  const unfitting = unfitFiles(form, spoken);
  if (unfitting.length) return showFaults(root, unfitting, spoken);
  clearFaults(root);
  const body = new FormData(form);
  const stay = (event) => event.preventDefault();
  keep(true);
  form.inert = true;
  form.setAttribute("aria-busy", "true");
  addEventListener("beforeunload", stay);
  const answer = await send(root, form.action, body, form.dataset.key, spoken);
  removeEventListener("beforeunload", stay);
  form.inert = false;
  form.removeAttribute("aria-busy");
  part(root, "wait").hidden = true;
  if (!answer) {
    keep(true);
    return form.querySelector('[type="submit"]').focus();
  }
  const { said } = answer;
  if (answer.ok) {
    writeDraft(slot, null);
    return showResult(root, said, told);
  }
  if (answer.status === 401 || said.code === "vouched_unfit") unvouch(form);
  keep();
  if (said.code === "FormChanged") return renew(root, slot, told);
  // What was asked is over: another page, with what was typed on it.
  if (answer.status === 409) {
    writeDraft(slot, null);
    return form.submit();
  }
  return showFaults(root, said.errors ?? [], spoken, said.detail ?? spoken.refused);
}
