/* ---- the page of all forms: what fits the words is shown at once, as intake does it without a script ---- */

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const wordsOf = (text) => folded(text).match(/[a-z0-9]+/g) ?? [];
/* `tasse` finds `tassa`: the last letter of a longer word may differ. */
const stem = (word) => (word.length > 4 ? word.slice(0, -1) : word);

function search(place) {
  const input = place.querySelector('[name="q"]');
  const found = [...document.querySelectorAll("[data-words]")].map((item) => [item, item.dataset.words.split(" ")]);
  const idle = new Set(place.dataset.idle.split(" "));
  const told = part(document, "found");

  const show = () => {
    const asked = wordsOf(input.value).filter((word) => word.length > 1 && !idle.has(word)).map(stem);
    const hits = ([, words]) => asked.filter((start) => words.some((word) => word.startsWith(start))).length;
    // All words, or else as many as possible.
    const most = Math.max(0, ...found.map(hits));
    for (const each of found) each[0].hidden = asked.length > 0 && (most === 0 || hits(each) < most);
    for (const list of document.querySelectorAll("[data-list]")) {
      list.hidden = !list.querySelector("[data-words]:not([hidden])");
    }
    const many = document.querySelectorAll(".cards [data-words]:not([hidden])").length;
    part(document, "nothing").hidden = found.some(([item]) => !item.hidden);
    const { none, one, several } = told.dataset;
    told.textContent = input.value.trim() ? fill(many === 0 ? none : many === 1 ? one : several, { count: many }) : "";
    const address = new URL(location.href);
    if (input.value.trim()) address.searchParams.set("q", input.value.trim());
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  };
  input.addEventListener("input", show);
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
}
