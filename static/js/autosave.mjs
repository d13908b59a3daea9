// Saves a page of questions while it is filled in: one request at a time, nothing dropped, nothing kept in the browser.
const CLICK = 300; // left by a click elsewhere: nothing moves on the page before the button is up again
const PAUSE = 1000, LONGEST = 5000, SLOW = 3500, GIVE_UP = 25_000, REFUSED = 30_000, BACK_OFF = [1000, 2000, 4000, 5000];
const DOWN = "Non enregistré\u00a0: la connexion est coupée. Votre texte reste sur cette page.";
const CLOSED = "Non enregistré\u00a0: ce dossier n’est plus ouvert dans ce navigateur. Votre texte reste sur cette page.";
const EXPIRED = "Non enregistré\u00a0: votre session a expiré. Connectez-vous dans un autre onglet, ce texte reste ici.";
const CONTROLS = "input, textarea, select";
const byId = (id) => document.getElementById(id);
const status = byId("save-status"), form = status.closest("form");
const keyOf = (element) => element?.closest?.(".question")?.id.slice(2) ?? "";
const keyInput = (key) => form.querySelector(`input:is([name=keys], [name=held])[value="${key}"]`);
const isHeld = (key) => keyInput(key)?.name === "held"; // two versions are shown: not sent until the person chose

const touched = new Set(), mine = new Set(); // edited since the last request was made up; held, with a text of its own
const stale = new Set(); // to be drawn again as the server has them, once nobody is inside
const besides = new Map();
let refused = new Map(); // key → message, as the server draws it
let pending = null; // sent and not acknowledged: sent again as it was, so that it never clashes with itself
let running = null, hanging, timer, since = 0, earliest = 0, failures = 0, hour = "", leaving = false;
const only = (key) => touched.has(key) || mine.has(key) || refused.has(key) || pending?.keys.includes(key);

