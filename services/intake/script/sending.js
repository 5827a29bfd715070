/* ---- sending: the same key until somebody answers ---- */

// Seconds between attempts; after the last one the person decides, or the network when it comes back.
const PAUSES = [2, 4, 8, 15, 30, 30, 60];
// Milliseconds in which nothing moves before an attempt is given up: large files take long over a slow line.
const STALLED = 60_000;

/* {status, later, said}, or null when there was no answer. */
function post(url, body, key, progress) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    let clock;
    const moved = () => {
      clearTimeout(clock);
      clock = setTimeout(() => request.abort(), STALLED);
    };
    // Without a network nothing moves any more: better to say so than to look busy.
    const cut = () => request.abort();
    addEventListener("offline", cut);
    const over = (answer) => {
      clearTimeout(clock);
      removeEventListener("offline", cut);
      done(answer);
    };
    request.upload.addEventListener("progress", (event) => {
      moved();
      if (event.lengthComputable) progress(event.loaded, event.total);
    });
    request.addEventListener("progress", moved);
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => over(null));
    request.addEventListener("load", () => {
      let said = {};
      try {
        said = JSON.parse(request.responseText);
      } catch {
        // A proxy's page: its status says enough.
      }
      const later = Number(request.getResponseHeader("Retry-After")) || 0;
      over(request.status ? { ok: request.status < 300, status: request.status, later, said } : null);
    });
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", key);
    moved();
    request.send(body);
  });
}

/* The answer, or null when the person chose to go back to the form. */
async function send(root, url, body, key, spoken) {
  const heavy = [...body.values()].some((value) => value instanceof File && value.size > 200_000);
  for (let attempt = 0; ; attempt += 1) {
    wait(root, heavy ? spoken.uploading : spoken.sending);
    const bar = part(root, "progress");
    await prove(url, key, body);
    const answer = await post(url, body, key, (loaded, total) => {
      bar.hidden = !heavy;
      bar.value = loaded / total;
      if (loaded === total) part(root, "wait-title").textContent = spoken.sending;
    });
    bar.hidden = true;
    if (answer && !AGAIN.has(answer.status)) return answer;
    const seconds = attempt < PAUSES.length ? Math.max(PAUSES[attempt], answer?.later ?? 0) : Infinity;
    const reason = answer?.status === 429 ? answer.said.detail : "";
    if (!(await holdOn(root, seconds, spoken, reason))) return null;
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

/* `reason`: what intake said, when it answers and asks for patience. True: try again, by the clock, the button, or the network coming back. False: back to the form. */
function holdOn(root, seconds, spoken, reason = "") {
  const offline = navigator.onLine === false;
  wait(root, offline ? spoken.offline_title : spoken.retry_title, true);
  return new Promise((done) => {
    const over = new AbortController();
    let left = seconds;
    const finish = (again) => {
      clearInterval(clock);
      over.abort();
      done(again);
    };
    const tick = () => {
      const waiting = left === Infinity ? spoken.gave_up : fill(spoken.retrying, { seconds: left });
      part(root, "wait-text").textContent = navigator.onLine === false ? spoken.offline : reason || waiting;
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
