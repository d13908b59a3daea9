// Boxes that write plain sentences: a box is ticked exactly when its sentence stands in the text. The server does the
// same for pages without scripts.
const NO_DATE = "(date à préciser)";
const boxesOf = (area) => document.querySelectorAll(`[data-sentence][data-target="${area.id}"]`);
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function pattern(box) {
  const parts = box.dataset.sentence.split("{date}").map(escaped);
  return parts.join(`(?:\\d{2}/\\d{2}/\\d{4}|${escaped(NO_DATE)})`);
}

function sentence(box) {
  const day = document.getElementById(box.dataset.date)?.value;
  return box.dataset.sentence.replace("{date}", day ? day.split("-").reverse().join("/") : NO_DATE);
}

function write(box) {
  const area = document.getElementById(box.dataset.target), stands = new RegExp(pattern(box));
  if (!box.checked) area.value = area.value.replace(new RegExp(`\\n?${pattern(box)}`), "").replace(/^\n/, "");
  else if (stands.test(area.value)) area.value = area.value.replace(stands, () => sentence(box));
  else area.value = [area.value.trimEnd(), sentence(box)].filter(Boolean).join("\n");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("change", ({ target }) => {
  const box = target.dataset.sentence ? target : document.querySelector(`[data-date="${target.id}"]`);
  if (box && (box === target || box.checked)) write(box);
});

document.addEventListener("input", ({ target }) => {
  if (!target.matches("textarea")) return;
  for (const box of boxesOf(target)) box.checked = new RegExp(pattern(box)).test(target.value);
});
