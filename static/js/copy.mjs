// Copies the text that is shown, exactly, and keeps a mark of it. Without this script the same buttons only mark.
const said = document.getElementById("copy-said"), progress = document.getElementById("copy-progress");
const forms = [...document.querySelectorAll(".copy-piece")];
const buttonOf = (form) => form.querySelector("button");
const textOf = (form) => form.querySelector(".copy-text");

for (const form of forms) if (form.dataset.how === "copy") form.querySelector(".copy-verb").textContent = "Copier";

function say(text) { // the same words twice are two news
  said.textContent = "";
  setTimeout(() => (said.textContent = text));
}
let kept = Promise.resolve(); // one mark after the other, so that the count never goes back

async function copied(form) {
  const text = textOf(form);
  try {
    await navigator.clipboard.writeText(text.textContent);
    return true;
  } catch { // refused by the browser: the person copies what is selected
    getSelection().selectAllChildren(text);
    return false;
  }
}
async function keep(form) {
  const sent = { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } };
  try {
    const response = await fetch(location.href, sent);
    if (!response.ok) return false;
    const reply = await response.json();
    form.querySelector(".copy-state").innerHTML = reply.state;
    progress.innerHTML = reply.progress;
    return true;
  } catch {
    return false;
  }
}
async function done(form, keyboard) {
  const ticked = form.dataset.how === "tick", place = form.querySelector(".copy-state"), next = forms[forms.indexOf(form) + 1];
  if (!ticked && !(await copied(form))) {
    place.textContent = "Copie refusée par le navigateur\u00a0: le texte est sélectionné, copiez-le avec Ctrl + C.";
    return say(place.textContent);
  }
  say(ticked ? "Noté" : "Copié");
  if (keyboard && next) go(next); // by mouse, nothing moves
  kept = kept.then(() => keep(form));
  if (await kept) return;
  place.textContent = ticked ? "La marque n’a pas pu être gardée." : "Copié, mais la marque n’a pas pu être gardée.";
  say(place.textContent);
}
function go(form) {
  buttonOf(form).focus({ preventScroll: true });
  form.closest(".copy-field").scrollIntoView({ block: "nearest" });
}
for (const form of forms) buttonOf(form).addEventListener("click", (event) => {
  event.preventDefault();
  done(form, event.detail === 0);
});
