// Shows how far the worker is, without a click, as long as it is at work. Without this script, « Actualiser » does it.
const EVERY = 3000;
const batch = document.getElementById("batch"), again = document.getElementById("batch-again");

async function look() {
  const answer = document.hidden ? null : await fetch(location.href).catch(() => null);
  const page = new DOMParser().parseFromString(answer?.ok ? await answer.text().catch(() => "") : "", "text/html");
  const fresh = page.getElementById("batch"), refused = answer && !fresh && answer.status < 500;
  if (refused) return void (again.hidden = false); // signed out, or no longer ours: a click says which
  if (fresh) draw(fresh), (document.title = page.title);
  if (!fresh || "running" in fresh.dataset) setTimeout(look, EVERY);
}
function draw(fresh) {
  const state = document.getElementById("batch-state"), said = fresh.querySelector("#batch-state");
  if (state.textContent !== said.textContent) state.textContent = said.textContent; // the region stays: it is read out
  if ("running" in fresh.dataset) {
    batch.querySelector("progress").value = fresh.querySelector("progress").value;
    return drawList(fresh);
  }
  const inside = batch.contains(document.activeElement);
  said.replaceWith(state);
  batch.replaceChildren(...fresh.childNodes);
  if (inside) batch.querySelector(".actions a")?.focus(); // the link that had the focus is gone
}
function drawList(fresh) { // the states only: the links keep the focus
  const items = fresh.querySelectorAll("ol > li");
  batch.querySelectorAll("ol > li").forEach((item, place) => {
    const last = items[place]?.lastChild.textContent;
    if (last && item.lastChild.textContent !== last) item.lastChild.textContent = last;
  });
}
again.hidden = true;
setTimeout(look, EVERY);
