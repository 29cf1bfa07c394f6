"""The vocabulary of corporate-action texts.

Spellings that are mended, heads that begin a clause, words of money and paper.

What belongs here: patterns only. What does not: what a clause means (`grammar.py`). Strings seen: 4,406 of the exports
of 2016 to 2026.
"""

from __future__ import annotations

import re

from champion_assets.nse.actions.legs import Kind

LONGEST = 400
"""Characters of a text that is read: the longest of 2,534 genuine ones has 198, and some rules take the square of
it."""

_MENDED = (  # spellings that hide a word from the rules; each was seen, or differs from a seen one by a letter
    (r"[\u2010-\u2015\u2212\ufffd\x96\x97]", "-"),
    (r"[\u2018\u2019`]", "'"),
    (r"\u20b9", " rs "),
    (r"\bfv\s?s(?:p?l?i?t)?(?=\b|\s?fro?m)", "face value split "),
    (r"\bfro?m(?=(?:rs|re)?\W?\d)", "from "),
    (r"(?<=\d)\s*to(rs|re)(?=\b|\d)", r" to \1"),
    (r"(?<=\d)\s*to\s*(?=\d)", " to "),
    (r"\bbonu\b|\bbns\b|\bbon(?![a-z])", "bonus"),
    (r"\b(bonus|rights|rhts|div|dividend|frm|from|to|n?crps|[co]cps|nc?ds?|debs?|debentures?)(?=\d)", r"\1 "),
    (r"\b(rs|re|inr)\.(?!0\d)", r"\1 "),
    (r"(?<=\d)(rs|re)\b", r" \1"),
    (r"\s+", " "),
    (r"me\d*e?e?t?ing?s?(?=dividend|div\b)", "meeting / "),
    (r"(?<=\d)\s*\.\s*\.\s*(?=\d)", "."),
    (r"(?<=\d) \.(?=\d)", "."),
    (r"(?<=\d),(?=(?:\d{2},)*\d{3}\b)", ""),
    (r"\b(f\.?v\.?|face value)\s*spl\b", "face value split"),
    (r"\bsub[- ]?div(?:n|ision)?\b", "sub-division"),
    (r"\b([123])d\b(?= (?:int|spl|fin|div))", r"\1nd"),
    (r"\b(specia l|interi m|fina l)(?=dividend|div\b)", r"\1 "),
    (r"\bspecia l (?=div)", "special "),
    (r"\binteri m (?=div)", "interim "),
    (r"\bfina l (?=div)", "final "),
    (r"(?:\b|(?<=dv)|(?<=div))(int|fin|spl|sp)di?v(?=(?:int|fin|sp)|\b)", r" \1 dividend "),
    (r"\b(spl?|fin|int)(?=(?:rs|re)\W?\d)", r"\1 "),
    (r"\bsp\b(?=\W*(?:di?v|(?:rs|re)?\W*\d))", "special"),
    (r"\bsplt\b", "split"),
    (r"\bgld\b", "golden"),
    (r"\bsil(?= jub)", "silver"),
    (r"\bcent(?= div)", "centenary"),
    (r"\bdv(?=\W*(?:rs|re)?\W*\d)", "dividend"),
    (r"\bd[ei]?me?rge?r?\b", "demerger"),
    (r"\b(golden|silver|diamond|platinum|centenary) (?:jub|jubilee)(?=\W*(?:rs|re)\W*\d)", r"\1 jubilee dividend"),
    (r"\bdi(?=\W*(?:rs|re)\W*\d)", "dividend"),
    (r"\bsplecial\b|\bspeical\b|\bspecail\b|\bspcl\b|\bspl\b", "special"),
    (
        r"\bconsldtn\b|\bcnsldatn\b|\bconso?ld?[a-z]{0,3}\b(?=\W*(?:rs|re|fro?m|frm|of)\b)|\bconsol\b|\bcons(?=\W*(?:rs|re|frm|from)\b)",
        "consolidation",
    ),
    (r"\bdi?v[id]*d?[ei]*n?[de]*n?ds?\b|\bdividned\b|\bividend\b|\bdivdend\b|\bdivided\b|\bdividen\b", "dividend"),
    (r"\bdiv(?![a-z])", "dividend"),
    (r"\b(int|interim|fin|final|spl|special)\.?div(?:idend)?(?![a-z])", r"\1 dividend"),
    (r"\bfin\b(?= dividend)", "final"),
    (r"\bspecial(?=\W*(?:rs|re)?\W*\d)", "special dividend"),
    (r"(?<=[+&/])\s*(interim|int|final|fin)(?=\W*(?:rs|re)?\W*\d)", r" \1 dividend"),
    (r"\bintdiv(?:idend)?\b", "interim dividend"),
    (r"\bi+nt[a-z]{0,5}[mn]\s+(?=dividend)|\bin[a-z]{1,5}im\s+(?=dividend)", "interim "),
    (r"\bint\.?\s+(?=dividend)|\binterest (?=dividend)|\bintdiv", "interim "),
    (r"\brhts?\b|\brgts\b|\brght?s?\b|\bright\b", "rights"),
    (r"\barn?g[ent]*m[ent]*\b|\barr?[a-z]{2,8}ment\b", "arrangement"),
    (r"\bsc?h?e?me\b|\bsch\b", "scheme"),
    (r"\bprem\b|\bprm\b|\bpremimum\b|\bpremum\b", "premium"),
)
MENDED = tuple((re.compile(pattern), text) for pattern, text in _MENDED)

