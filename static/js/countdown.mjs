// Keeps « Il reste … » true while a page stays open. The server says when it was rendered, and the browser how long ago
// that is: a clock that is set wrong changes nothing. No live region: nobody is told of each minute.
const opened = Date.now();

function words(left) { // as the server's: the two largest units, never rounded up
  const minutes = Math.floor(left / 60_000);
  const units = [[Math.floor(minutes / 1440), "jour"], [Math.floor(minutes / 60) % 24, "heure"], [minutes % 60, "minute"]];
  const said = units.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}${count > 1 ? "s" : ""}`);
  return said.slice(0, 2).join(" et ") || "moins d'une minute";
}

function refresh() {
  for (const each of document.querySelectorAll("[data-ends]")) {
    const left = Date.parse(each.dataset.ends) - Date.parse(each.dataset.now) - (Date.now() - opened);
    const sentence = each.closest("[data-over]");
    if (left >= 0) each.textContent = words(left);
    else sentence.textContent = sentence.dataset.over;
  }
}

setInterval(refresh, 20_000);
document.addEventListener("visibilitychange", refresh); // a page that was not seen may have slept
