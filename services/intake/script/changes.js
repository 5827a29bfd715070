/* ---- the form changed since it was shown ---- */

function contractUrl(form, language, since, level) {
  const url = new URL(`forms/${encodeURIComponent(form)}/contract`, base);
  url.searchParams.set("lang", language);
  if (since) url.searchParams.set("since", since);
  if (level) url.searchParams.set("level", level);
  return url;
}

/* Markup of our own making; a site that forbids it as text must allow this policy's name. */
const policy = (() => {
  try {
    return window.trustedTypes?.createPolicy("sportello", { createHTML: (text) => text });
  } catch {
    return null;
  }
})();
const markup = (html) => (policy ? policy.createHTML(html) : html);

function addHidden(form, name, value) {
  if (!value) return;
  const found = form.querySelector(`input[type="hidden"][name="${name}"]`);
  if (found) found.value = value;
  else form.append(make("input", { type: "hidden", name, value }));
}

/* Where the person writes from, as they and the operators are told. */
function sayFrom(root) {
  const page = part(root, "form").elements._page?.value;
  const place = part(root, "from");
  if (!page || !place) return;
  place.querySelector('[data-slot="from"]').textContent = page.replace(/^\w+:\/\//, "");
  place.hidden = false;
}

/* What is new in the form, and what was typed that it has no place for any more. */
function showChanges(root, changes, left) {
  const panel = part(root, "changes");
  const form = part(root, "form");
  const lines = left.map(([name, given]) => {
    const gone = changes.gone[name];
    const label = gone?.label ?? form.querySelector(`[data-field="${CSS.escape(name)}"]`)?.dataset.label ?? name;
    return make("li", {}, make("strong", {}, `${label}: `), given.map((answer) => gone?.options[answer] ?? answer).join(", "));
  });
  part(panel, "new").replaceChildren(...changes.sentences.map((sentence) => make("li", {}, sentence)));
  part(panel, "left").replaceChildren(...lines);
  part(panel, "left-title").hidden = !lines.length;
  panel.hidden = false;
  panel.focus();
}

/* The new version in the old one's place, with all that fits it, the files too. */
async function renew(root, slot, told) {
  const old = part(root, "form");
  const spoken = JSON.parse(old.dataset.spoken);
  const { form: id, version } = old.dataset;
  const level = root === document ? 1 : 2;
  const answer = await ask(contractUrl(id, root.querySelector("[lang]").lang, version, level));
  if (!answer?.ok) return showFaults(root, [], spoken, spoken.refused);
  const draft = draftOf(old);
  const files = filesIn(old);
  const holder = make("div", {});
  holder.innerHTML = markup(answer.said.html);
  for (const name of ["desk", "opened", "accepted"]) part(root, name).replaceWith(part(holder, name));
  const form = part(root, "form");
  form.action = old.action;
  for (const name of ["_context", "_page"]) addHidden(form, name, old.elements[name]?.value);
  for (const name of ["name", "email"]) {
    const { value, readOnly } = old.elements[name];
    if (readOnly) Object.assign(form.elements[name], { value, readOnly });
  }
  for (const [name, chosen] of files) {
    const input = form.querySelector(`input[type="file"][name="${CSS.escape(name)}"]`);
    if (input) put(input, input.multiple ? chosen : chosen.slice(0, 1));
  }
  form.dataset.key = draft.key;
  sayFrom(root);
  enhance(root, slot, told);
  restore(root, slot, draft, answer.said.changes);
  writeDraft(slot, draftOf(form));
  return undefined;
}