NOTE = re.compile(
    r"\(+\s*[^()]*?(?:revis|rev\)|updated|\brev\b)[^()]*\)*|\b9?(?:purpose|record date|date)s? "
    r"revised\)?|\(dt rev\)|\(\s*\)"
)
"""NSE's remarks that a row was revised."""
RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)")
_NUMBER = r"(?<![\d.])(\d+(?:\.\d+)?|\.\d+)(?:\.(?!\d))?(?!\d)"
CURRENCY = r"(?:\b(?:rs|re|inr|rupees?)\b\.?|\b(?:rs|re)(?=[\d.])\.?|(?<=-\s)s\b)"
MONEY = re.compile(rf"(?:{CURRENCY}[\s.:-]*)*\.?\s*{_NUMBER}\s*(?:/\s*-?|-)?")
MARKED = re.compile(rf"{CURRENCY}[\s.:-]*{_NUMBER}")
"""An amount that has its currency, where `MONEY` takes one without, too."""
PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)")
WORDED_RATIO = re.compile(r"(\d+)\s*(?:[a-z ]+?)\s*for(?: every)?\s*(\d+)")

_CONVENED = r"court|nclt|tribunal|convened|creditors?|shareholders?|members?|equity|secured"
_MEETING = (
    r"\ba+n+\w*\s*ge[nm]\w*\s*me\w*",
    r"\bannual\s*ge\w* me\w*",
    r"\bagm\b",
    r"\bextra\w*\s*-?\s*o\w+\s+general\s+me\w+",
    r"\be\.?g\.?m\b",
    r"\beogm\b",
    r"\badjourned\b",
    rf"\b(?:(?:{_CONVENED})\s+)*\w* ?meeting\b(?: of [\w ]+)?",
    r"\be-voting\b",
    r"\bpostal ballot\b",
)
_SPLIT = (
    r"face val\w*\s*(?:split|splt|sub-?\s?division)(?:\s*\(?\s*sub-?\s?division\s*\)?)?",
    r"\bf\.?v\.?\s*-?\s*s[pl]+i?t\b",
    r"\b(?:stock|share|unit)s? split",
    r"\bface value splt\b",
    r"\bsub-?\s?division\b",
    r"\bsplit\b",
)
_DEMERGER = (
    r"\b(?:composite )?scheme (?:of )?(?:arrangement )?(?:in the nature )?(?:of )?(?:\w+ )?de-?\s?merger",
    r"\bmerger\s*/\s*demerger",
    r"\bde-?\s?merger",
    r"\bspin-?\s?off",
)
_SCHEME = (
    r"\b(?:composite )?scheme(?: of)?(?: (?:amalgamation|arrangement|reconstruction|merger)(?:\s*(?:and|&|,)\s*)?)*",
    r"\bamalgamation",
    r"\bmerger\b",
    r"\bfor distribution of [\w ]+ shares to the shareholders[\w ]*",
)
_ORDINAL = r"first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th"
JUBILEE = r"(?:golden|silver|diamond|platinum|centenary|jubilee|jub|anniversary)"
"""What a dividend is called that is paid once: special without the word."""
_HEADS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("split", _SPLIT),
    ("consolidation", (r"\b(?:face val\w* )?consolidat\w*", r"\breverse split")),
    ("capital_reduction", (r"\bcap(?:ital)?\.?\s*red(?:uction|n|tn)?\b", r"\breduction of (?:share )?capital")),
    ("bonus", (r"\bbonus(?: issue)?\b",)),
    ("rights", (r"\brights?(?: issue)?\b",)),
    ("demerger", _DEMERGER),
    ("scheme", _SCHEME),
    ("buyback", (r"\bbuy\s*-?\s*back\b",)),
    (
        "distribution",
        (rf"\b(?:(?:income|{_ORDINAL}|final|interim|special) )?(?:distribution|distrtn|distrbtn|distn)\b",),
    ),
    (
        "dividend",
        (
            (
                rf"\b(?:(?:annual|interim|final|special|additional|{_ORDINAL}|one[- "
                rf"]time|total|{JUBILEE})\b[\s/&-]*(?:and )?)*dividends?\b"
            ),
        ),
    ),
    ("redemption", (r"\b(?:part )?redempt\w*", r"\bmaturity\b", r"\brepayment\b", r"\bprincipal (?:re)?payment")),
    (
        "interest",
        (r"\binte?re?st(?: payement| payment| amount| pymt)?\b", r"\bint p[ay]+m\w*", r"\bpayment of (?:int\w*|amt)"),
    ),
    ("meeting", _MEETING),
    ("book_closure", (r"\b(?:annual )?(?:book )?clos(?:ure|ing)\b", r"\bbc\b(?= dates?\b)")),
    (
        "notice",
        (
            r"\bchange (?:in|of) [\w ]+",
            r"\b(?:name|symbol|isin|registrar) change\b",
            r"\bintimation\b",
            r"\b(?:de)?listing\b",
            r"\bsuspension\b",
            r"\bcall money\b",
            r"\b(?:first|final) call\b",
            r"\bwarrants? conversion\b",
            r"\b(?:conversion|exercise) of [\w -]+",
            r"^record date$",
        ),
    ),
)
HEADS = tuple((kind, re.compile("|".join(patterns))) for kind, patterns in _HEADS)
"""What begins a clause; of two that claim the same words the earlier wins."""

