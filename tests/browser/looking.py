"""A page gone through as it stands: accessible (axe), no wider than the screen."""

from axe_playwright_python.base import AXE_SCRIPT

LOOKS = [(320, "light"), (1280, "dark")]
# Axe reads the same few colours thousands of times, slowly; here each is read once.
EACH_COLOUR_ONCE = """(() => {
  const { Color } = axe.commons.color, parse = Color.prototype.parseString, known = new Map();
  Color.prototype.parseString = function (text) {
    if (known.has(text)) [this.r, this.g, this.b, this.alpha] = known.get(text);
    else known.set(text, (parse.call(this, text), [this.r, this.g, this.b, this.alpha]));
    return this;
  };
})()"""


def look(page, looks):
    """Faults of the page that is open, found by axe in these looks, folded parts opened too; at no width is it wider
    than the screen."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(f"{AXE_SCRIPT}; {EACH_COLOUR_ONCE}")
    return [fault for width, scheme in LOOKS for fault in faults_at(page, width, scheme, (width, scheme) in looks)]


def faults_at(page, width, scheme, thoroughly):
    page.set_viewport_size({"width": width, "height": 900})
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        yield f"{page.url}: wider than {width}"
    if not thoroughly:
        return
    page.emulate_media(color_scheme=scheme)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] }).then(found => found.violations)")
    for fault in found:
        yield f"{page.url} ({width}, {scheme}): {fault['id']}: {fault['nodes'][0]['html'][:200]}"
