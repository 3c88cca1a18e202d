"""Documents of many kinds in which the same person's data is encoded, and all that can be read in a document."""

from __future__ import annotations

import base64
import email
import email.policy
import html
import io
import json
import quopri
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import quote, unquote, unquote_plus

NAME, PHONE, MAIL, SSN, CARD = "Ann Lee", "206-555-0147", "ann.lee@example.org", "536-22-8146", "4111 1111 1111 1111"
VALUES = (NAME, PHONE, MAIL, SSN, CARD)
LINE = f"{NAME} at {PHONE} or {MAIL}, SSN {SSN}, card {CARD}"


def every_u(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in text)


def b64(text: str, codec: str = "utf-8") -> str:
    return base64.b64encode(text.encode(codec)).decode()


def every_entity(text: str, form: str = "&#{};") -> str:
    return "".join(form.format(ord(c)) for c in text)


def every_percent(text: str) -> str:
    return "".join(f"%{ord(c):02X}" for c in text)


def archive(**members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        for name, text in members.items():
            file.writestr(name.replace("__", "/") + ".xml", text)
    return made.getvalue()


def open_document(kind: str, **members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}", zipfile.ZIP_STORED)
        file.writestr("META-INF/manifest.xml", '<m:manifest xmlns:m="m"><m:file-entry m:full-path="/"/></m:manifest>')
        for name, text in members.items():
            file.writestr(f"{name}.xml", f"<o:doc {ODF}>{text}</o:doc>")
    return made.getvalue()


def sealed_document() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        file.writestr("META-INF/manifest.xml", '<m:manifest xmlns:m="m"><m:encryption-data/></m:manifest>')
        file.writestr("content.xml", b"\x8f\x01")
    return made.getvalue()


ODF = 'xmlns:o="o" xmlns:text="t" xmlns:table="b" xmlns:office="f" xmlns:dc="d" xmlns:meta="m" xmlns:xlink="x" xmlns:draw="w"'


def mail(head: str, body: str) -> bytes:
    return f"From: {NAME} <{MAIL}>\nTo: bo@example.org\nMIME-Version: 1.0\n{head}\n\n{body}\n".replace(
        "\n", "\r\n"
    ).encode()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'

DOCUMENTS: dict[str, bytes] = {
    "escapes.json": json.dumps({"note": "@"}).replace("@", every_u(f"write to {MAIL} or {PHONE}")).encode(),
    "in_json.json": json.dumps({"payload": json.dumps({"name": NAME, "mail": MAIL, "ssn": SSN})}).encode(),
    "deep.json": json.dumps([json.dumps({"a": json.dumps({"card": 4111111111111111, "tel": PHONE})})]).encode(),
    "numbers.json": b'{"card": 4111111111111111, "ssn": 536228146, "phone": 2065550147, "n": 1.50, "ok": true}',
    "pairs.json": ('["' + every_u("\U0001f44d")[:0] + "\\ud83d\\udc4d call \\u0032\\u0030\\u0036-555-0147 \\ud83d\\udc4d" + '"]').encode(),
    "html_in.json": json.dumps({"body": f"<p>{NAME.replace(' ', '&nbsp;')} &lt;{MAIL.replace('@', '&#64;')}&gt;</p>"}).encode(),
    "url_in.json": json.dumps({"next": f"https://x.example/a?mail={quote(MAIL, safe='')}&tel={every_percent(PHONE)}"}).encode(),
    "base64_in.json": json.dumps({"blob": b64(f"mail: {MAIL}; phone: {PHONE}")}).encode(),
    "keys.json": json.dumps({MAIL: 1, PHONE: {"x": None}}).encode(),
    "broken_lines.json.txt": f'{{"mail": "{MAIL}"}}\n{{"ssn": 536228146,\n'.encode(),
    "lines.jsonl": "".join(json.dumps({"t": n, "user": {"name": NAME, "phone": PHONE}}) + "\n" for n in range(3)).encode(),
    "prefixed.log": f'2026-03-01 12:00:01 INFO {json.dumps({"mail": MAIL}).replace("@", every_u("@"))}\n'.encode(),
    "quotes.csv": f'id,full name,phone,notes\r\n1,"Lee, Ann",{PHONE},"she said ""{MAIL}"""\r\n'.encode(),
    "semicolons.csv": f"name;ssn;card\n{NAME};{SSN};{CARD.replace(' ', '')}".encode(),
    "tabs.tsv": f"name\tphone\n{NAME}\t{PHONE}\n".encode(),
    "one_head.csv": b"id,ssn\n1,536228146\n2,\n",
    "json_cell.csv": ('id,data\n1,"' + json.dumps({"name": NAME, "mail": MAIL}).replace('"', '""') + '"\n').encode(),
    "lines_in_cell.csv": f'id,notes\n1,"first\n{LINE}\nlast"\n'.encode(),
    "long.csv": ("id,ssn,phone\n" + "".join(f"{n},536228146,{PHONE}\n" for n in range(450))).encode(),
    "decimal.html": f"<!doctype html><p>{every_entity(LINE)}</p>".encode(),
    "hex.html": f"<!doctype html><p>{every_entity(LINE, '&#x{:x};')}</p>".encode(),
    "tags.html": f"<html><p>ann<b>.lee</b>@example.org <i>206</i>-555-<i>0147</i> <span>x:</span><span>{SSN}</span></p></html>".encode(),
    "attributes.html": f"<html><img alt='{NAME}, {PHONE}' data-m={MAIL}><input name=ssn value='{SSN}'></html>".encode(),
    "script.html": f'<html><script type="application/ld+json">{json.dumps({"name": NAME, "telephone": PHONE})}</script><!-- {MAIL} --><textarea>{SSN}</textarea></html>'.encode(),
    "western.html": f'<html><meta charset="windows-1252"><p>Caf\xe9 \x80: {LINE}</p></html>'.encode("latin-1"),
    "links.html": f'<html><a href="mailto:{every_percent(MAIL)}">m</a><a href="tel:+1{PHONE.replace("-", "")}">t</a></html>'.encode(),
    "table.html": f"<html><table><tr><th>name</th><th>ssn</th></tr><tr><td>{NAME}</td><td>536228146</td></tr></table></html>".encode(),
    "cdata.xml": f'<?xml version="1.0"?><a><note><![CDATA[{LINE}]]></note></a>'.encode(),
    "attributes.xml": f'<?xml version="1.0"?><c name="{NAME}" mail="ann.lee&#x40;example.org"><ssn>536228146</ssn></c>'.encode(),
    "latin.xml": f'<?xml version="1.0" encoding="ISO-8859-1"?><n>Z\xfcrich: {LINE}</n>'.encode("latin-1"),
    "split.xml": b"<d><r><t>206-5</t></r><r><t>55-0147</t></r></d>",
    "form.txt": f"name=Ann+Lee&mail={quote(MAIL, safe='')}&phone={PHONE}&ssn={every_percent(SSN)}".encode(),
    "twice.txt": f"GET /a?b={quote(every_percent(MAIL), safe='')} and {quote(quote(PHONE + ' %'))}".encode(),
    "basic.log": f"Authorization: Basic {b64(MAIL + ':x')}\nsession {b64(json.dumps({'phone': PHONE, 'name': NAME}))}\n".encode(),
    "hex.log": f"payload 0x{LINE.encode().hex()} and {MAIL.encode().hex().upper()}\n".encode(),
    "repr.log": ("b'" + "".join(f"\\x{ord(c):02x}" for c in MAIL) + f"' {every_u(PHONE)}\n").encode(),
    "shell.log": f"powershell -enc {b64(f'mail {MAIL}', 'utf-16-le')}\n".encode(),
    "wrapped.txt": ("kept:\n" + base64.encodebytes((LINE + "\n").encode() * 3).decode()).encode(),
    "base64.eml": mail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", base64.encodebytes(LINE.encode()).decode()),
    "both.eml": mail(
        'Content-Type: multipart/alternative; boundary="xx"',
        f"--xx\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n{quopri.encodestring(LINE.encode()).decode()}\n"
        f"--xx\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n{b64('<p>' + every_entity(LINE) + '</p>')}\n--xx--",
    ),
    "headers.eml": mail(
        f"Subject: =?utf-8?B?{b64('Call Ann ')}?=\n =?utf-8?B?{b64('Lee on ' + PHONE)}?=\nX-Note: SSN\n 536-22-8146\n"
        f'Content-Type: text/plain; name="{NAME}.txt"',
        f"> On Monday {NAME} <{MAIL}> wrote:\n>> card {CARD}",
    ),
    "attached.eml": mail(
        'Content-Type: multipart/mixed; boundary="b1"',
        f"--b1\nContent-Type: text/csv\nContent-Transfer-Encoding: base64\n\n{b64(f'name,phone{chr(10)}{NAME},{PHONE}{chr(10)}')}\n--b1--",
    ),
    "forwarded.eml": mail(
        'Content-Type: multipart/mixed; boundary="o"',
        f"--o\nContent-Type: message/rfc822\n\nSubject: =?us-ascii?q?SSN_536-22-8146?=\nFrom: {MAIL}\n\nring {PHONE}\n--o--",
    ),
    "latin.eml": mail("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit", "@").replace(b"@\r\n", f"Gr\xfc\xdfe, {LINE}\r\n".encode("latin-1")),
    "box.mbox": b"From ann Mon Mar  2 2026\nSubject: x\n\nfirst\n\nFrom bo Mon Mar  2 2026\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(LINE.encode()),
    "notes.md": f"# Call\n\n* **Ann** **Lee**, ann\\.lee\\@example\\.org, 206\\-555\\-0147\n* [mail](mailto:{quote(MAIL, safe='')}) &#53;36-22-8146\n".encode(),
    "card.vcf": b"BEGIN:VCARD\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=41=6E=6E=20=4C=65=65\nEMAIL;QUOTED-PRINTABLE:=61=6E=6E.lee=40example.org\nEND:VCARD\n",
    "people.ldif": f"dn: cn=x\nmail:: {b64(MAIL)}\ntelephoneNumber: {PHONE}\n".encode(),
    "values.yml": f'mail: "ann.lee\\u0040example.org"\nphone: "{PHONE}"\nssn: {SSN}\n'.encode(),
    "addressed.eml": b"From: Ann Lee <ann.lee@example.org>\r\nTo: ann.lee@example.org, \"Lee, Ann\" <ann.lee@example.org>\r\n"
    b"Cc: =?iso-8859-1?q?Ann=20Lee?=\r\n =?iso-8859-1?q?_=3Cann=2Elee?= <ann.lee@example.org>\r\nMessage-ID: <ann.lee@example.org>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhi\r\n",
    "colours.log": f"\x1b[31m{MAIL}\x1b[0m ssn \x1b[1m{SSN}\x1b[0m {PHONE}\x1b[K\n".encode(),
    "pieces.xml": b"<a>ann.lee<![CDATA[@]]>example.org and 206<!-- x -->-555-0147 <b>ann.lee@example.org</b></a>",
    "soft.html": b"<html><p>ann.lee&shy;@exam&#x200b;ple.org 206&shy;-555-0147 ann.lee<!-- x -->@example.org ann.lee<wbr>@example.org</p></html>",
    "breaks.txt": f"{NAME}\u2028{MAIL}\u2029{PHONE}\x85SSN {SSN}\x0b{CARD}\x0c".encode(),
    "split.txt": b"Card: 4111 1111\n1111 1111\nSSN: 536-22-\n8146\nEmail:\nann.lee@\nexample.org\nPhone: (206)\n555-0147 or 206-555-0147\n",
    "unseen.txt": f"SSN 5\u200b36-22-8146, {MAIL[:7]}\u200b{MAIL[7:]}, {CARD.replace(' ', chr(0xA0))}, {PHONE.replace('-', chr(0x2011))}, {PHONE}".encode(),
    "wide.txt": b"\xfe\xff" + LINE.encode("utf-16-be"),
    "wider.txt": b"\xff\xfe\x00\x00" + LINE.encode("utf-32-le"),
    "wide.json": b"\xff\xfe" + json.dumps({"note": LINE}).encode("utf-16-le"),
    "letter.docx": archive(
        word__document=f'<w:document {W}><w:body><w:p><w:r><w:t>Ann</w:t></w:r><w:r><w:t xml:space="preserve"> L</w:t></w:r><w:r><w:t>ee, SSN 536-</w:t></w:r>'
        f"<w:r><w:rPr><w:b/></w:rPr><w:t>22-8146</w:t></w:r></w:p><w:p><w:r><w:t>{PHONE} &amp; {MAIL}</w:t></w:r></w:p></w:body></w:document>",
        docProps__core=f"<cp:coreProperties><dc:creator>{NAME}</dc:creator></cp:coreProperties>",
        word__comments=f'<w:comments {W}><w:comment w:author="{NAME}"><w:p><w:r><w:t>card {CARD}</w:t></w:r></w:p></w:comment></w:comments>',
    ),
    "people.xlsx": archive(
        xl__sharedStrings=f"<sst {S}><si><t>full name</t></si><si><t>ssn</t></si><si><r><t>Ann</t></r><r><t xml:space=\"preserve\"> Lee</t></r></si></sst>",
        xl__worksheets__sheet1=f'<worksheet {S}><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>card</t></is></c></row>'
        '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1"><v>536228146</v></c><c r="C2"><v>4111111111111111</v></c></row></sheetData></worksheet>',
    ),
    "letter.odt": open_document(
        "text",
        content=f'<text:p>I am <text:span>Ann</text:span><text:s text:c="2"/><text:span>Lee</text:span>, SSN 536-<text:span>22-8146</text:span></text:p>'
        f'<text:h>{PHONE} &amp; <text:a xlink:href="mailto:{MAIL}">{MAIL}</text:a></text:h><text:tracked-changes><dc:creator>{NAME}</dc:creator></text:tracked-changes>'
        f"<office:annotation><dc:creator>{NAME}</dc:creator><text:p>card {CARD}</text:p></office:annotation>",
        meta=f"<office:meta><meta:initial-creator>{NAME}</meta:initial-creator><dc:title>for {MAIL}</dc:title></office:meta>",
    ),
    "people.ods": open_document(
        "spreadsheet",
        content="<table:table-row><table:table-cell><text:p>full name</text:p></table:table-cell><table:table-cell><text:p>ssn</text:p></table:table-cell>"
        "<table:table-cell><text:p>card</text:p></table:table-cell></table:table-row>"
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{NAME}</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="536228146"><text:p>536228146</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="4111111111111111"><text:p>4.1E+15</text:p></table:table-cell></table:table-row>',
    ),
    "talk.odp": open_document("presentation", content=f"<draw:page><text:p>Ring 206-<text:span>555-0147</text:span></text:p><text:p>{MAIL}</text:p></draw:page>"),
    "talk.pptx": archive(ppt__slides__slide1=f"<p:sld {A}><a:p><a:r><a:t>Ring 206-</a:t></a:r><a:r><a:t>555-0147</a:t></a:r></a:p><a:p><a:r><a:t>{MAIL}</a:t></a:r></a:p></p:sld>"),
}  # fmt: skip


def readable(data: bytes, depth: int = 0) -> Iterator[str]:
    """All that can be read in some bytes, whatever they are: decoded by ways that share nothing with the product."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for name in file.namelist():
                yield from readable(file.read(name), depth)
        return
    for mark, codec in ((b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            yield from _each(data.decode(codec), depth)
            return
    yield from _each(data.decode("utf-8", "replace"), depth)
    if re.match(rb"[A-Za-z-]+: ", data):
        message = email.message_from_bytes(data, policy=email.policy.default)
        for part in message.walk():
            yield from _each("\n".join(f"{name}: {value}" for name, value in part.items()), depth)
            if not part.is_multipart():
                yield from readable(part.get_payload(decode=True) or b"", depth + 1)


def _each(text: str, depth: int) -> Iterator[str]:
    yield text
    yield re.sub(r"<[^>]*>", "", text)
    yield text.replace("*", "").replace("\\", "")
    if depth > 6:
        return
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    escaped = re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)
    escaped = escaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for other in (
        html.unescape(text),
        unquote(text),
        unquote_plus(text),
        escaped,
        text.replace('\\"', '"'),
        quopri.decodestring(text.encode()).decode("utf-8", "replace"),
    ):
        if other != text:
            yield from _each(other, depth + 3)
    for blob in re.findall(r"(?:[A-Za-z0-9+/]{40,}\n)+[A-Za-z0-9+/=]+|[A-Za-z0-9+/]{8,}=*", text):
        try:
            found = base64.b64decode(blob + "=" * (-len("".join(blob.split())) % 4))
        except ValueError:
            continue
        for codec in ("utf-8", "utf-16-le"):
            yield from _each(found.decode(codec, "replace"), depth + 4)
    for digits in re.findall("(?:[0-9a-fA-F]{2}){8,}", text):
        yield from _each(bytes.fromhex(digits).decode("utf-8", "replace"), depth + 4)


def leaks(data: bytes) -> set[str]:
    """Which values can be read in some bytes, also without the signs between digits."""
    wanted = {
        *VALUES,
        *(re.sub("[ -]", "", value) for value in (PHONE, SSN, CARD)),
        "lee@example",
        "Lee, Ann",
        "555-0147",
    }
    return {
        value
        for text in readable(data)
        for value in wanted
        if value in text.replace("\xa0", " ").replace("\xad", "").replace("\u200b", "").replace("\r\n ", "")
    }