COMPONENTS = (
    ("interest", re.compile(r"inte?re?st|intt")),
    ("dividend", re.compile(r"dividend")),
    (
        "return_of_capital",
        re.compile(r"return (?:of|on) |\bcapital\b|repayment|princip(?:al|le)|amorti[sz]\w+|spv (?:level )?debt"),
    ),
    ("other", re.compile(r"other|treasury income|income on|rental|surplus|proceeds?")),
)
"""Parts of a distribution of a REIT or InvIT."""
PAPER = (
    ("ncrps", re.compile(r"\b[a-z]{0,3}rps\b|\b[co]cps\b|preference|\bpref\b")),
    ("debenture", re.compile(r"debenture|\bdebs?\b|\bncds?\b|\bccds?\b|bonds?\b")),
    ("dvr", re.compile(r"\bdvrs?\b|differential")),
    ("warrant", re.compile(r"\bwarrants?\b")),
)
"""What is handed out where it is no ordinary share."""

NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_FACE_VALUES = (
    rf"(?:\bof|\bon|face val\w*|\bf\.?v\.?)(?: of| on| face value)*\s*(?:{CURRENCY}\s*)?\d+(?:\.\d+)?\s*(?:/-?)?\s*each"
    rf"|\b(?:on )?(?:the )?(?:face val\w*|paid[- ]up val\w*|f\.?v\.?)(?: "
    rf"of)?\s*(?:{CURRENCY}\s*)?\d+(?:\.\d+)?\s*(?:/-?)?"
)
_DATES = (
    r"\b\d{1,2}[./-](?:\d{1,2}|[a-z]{3})[./-]\d{2,4}\b|\b\d+(?:st|nd|rd|th)\b|\([^()\d]*\d+(?:\.\d+)?\s*%[^()\d]*\)"
    r"|\b(?:(?:fy|f\.y\.|(?:financial )?year(?: ended| "
    r"ending)?)\s*)?\d{4}\s*-\s*\d{2,4}\b|\b(?:fy|f\.y\.)\s*'?\d+|\bq[1-4]\b"
)
UNCOUNTED = re.compile(f"{_FACE_VALUES}|{_DATES}")
"""Numbers that say nothing of the action: face values that payments refer to, years, dates, ordinals, a percentage
beside its amount."""
UNCOUNTED_IN_SPLIT = re.compile(_DATES)
"""The same for a split, a consolidation and a reduction, whose clauses consist of face values."""
SHARE_WORDS = re.compile(
    r"a|all|and|at|capital|dvrs?|each|eq|equity|every|existing|face|for|fully|held|in|including|inclusive|is|issue|of|on|one|only|ordinary|paid|par|per|pr"
    r"|premium|price|proportion|ratio|re|rs|sh|shares?|shr|the|to|units?|up|value"
)
"""Words of a bonus or a rights issue of ordinary shares; any other may name a paper that is none."""
UNREAD = re.compile(r"[a-z]*(?:div|bonus|split|splt|right|merge|reduc|consol|debent|prefer|special|spl\b)[a-z]*")
"""Words that would begin a clause if they were spelt as known; left over in a clause they show that something was not
read."""
