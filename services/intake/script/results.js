/* ---- the number ---- */

const POLLS = [1, 1, 2, 3, 5, 8, 10, 15, 30, 30, 60];

function showResult(root, { number = null, status_url: status, message = "", usual = "" }, told) {
  const page = new URL(status);
  page.searchParams.set("lang", root.querySelector("[lang]").lang);
  const result = part(root, number ? "opened" : "accepted").content.cloneNode(true);
  for (const slot of result.querySelectorAll('[data-slot="number"]')) slot.textContent = number;
  for (const slot of result.querySelectorAll('[data-slot="message"]')) slot.textContent = message;
  for (const slot of result.querySelectorAll('[data-slot="usual"]')) [slot.textContent, slot.hidden] = [usual, !usual];
  for (const slot of result.querySelectorAll('[data-slot="status"]')) slot.href = page.href;
  const desk = part(root, "desk");
  const here = desk.contains(root.activeElement) || !root.activeElement || root.activeElement === document.body;
  desk.replaceChildren(result);
  offerCopy(desk);
  // The number that comes later must not call away who went on to something else.
  if (here) desk.querySelector("h1, h2").focus();
  told({ number, status_url: status });
  if (!number) follow(status).then((found) => found && showResult(root, { number: found, status_url: status, usual }, told));
}

/* The number once there is one, or null after a while: it comes by e-mail all the same. */
async function follow(url) {
  for (const seconds of POLLS) {
    await pause(seconds);
    const { number } = (await ask(url))?.said ?? {};
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
