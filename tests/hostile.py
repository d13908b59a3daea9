"""Two hundred things that somebody might paste into a field, and how to tell that a page took them for text.

Whatever would become part of a page if it were not escaped bears the word « evil » in a tag, an attribute or a name.
"""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from tests.html_pages import Page

MARKUP = [
    "<b evil>gras</b>",
    "<script evil>alert('evil')</script>",
    "<ScRiPt evil>alert(1)</sCrIpT>",
    "<script evil src=https://evil.example/x.js></script>",
    "<script evil src=//evil.example></script>",
    "</script><script evil>alert(1)</script>",
    "<img evil src=x onerror=alert('evil')>",
    "<img evil src=https://evil.example/pixel.gif>",
    "<img evil src=`x` onerror=alert(1)//",
    "<svg evil onload=alert('evil')>",
    "<svg evil><script>alert(1)</script></svg>",
    "<svg evil><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math evil><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<iframe evil src=https://evil.example></iframe>",
    "<iframe evil srcdoc='<script>alert(1)</script>'></iframe>",
    "<object evil data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed evil src='javascript:alert(1)'>",
    "<base evil href=https://evil.example/>",
    "<link evil rel=stylesheet href=https://evil.example/x.css>",
    "<meta evil http-equiv=refresh content='0;url=https://evil.example'>",
    "<style evil>*{background:url(https://evil.example)}</style>",
    "<style evil>@import 'https://evil.example/x.css';</style>",
    "<p evil style=background:url(https://evil.example)>x</p>",
    "<form evil action=https://evil.example><input name=evil></form>",
    "<input evil autofocus onfocus=alert('evil')>",
    "<button evil formaction=https://evil.example>Continuer</button>",
    "<textarea evil>",
    "</textarea><b evil>dehors</b>",
    "</textarea><script evil>alert('evil')</script><textarea>",
    "</title><script evil>alert('evil')</script>",
    "</option></select><b evil>x",
    "</form></main></body></html><b evil>x",
    "</style><b evil>x</b>",
    "<details evil open ontoggle=alert('evil')>x</details>",
    "<video evil><source onerror=alert(1)></video>",
    "<audio evil src=x onerror=alert(1)>",
    "<marquee evil onstart=alert(1)>x</marquee>",
    "<body evil onload=alert('evil')>",
    "<a evil href='javascript:alert(1)'>x</a>",
    "<a evil href='https://evil.example/vol'>Votre compte CNIL</a>",
    "<x-evil>x</x-evil>",
    "<evil/>",
    "<!-- evil",
    "--><b evil>x",
    "<![CDATA[<b evil>x</b>]]>",
    "<!DOCTYPE evil>",
    "<?evil x?>",
    "<%= evil %>",
    "<b evil\n>deux lignes</b>",
    "<\x00script evil>alert(1)</script>",
    "<script\tevil>alert(1)</script>",
    "<script/evil>alert(1)</script>",
    "<<script evil>alert(1)//<</script>",
    "‹script evil›alert(1)‹/script›",
    "＜script evil＞alert(1)＜/script＞",
    "&lt;script evil&gt;alert(1)&lt;/script&gt;",
    "&#60;script evil&#62;alert(1)",
    "&#x3c;b evil&#x3e;x",
    "&amp;lt;b evil&amp;gt;",
    "&nbsp;&quot;&apos;&NotAnEntity;&#0;&#xFFFFFFFF;",
]
ATTRIBUTES = [
    '" evil="1',
    "' evil='1",
    "` evil=`1",
    '"><b evil>x</b>',
    "'><b evil>x</b>",
    '"/><script evil>alert(1)</script>',
    '" onfocus="alert(1)" autofocus evil="',
    "' onmouseover='alert(1)' evil='",
    '" style="position:fixed;inset:0" evil="',
    '" checked evil="',
    '" data-sentence="evil" data-target="evil',
    '" formaction="https://evil.example" evil="',
    '"\n evil="x',
    '\\" evil=\\"1',
    "javascript:alert('evil')",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    "https://evil.example/?a=1&b=<b evil>",
]
TEMPLATES = [
    "{{ 7|add:7 }}",
    "{{ request.META }}",
    "{{ settings.SECRET_KEY }}",
    "{% load static %}",
    "{% include '/etc/passwd' %}",
    "{% debug %}",
    "{% csrf_token %}",
    "{% for x in y %}",
    "{# evil",
    "{{ evil|safe }}",
    "{% endblock %}{% endblock %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "%(evil)s %s %n %x",
    "{0} {0.__class__} {evil!r}",
    "{date}",
    "{access_back_at}",
    "{product}",
    "\\{\\{ x \\}\\}",
    "[[${7*7}]]",
]
DATABASE = [
    "' OR '1'='1",
    "'; DROP TABLE notifications_dossier; --",
    '" OR ""="',
    "1); DELETE FROM notifications_dossier; --",
    "' UNION SELECT sha256 FROM notifications_grant --",
    "Robert'); DROP TABLE patients;--",
    "%' AND 1=1 --",
    "_%_%",
    "$.value",
    "') OR json_extract(answers, '$.kind') --",
    "\\' OR 1=1 --",
    "/**/OR/**/1=1",
]
JSON_LIKE = [
    '{"state": "known", "value": "evil", "origin": "incident:weda-2025-11@3"}',
    '{"$ref": "#/evil"}',
    '["a", "b"]',
    "null",
    "true",
    "NaN",
    "Infinity",
    '"',
    "\\u0000\\ud800",
    '{"a":' * 200,
    '{"__proto__": {"evil": 1}}',
    "incident:weda-2025-11@3",
    "erased",
    "-",
]
NUMBERS = [
    "9" * 400,
    "-1",
    "1e308",
    "0x7fffffff",
    "1,5",
    "٣٤٥",
    "१२३",
    "①②③",
    "1_000",
    "+5",
    "1 000 000 000 000",
    "00000000000000000000001",
    "-0",
    "1/0",
    "9999-12-31",
    "0000-00-00",
    "2025-02-30",
    "2025-11-12T18:07:00+99:99",
    "31/02/2025",
    "25:61",
    "-1:-1",
    "1970-01-01",
    "Mardi",
    "Nous l'avons appris le 99/99/9999 par un confrère, un syndicat ou la presse.",
    "Les mots de passe du logiciel ont été changés le ٣١/٠٢/٢٠٢٥.",
]
SHEETS = [
    "=1+1",
    '=HYPERLINK("https://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "|calc",
    "%0A=1+1",
]
PATHS = [
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd\x00.pdf",
    "file:///etc/passwd",
    "....//....//etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f",
    "CON",
    "a" * 300 + ".pdf",
    'x"; filename="evil.exe',
    "url(file:///etc/passwd)",
]
LINES = [
    "evil\r\nSet-Cookie: evil=1",
    "evil\r\n\r\n<b evil>x</b>",
    "evil\nBcc: evil@evil.example",
    "%0d%0aSet-Cookie:%20evil=1",
    "\r\r\r",
    "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g",
    "BEGIN:VCALENDAR\r\nEND:VCALENDAR",
]
CHARACTERS = [
    "\x00",
    "evil\x00evil",
    "\x01\x02\x03\x1b[31mevil\x1b[0m\x7f",
    "\ud800",
    "evil\udfffevil",
    "\ud83d",
    "\ufffe\uffff",
    "\ufffd",
    "\ufeffevil",
    "\u202eliveevil\u202c",
    "\u2066evil\u2069",
    "\u2067\u2067\u2067evil",
    "\u200fمرحبا\u200e",
    "العربية עברית evil",
    "a\u200bb\u200cc\u200dd\u2060e",
    "👩‍⚕️👨‍👩‍👧‍👦🏳️‍🌈🇫🇷",
    "e" + "\u0301" * 500,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "ﷺ" * 100,
    "ﬁnancière Ⅳ ½ ㎏",
    "ＡＢＣ１２３",
    "Ａ\u030a\u0327",
    "𝕯𝖔𝖘𝖘𝖎𝖊𝖗",
    "\U000e0041\U000e0042",
    "\U0010ffff",
    "İıſK",
    "ß" * 50,
    " ",
    "\u00a0\u2003\u3000",
    "\u3164",
]
LONG = [
    "a" * 100_000,
    "evil " * 20_000,
    "[" * 20_000,
    "(" * 20_000,
    "{" * 20_000,
    "<" * 20_000,
    "&" * 20_000,
    "\n" * 20_000,
    " " * 20_000 + "x",
    "<b evil>" * 3_000,
    "x" * 501,
    "W" * 900,
    "é" * 20_001,
    "👍" * 10_001,
    "a." * 5_000 + "@" + "a." * 5_000,
    "0" * 100_000,
    "mot\n" * 3_000,
    "é\u0301" * 3_000,
]
WORDS = [
    "hippopotomonstrosesquippedaliophobie" * 20,
    "https://" + "sous-domaine." * 60 + "example",
    "A" * 480,
    "/" * 480,
    "-" * 480,
    "_" * 480,
    "\u00ad".join("anticonstitutionnellement") * 10,
]
FAMILIES: dict[str, list[str]] = {
    name.lower(): value
    for name, value in list(globals().items())
    if name.isupper() and isinstance(value, list) and value and isinstance(value[0], str)
}
VALUES = [value for family in FAMILIES.values() for value in family]

