/* ---- what was typed, kept in this tab until it is sent: text and key, never files ---- */

const storage = (() => {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
})();

/* Our own pages differ in what they were opened with; where else a form stands, the path says it. */
function slotOf(formId, nth, own) {
  const filled = own ? [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith("f.")) : [];
  return ["sportello", formId, location.pathname, nth, ...filled.flat()].join(" ");
}

function readDraft(slot) {
  try {
    const draft = JSON.parse(storage?.getItem(slot) ?? "null");
    return draft && typeof draft.values === "object" && typeof draft.key === "string" ? draft : null;
  } catch {
    return null;
  }
}

function writeDraft(slot, draft) {
  try {
    if (draft) storage?.setItem(slot, JSON.stringify(draft));
    else storage?.removeItem(slot);
  } catch {
    // Full, or forbidden here: the page itself still holds what was typed.
  }
}

/* What a person types: no hidden field, no file, nothing that a site vouches for, nothing that nobody sees. */
const mine = (control) =>
  control.name && !["hidden", "file"].includes(control.type) && !control.readOnly && !control.closest("[aria-hidden]");

/* Hidden questions too: who changes an answer back finds what was there. */
function typedIn(form) {
  const values = {};
  for (const control of controls(form)) {
    if (!mine(control)) continue;
    if (choosing(control)) {
      values[control.name] ??= [];
      if (control.checked) values[control.name].push(control.value);
    } else values[control.name] = [control.value];
  }
  return values;
}

const filesIn = (form) =>
  [...form.querySelectorAll('input[type="file"]')]
    .map((input) => [input.name, [...input.files].filter((file) => fits(input, file))])
    .filter(([, files]) => files.length);

/* What the site says of its user; nothing when there is no word, or none that can be read: intake will say so. */
function claimsOf(context) {
  try {
    const bytes = atob(context.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return parsed(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
  } catch {
    return {};
  }
}

/* On a computer that several people use, one signs out and the next one signs in, in the same tab. */
const whose = (form) => claimsOf(form.elements._context?.value ?? "").sub ?? "";
const isOthers = (draft, form) => Boolean(draft?.who && whose(form) && draft.who !== whose(form));

function draftOf(form, sending = false) {
  const { key, version = "" } = form.dataset;
  // What is still missing from an earlier draft stays told until it is there.
  const lost = [...form.querySelectorAll(".sp-lost")].map((note) => [note.dataset.input, note.dataset.names.split("\n")]);
  const files = [...lost, ...filesIn(form).map(([name, chosen]) => [name, chosen.map((file) => file.name)])];
  return { key, version, sending, who: whose(form), values: typedIn(form), files: Object.fromEntries(files) };
}

/* Puts a draft's answers where they fit; what fits nowhere comes back as [field, answers]. */
function putBack(form, values) {
  const left = [];
  for (const [name, given] of Object.entries(values)) {
    const places = [...controls(form)].filter((control) => control.name === name && mine(control));
    const rest = given.filter((answer) => answer && !placed(places, answer));
    const vouched = form.elements[name]?.readOnly;
    if (rest.length && !vouched) left.push([name, rest]);
    for (const control of places) if (choosing(control)) control.checked = given.includes(control.value);
  }
  return left;
}

function placed(places, answer) {
  for (const control of places) {
    if (choosing(control)) {
      if (control.value === answer) return true;
    } else if (control.tagName !== "SELECT" || [...control.options].some((option) => option.value === answer)) {
      control.value = answer;
      return true;
    }
  }
  return false;
}

/* Files can't be kept: which they were can be said. */
function tellLostFiles(form, files, spoken) {
  for (const [name, names] of Object.entries(files ?? {})) {
    const input = form.querySelector(`input[type="file"][name="${CSS.escape(name)}"]`);
    if (!input || input.files.length) continue;
    const note = make("p", { className: "sp-lost" }, fill(spoken.choose_again, { names: names.join(", ") }));
    Object.assign(note.dataset, { input: name, names: names.join("\n") });
    input.before(note);
  }
}
