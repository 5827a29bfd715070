/* ---- questions that depend on earlier answers ---- */

function answers(form, field) {
  const given = [...controls(form)].filter((control) => control.name === field && !control.disabled);
  return given.filter((control) => (choosing(control) ? control.checked : control.value)).map((control) => control.value);
}

/* In the order of the page, so that a hidden question hides what depends on it. */
function decide(form) {
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

function clearFault(field) {
  field.classList.remove("sp-wrong");
  Object.assign(field.querySelector(".sp-error"), { textContent: "", hidden: true });
  for (const control of controls(field)) control.removeAttribute("aria-invalid");
}

function clearFaults(root) {
  for (const field of part(root, "form").querySelectorAll("[data-field]")) clearFault(field);
  part(root, "summary").hidden = true;
}

function showFaults(root, faults, spoken, reason) {
  const form = part(root, "form");
  clearFaults(root);
  part(root, "summary-title").textContent = faults.length ? spoken.errors_title : spoken.retry_title;
  part(root, "notice").textContent = faults.length ? spoken.errors_intro : reason;
  part(root, "faults").replaceChildren(...faults.map(({ field, message }) => fault(form, field, message)));
  const again = part(root, "attach-again");
  if (again) again.hidden = true;
  part(root, "summary").hidden = false;
  part(root, "summary").focus();
}

function fault(form, id, message) {
  const field = form.querySelector(`[data-field="${CSS.escape(id)}"]`);
  if (!field) return make("li", {}, message);
  const place = field.querySelector(".sp-error");
  place.textContent = place.textContent ? `${place.textContent} ${message}` : message;
  place.hidden = false;
  field.classList.add("sp-wrong");
  for (const control of controls(field)) control.setAttribute("aria-invalid", "true");
  return make("li", {}, make("a", { href: `#f-${id}` }, field.dataset.label), `: ${message}`);
}