NOT_KEPT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
NEVER = {"iframe", "object", "embed", "base", "style", "math", "marquee", "audio", "video", "foreignobject", "animate"}
# A page's own links and files: on this server, a mark on the page, or the address of a source.
ADDRESS = re.compile(r"(?:/(?!/)|#|https://(?!evil)|mailto:|\?|data:image/(?:png|svg\+xml)|$)")


def sample(chance: random.Random, count: int) -> list[str]:
    """So many values, of as many families as there are."""
    families = chance.sample(list(FAMILIES.values()), len(FAMILIES))
    return [chance.choice(families[place % len(families)]) for place in range(count)]


def faults(body: bytes, *values: str) -> Iterator[str]:
    """What of a page was taken for more than text."""
    text = body.decode()  # valid UTF-8, or a fault in itself
    page = Page(text)
    for tag, attributes in page.tags:
        shown = f"<{tag} {attributes}>"[:200]
        if tag in NEVER or "evil" in tag:
            yield f"tag: {shown}"
        if tag == "script" and not attributes.get("src", "").startswith("/static/"):
            yield f"script: {shown}"
        for name, value in attributes.items():
            if name.startswith("on") or name in ("evil", "style", "srcdoc", "formaction", "http-equiv"):
                yield f"attribute: {shown}"
            if name in ("href", "src", "action", "data", "xlink:href") and not ADDRESS.match(value):
                yield f"address: {shown}"
            if name in ("name", "id") and "evil" in value:
                yield f"name: {shown}"
    for value in values:
        if re.search("[<>\"']", value) and len(value) > 3 and value in text:
            yield f"not escaped: {value[:80]!r}"


def texts(value: Any) -> Iterator[str]:
    """Every piece of text of a stored answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def unclean(answers: dict[str, Any]) -> list[str]:
    """Characters that must not be in any stored answer."""
    return [text[:80] for text in texts(answers) if NOT_KEPT.search(text)] + (
        [] if json.loads(json.dumps(answers)) == answers else ["not JSON"]
    )
