"""The bad inputs, by name. Those that are a matter of time or order stand in test_bad_moments.py."""

TEXTS = {
    "path traversal": "../../etc/passwd",
    "encoded traversal": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "NUL": "a\0b",
    "device name": "CON",
    "right-to-left override": "invoice\u202efdp.exe",
    "img onerror": '<img src=x onerror="alert(1)">',
    "javascript link": "javascript:alert(1)",
    "SVG onload": '<svg onload="alert(1)">',
    "closing script": "</script><script>alert(1)</script>",
    "HYPERLINK formula": '=HYPERLINK("http://evil.example","x")',
    "SUM formula": "@SUM(1+9)*cmd|' /C calc'!A0",
    "tab and formula": "\t=1+1",
    "vertical tab": "a\x0bb",
    "SQL": "'; DROP TABLE people; --",
    "template": "{{7*7}}",
    "template query": "?template=nope",
}
# What cannot be kept or shown at all, whatever the field.
UNPRINTABLE = frozenset({"NUL", "right-to-left override", "vertical tab"})
FORMULAS = frozenset({"HYPERLINK formula", "SUM formula", "tab and formula"})
# What only raw JSON can carry.
BODIES = {
    "lone surrogate": b'"\\ud800"',
    "lone low surrogate": b'"x\\udc00y"',
    "escaped NUL": b'"\\u0000"',
    "raw NUL": b'"\x00"',
    "raw vertical tab": b'"\x0b"',
    "half a character": b'"\xed\xa0\x80"',
    "not UTF-8": b'"\xff"',
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "1e999": b"1e999",
    "a huge integer": b"9" * 4000,
    "deep nesting": b"[" * 3000 + b"]" * 3000,
    "ten megabytes": b'"' + b"x" * (10 * 2**20) + b'"',
}
SURVEY = """survey: {survey}
version: {version}
languages: [zh-CN, en]
title: {{zh-CN: {title}, en: {title}}}
pages:
  - name: {page}
    elements:
      - type: comment
        name: {name}
        title: {{zh-CN: {title}, en: {title}}}
"""
GOOD = {"survey": "attacked", "version": "1", "title": "Attack", "page": "first", "name": "remarks"}
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)
FILES = {
    "alias bomb": BOMB,
    "duplicate keys": SURVEY.format(**GOOD) + "title: {zh-CN: 二, en: Two}\n",
    "python object": SURVEY.format(**{**GOOD, "version": "!!python/object/apply:os.system ['id']"}),
    "python tuple": "!!python/tuple [a, b]",
    "NaN": SURVEY.format(**{**GOOD, "version": ".nan"}),
    "Infinity": SURVEY.format(**{**GOOD, "version": ".inf"}),
    "1e999": SURVEY.format(**{**GOOD, "version": "1e999"}),
    "sexagesimal": SURVEY.format(**{**GOOD, "version": "1:30"}),
    "lone surrogate": SURVEY.format(**{**GOOD, "title": '"\\ud800"'}),
    "escaped NUL": SURVEY.format(**{**GOOD, "title": '"a\\0b"'}),
    "escaped vertical tab": SURVEY.format(**{**GOOD, "title": '"a\\vb"'}),
    "escaped override": SURVEY.format(**{**GOOD, "title": '"\\u202e"'}),
    "second document": SURVEY.format(**GOOD) + "---\na: 1\n",
    "merge key": SURVEY.format(**GOOD) + "<<: {version: 2}\n",
    "unknown key": SURVEY.format(**GOOD) + "template: nope\n",
    "deep nesting": "[" * 2000 + "]" * 2000,
    "ten megabytes": "# " + "x" * (10 * 2**20),
    "an open bracket": "survey: [unclosed",
    "a tab as indentation": "survey: x\npages:\n\t- name: y\n",
    "empty": "",
    "a number": "42",
    "unknown option": SURVEY.format(**GOOD).replace("type: comment", "type: file"),
    "markup where a name belongs": SURVEY.format(**{**GOOD, "name": "'<img onerror=alert(1)>'"}),
}
