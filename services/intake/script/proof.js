/* ---- proof of work: the sender's device works a little for each form, so that a program that sends thousands can't ----
 *
 * The hook: `await prove(url, key, body)` before each attempt to send the FormData `body` to `url` under `key`. It puts
 * the proof into `body` as `_proof` and never fails: without one (no secure context, no challenge, a form that needs
 * none, a person whom the site vouches for) the form is sent all the same, within the limits of who has no JavaScript.
 * The proof is for this key and these answers alone; a repeat takes the same one while it holds.
 *
 * ALTCHA, version 2. WebCrypto works outside the page's thread, a few tries at a time: the page stays alive, no Worker.
 */
const UNPROVEN = new Set(["_key", "_context", "_version", "_page", "_proof", "_more"]);
// Tries under way at once, milliseconds until the work is given up, and for a challenge to come.
const TRIES = 8;
const WORK = 60_000;
const CHALLENGE = 15_000;
let proved = null;

async function prove(url, key, body) {
  body.delete("_proof");
  // Programs without JavaScript fall for it; here the work is asked for instead, and no autofill is in anybody's way.
  body.delete("_more");
  const to = new URL(url);
  if (!/\/forms\/[^/]+\/submissions$/.test(to.pathname) || body.get("_context") || !crypto.subtle) return;
  to.pathname = to.pathname.replace(/submissions$/, "challenge");
  try {
    const content = await contentOf(body);
    const purpose = `${to.href} ${key} ${content}`;
    if (proved?.purpose !== purpose || proved.until < Date.now()) {
      const challenge = await challengeFrom(to.href, { key, content });
      if (!challenge) return;
      const until = challenge.parameters.expiresAt * 1000 - 60_000;
      proved = { purpose, until, solution: await solve(challenge) };
    }
    body.set("_proof", proved.solution);
  } catch {
    // Sent without.
  }
}

async function challengeFrom(url, question) {
  const answer = await fetch(url, {
    method: "POST",
    body: JSON.stringify(question),
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    credentials: "omit",
    signal: AbortSignal.timeout(CHALLENGE),
  });
  return answer.status === 200 ? answer.json() : null;
}

/* As services/intake/entries.py makes it of what arrives. */
async function contentOf(body) {
  const digests = [];
  for (const [name, value] of body) {
    const isFile = value instanceof File;
    // A control for files that was left empty.
    if (UNPROVEN.has(name) || (isFile && !value.name && !value.size)) continue;
    digests.push(await sha256(lineEnds(name)), await sha256(isFile ? await value.arrayBuffer() : lineEnds(value)));
  }
  return hex(await sha256(await new Blob(digests).arrayBuffer()));
}

const lineEnds = (text) => new TextEncoder().encode(text.replace(/\r\n?/g, "\n"));
const sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g), (pair) => Number.parseInt(pair, 16));

/* Counts up until the derived key begins as the challenge says; resolves to what goes into `_proof`. */
async function solve({ parameters, signature }) {
  const until = Date.now() + WORK;
  for (let first = 0; Date.now() < until; first += TRIES) {
    const keys = await Promise.all(Array.from({ length: TRIES }, (_, step) => derivedKey(parameters, first + step)));
    const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
    if (found < 0) continue;
    const solution = { counter: first + found, derivedKey: keys[found] };
    return btoa(JSON.stringify({ challenge: { parameters, signature }, solution }));
  }
  throw new Error("The work takes too long.");
}

async function derivedKey({ nonce, salt, cost, keyLength }, counter) {
  const password = new Uint8Array(nonce.length / 2 + 4);
  password.set(unhex(nonce));
  new DataView(password.buffer).setUint32(nonce.length / 2, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: unhex(salt), iterations: cost };
  return hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
}