function say(text) {
  status.classList.toggle("save-failed", [DOWN, CLOSED, EXPIRED].includes(text));
  if (byId("sign-in")) byId("sign-in").hidden = text !== EXPIRED;
  if (status.textContent !== text) status.textContent = text; // the same is not said twice
}
function freshToken() {
  const found = document.cookie.match(new RegExp(`(?:^|; )${status.dataset.csrfCookie}=([^;]+)`));
  return found?.[1] ?? form.elements.csrfmiddlewaretoken.value;
}
function schedule(pause) {
  clearTimeout(timer);
  since ||= Date.now();
  timer = setTimeout(save, Math.max(Math.min(pause, since + LONGEST - Date.now()), earliest - Date.now(), 0));
}
function save() { // true once everything is saved, false when a try failed; whoever asks waits for the one under way
  clearTimeout(timer);
  return (running ??= run().finally(() => (running = null)));
}
async function run() {
  while (pending || touched.size) {
    pending ??= { body: new FormData(form), keys: [...touched].filter((key) => touched.delete(key)) };
    const wait = await attempt();
    [since, earliest] = [0, Date.now() + wait];
    if (wait) return schedule(wait), false;
  }
  return true;
}
async function attempt() { // after how long to try again, 0 when it was taken
  hanging = new AbortController();
  const clocks = [[() => failures || say("Enregistrement…"), 300], [say, SLOW, DOWN], [() => hanging.abort(), GIVE_UP]];
  const timers = clocks.map((clock) => setTimeout(...clock));
  let response, reply;
  try {
    pending.body.set("csrfmiddlewaretoken", freshToken());
    const said = { method: "POST", body: pending.body, headers: { Accept: "application/json" }, signal: hanging.signal };
    response = await fetch(location.href, said);
    if (response.ok) reply = await response.json(); // the page of a hotel's network is not JSON
  } catch { /* no answer: said below */ } finally { timers.forEach(clearTimeout); }
  if (reply) return (failures = 0), accept(reply), 0;
  const code = response?.status, asked = Number(response?.headers.get("Retry-After")) * 1000 || 0;
  say(code === 401 ? EXPIRED : code === 403 || code === 404 ? CLOSED : DOWN);
  if (!(code >= 400 && code < 500)) return Math.max(asked, BACK_OFF[failures++] ?? BACK_OFF.at(-1));
  pending.keys.forEach((key) => touched.add(key)); // certainly not saved: what the page then holds goes next time
  pending = null;
  return REFUSED;
}
function accept(reply) {
  pending = null;
  form.elements.base.value = reply.version;
  if (reply.saved.length) form.elements.autosaved.disabled = false;
  hour = reply.saved_words;
  Object.entries(reply.beside).forEach(drawBeside);
  if (byId("deadline")?.children.length) byId("deadline").innerHTML = reply.deadline;
  refused = new Map(Object.entries(reply.errors));
  for (const [key, html] of Object.entries(reply.elsewhere)) hold(key, html, only(key));
  for (const [key, found] of Object.entries(reply.conflicts)) hold(key, found.html, true);
  for (const key of reply.saved) if (byId(`q-${key}`)?.querySelector(".prefilled")) stale.add(key);
  drawRefusals();
  sayWhen();
  redraw();
}
function sayWhen() {
  if (touched.size) return; // more is to be sent
  const left = refused.size + mine.size, which = left > 1 ? `${left} réponses` : "une réponse";
  say(`${hour ? `Enregistré à ${hour}` : "Tout est enregistré"}${left ? `, sauf ${which}\u00a0: voyez le message à côté.` : ""}`);
}
function drawBeside([key, html]) {
  const place = byId(`beside-${key}`);
  if (!place || besides.get(key) === html) return;
  besides.set(key, html);
  place.innerHTML = html;
  if (byId(`q-${key}`).querySelector(".prefilled")) place.querySelector(".origin")?.remove(); // said there
}
function drawRefusals() { // a new message waits until the person leaves the question
  for (const question of form.querySelectorAll(".question")) {
    const key = keyOf(question), html = refused.get(key), old = byId(`err-${key}`), help = `help-${key}`;
    if (html && !old && question.contains(document.activeElement)) continue;
    old?.remove();
    if (html) byId(help).insertAdjacentHTML("afterend", html);
    question.classList.toggle("question-refused", Boolean(html));
    for (const each of question.querySelectorAll(`[aria-describedby^="${help}"]`))
      each.setAttribute("aria-describedby", html ? `${help} err-${key}` : help);
    for (const each of question.querySelectorAll(".question-control :is(input:not(.form-check-input), textarea)"))
      html ? each.setAttribute("aria-invalid", "true") : each.removeAttribute("aria-invalid");
  }
}
function hold(key, html, own) {
  if (html) byId(`conflict-${key}`)?.remove(), byId(`help-${key}`).insertAdjacentHTML("afterend", html);
  byId(`conflict-${key}`).querySelectorAll("[data-script]").forEach((each) => (each.hidden = each.dataset.script === "off"));
  keyInput(key).name = "held";
  (own ? mine : stale).add(key);
  touched.delete(key);
  refused.delete(key);
}
function release(key) {
  byId(`conflict-${key}`)?.remove();
  keyInput(key).name = "keys";
  [mine, stale, besides].forEach((each) => each.delete(key));
}
async function redraw(chosen = "") { // questions, as the page would show them now
  const keys = chosen ? [chosen] : [...stale].filter((key) => !byId(`q-${key}`).contains(document.activeElement));
  const answer = keys.length && (await fetch(location.href).then((page) => page.ok && page.text()).catch(() => ""));
  if (!answer) return chosen && say(DOWN);
  const page = new DOMParser().parseFromString(answer, "text/html");
  for (const key of keys.filter((each) => each === chosen || !only(each))) {
    const fresh = page.getElementById(`q-${key}`);
    release(key);
    byId(`q-${key}`).replaceWith(fresh ?? "");
    if (!fresh) keyInput(key).remove(); // no longer asked: without its controls, it would be sent as emptied
    if (chosen) fresh?.querySelector(CONTROLS)?.focus();
  }
  sayWhen();
}
for (const kind of ["input", "change"]) form.addEventListener(kind, ({ target }) => {
  const key = keyOf(target);
  leaving = false;
  if (isHeld(key)) return mine.add(key);
  touched.add(key);
  schedule(PAUSE);
});
form.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (keyOf(target) && keyOf(target) === keyOf(relatedTarget)) return;
  setTimeout(() => (drawRefusals(), redraw()), CLICK);
  if (touched.size) schedule(CLICK);
});
form.addEventListener("click", ({ target }) => {
  const key = keyOf(target), choice = target.closest("[data-choice]")?.dataset.choice;
  if (choice === "theirs") redraw(key);
  if (choice !== "mine") return;
  release(key);
  byId(`q-${key}`).querySelector(CONTROLS)?.focus();
  touched.add(key);
  schedule(0);
});
form.addEventListener("submit", async (event) => { // all is saved first: what fails leaves the page as it is
  form.elements.csrfmiddlewaretoken.value = freshToken();
  if (!touched.size && !pending && !mine.size) return void (leaving = true);
  event.preventDefault();
  const whole = await save();
  if (mine.size) byId(`conflict-${[...mine][0]}`).focus();
  else if (whole) form.requestSubmit(event.submitter);
});
addEventListener("beforeunload", (event) => {
  const unsaved = touched.size || pending || mine.size || refused.size;
  if (unsaved && !leaving && navigator.userActivation?.hasBeenActive !== false) event.preventDefault();
});
const again = () => { // the connection, or the person, is back: no need to wait
  if (failures) hanging.abort();
  Promise.resolve(running).then(save);
};
addEventListener("online", again);
document.addEventListener("visibilitychange", again);
for (const error of form.querySelectorAll(".question-error")) refused.set(keyOf(error), error.outerHTML);
for (const box of form.querySelectorAll("[data-conflict]")) hold(keyOf(box), "", true);
