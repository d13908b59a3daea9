from .test_journey import begin, go_on, open_step
import re
def test_probe(browse):
    page = browse(width=390)
    begin(page)
    open_step(page, "organisme")
    page.get_by_label("Dénomination").fill("hippopotomonstrosesquippedaliophobie"*4)
    go_on(page)
    open_step(page, "autres-organismes")
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    for each in page.locator("main form input[type=text]").all():
        if each.is_visible() and "siren" not in each.get_attribute("id"): each.fill("hippopotomonstrosesquippedaliophobie"*4)
    go_on(page)
    root=re.sub(r"(/dossiers/[^/]+/).*", r"\1", page.url)
    for a in ("", "verifier/","telecharger/","lien/","essentiel/cabinet/","essentiel/relire/", "etapes/organisme/", "../"):
        page.goto(root+a)
        page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
        print(a, page.evaluate("""() => [document.documentElement.scrollWidth, ...[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0,6).map(e => e.outerHTML.slice(0,140))]"""))
