/* ---- answered questions like what is being typed, below the field: offered, never in the way ---- */

// Milliseconds of quiet before anything is asked, and words that say enough.
const QUIET = 700;
const ENOUGH = 2;

/* Text, not JSON, to the browser: then it needn't ask first. */
const tell = (path, language, said) =>
  fetch(new URL(`faq/${path}?lang=${language}`, base), {
    method: "POST",
    body: JSON.stringify(said),
    headers: { Accept: "application/json" },
    credentials: "omit",
    keepalive: true,
  }).catch(() => null);

function offerSimilar(root, slot, spoken) {
  const form = part(root, "form");
  const field = form.querySelector("textarea");
  const id = form.dataset.form;
  if (!id || !field || "preview" in form.dataset) return;
  const language = root.querySelector("[lang]").lang;
  const told = make("p", { className: "sp-told", role: "status" });
  const title = make("p", { className: "sp-similar-title", id: "f-similar" }, spoken.similar_title);
  const list = make("ul", { className: "sp-questions" });
  const place = make("div", { className: "sp-similar", role: "group", hidden: true }, title, list);
  place.setAttribute("aria-labelledby", "f-similar");
  place.dataset.part = "similar";
  field.after(told, place);
  let clock;
  let asked = "";
  let shown = "";

  const item = ({ id: question, question: says, html }) => {
    const answer = make("div", { className: "sp-answer" });
    answer.innerHTML = markup(html);
    const enough = make("button", { type: "button", className: "sp-link" }, spoken.similar_helped);
    enough.addEventListener("click", () => {
      tell("helped", language, { question, form: id });
      sayGoodbye(root, slot, spoken);
    });
    answer.append(make("p", {}, enough));
    return make("li", {}, make("details", { className: "sp-question" }, make("summary", {}, says), answer));
  };
  const look = async () => {
    const text = field.value.trim().slice(0, 1000);
    if (text === asked || text.split(/\s+/).length < ENOUGH) return;
    asked = text;
    const answer = await tell("similar", language, { form: id, text });
    // What somebody reads just now stays where it is.
    if (!answer?.ok || text !== asked || place.querySelector("details[open]") || place.contains(root.activeElement)) return;
    const { questions } = await answer.json().catch(() => ({ questions: [] }));
    const names = questions.map((one) => one.id).join(" ");
    if (names === shown) return;
    shown = names;
    list.replaceChildren(...questions.map(item));
    place.hidden = !questions.length;
    if (questions.length && !told.textContent) told.textContent = spoken.similar_told;
  };
  field.addEventListener("input", () => {
    clearTimeout(clock);
    clock = setTimeout(look, QUIET);
  });
}

/* Nothing is sent; what was typed stays until the person says otherwise. */
function sayGoodbye(root, slot, spoken) {
  const desk = part(root, "desk");
  const panel = part(root, "goodbye");
  const said = part(panel, "helped");
  const before = said.textContent;
  const over = new AbortController();
  desk.classList.add("sp-over");
  panel.hidden = false;
  panel.querySelector("h2, h3").focus();
  part(panel, "clear").addEventListener("click", (event) => {
    forget(part(root, "form"), slot);
    said.textContent = spoken.helped_cleared;
    event.target.hidden = true;
    part(panel, "back").focus();
  }, { signal: over.signal });
  part(panel, "back").addEventListener("click", () => {
    over.abort();
    said.textContent = before;
    part(panel, "clear").hidden = false;
    panel.hidden = true;
    desk.classList.remove("sp-over");
    part(root, "form").querySelector("textarea").focus();
  }, { signal: over.signal });
}
