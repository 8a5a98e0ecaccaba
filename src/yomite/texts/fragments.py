"""Generated texts: dates, prices, numbers, addresses, names, lists, formulas, English inside Japanese.

Each function takes a random generator and returns a text; a space stands for a wide gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from yomite.texts.words import (
    COMPANIES,
    ENGLISH,
    FAMILY_NAMES,
    GIVEN_NAMES,
    JOTTINGS,
    KATAKANA,
    PLACES,
    TECHNICAL,
    UNITS,
)

_WEEKDAYS = "月火水木金土日"
_NUMBERED = "①②③④⑤⑥⑦⑧⑨⑩"
_GREEK = "αβγδθλμπσΔΩ"
_BULLETS = ("・", "・", "・", "○", "●", "□", "→", "※", "☆", "-", "*", "◎", "✓", "△", "⇒")
_PARTICLES = (
    "を",
    "に",
    "で",
    "が",
    "は",
    "の",
    "と",
    "へ",
    "から",
    "まで",
    "も",
    "や",
    "用",
    "側",
    "化",
    "版",
)
_VERBS = (
    "確認する", "使う", "設定", "追加した", "変更", "更新", "する", "した", "できる", "を検討", "が必要",
    "に接続", "で実行", "を入れる", "を作成", "中", "済み", "待ち", "予定", "の件", "について", "とは?",
    "だけ", "など", "の場合", "できない",
)  # fmt: skip


def pick(rng: np.random.Generator, items: Sequence[str]) -> str:
    """Return one of the items."""
    return items[int(rng.random() * len(items))]


def write_number(rng: np.random.Generator) -> str:
    """Return a number: 7, 200, 12,800, 0.05, 1/2, +10, 1.2e-3."""
    kind = rng.random()
    if kind < 0.4:
        return str(int(10.0 ** (rng.random() * 4.0)))
    if kind < 0.55:
        return f"{int(10.0 ** (2.5 + rng.random() * 4.5)):,}"
    if kind < 0.62:
        return str(int(1 + rng.integers(99)) * 10 ** int(rng.integers(1, 5)))
    if kind < 0.86:
        return f"{rng.random() * 10.0 ** int(rng.integers(0, 4)):.{int(rng.integers(1, 4))}f}"
    if kind < 0.92:
        return f"{int(rng.integers(1, 5))}/{int(rng.integers(2, 10))}"
    if kind < 0.97:
        return f"{pick(rng, '+-±')}{int(rng.integers(1, 100))}"
    return f"{rng.integers(1, 10)}.{rng.integers(10)}e-{rng.integers(1, 9)}"


def write_quantity(rng: np.random.Generator) -> str:
    """Return a number with its unit, or a range: 5~10g, 30%, 約3時間."""
    unit = pick(rng, UNITS)
    kind = rng.random()
    if kind < 0.2:
        low = int(rng.integers(1, 50))
        return f"{low}{pick(rng, '~~-')}{low + int(rng.integers(1, 50))}{unit}"
    return f"{pick(rng, ('', '', '', '約', '計', '各', '×', '@'))}{write_number(rng)}{unit}"


def write_date(rng: np.random.Generator) -> str:
    """Return a date, with a weekday or a time now and then."""
    year, month, day = int(rng.integers(1950, 2031)), int(rng.integers(1, 13)), int(rng.integers(1, 32))
    kind = rng.random()
    if kind < 0.25:
        text = f"{month}/{day}"
    elif kind < 0.45:
        text = f"{month}月{day}日"
    elif kind < 0.6:
        text = f"{year}年{month}月{day}日"
    elif kind < 0.75:
        text = f"{year}{pick(rng, '/.-')}{month:02d}{pick(rng, '/.-')}{day:02d}"
    elif kind < 0.85:
        text = f"{pick(rng, ('令和', '平成', '昭和', 'R', 'H', 'S'))}{rng.integers(1, 31)}年{month}月{day}日"
    else:
        text = f"'{year % 100:02d} {month}/{day}"
    if rng.random() < 0.35:
        text += f"({pick(rng, _WEEKDAYS)})"
    return f"{text} {write_time(rng)}" if rng.random() < 0.25 else text


def write_time(rng: np.random.Generator) -> str:
    """Return a time or a span: 10:30~12:00, 午後3時."""
    hour, minute = int(rng.integers(0, 24)), pick(rng, ("00", "30", "15", "45", f"{rng.integers(60):02d}"))
    kind = rng.random()
    if kind < 0.45:
        return f"{hour}:{minute}"
    if kind < 0.65:
        return f"{hour}:{minute}{pick(rng, '~~-')}{min(hour + int(rng.integers(1, 4)), 24)}:{minute}"
    if kind < 0.85:
        half = pick(rng, ("午前", "午後", "AM", "PM", "朝", "夜", ""))
        past = pick(rng, ("", "半", f"{rng.integers(1, 60)}分"))
        return f"{half}{hour % 12 + 1}時{past}{pick(rng, ('', '', '〜', 'から', '頃'))}"
    return f"{hour}時{minute}分"


def write_price(rng: np.random.Generator) -> str:
    """Return an item with its price, or a price alone."""
    amount = int(rng.integers(1, 999)) * 10 ** int(rng.integers(0, 4))
    text = f"{amount:,}" if rng.random() < 0.6 else str(amount)
    text = pick(
        rng,
        (f"{text}円", f"¥{text}", f"{text}円", f"¥{text}-", f"${text}", f"{text}円税別", f"{text}円(税込)"),
    )
    return f"{pick(rng, JOTTINGS)} {text}" if rng.random() < 0.5 else text


def write_telephone(rng: np.random.Generator) -> str:
    """Return a telephone number."""
    digits = [f"{rng.integers(10**size):0{size}d}" for size in (4, 4)]
    area = pick(rng, ("03", "06", "045", "052", "011", "092", "0120", "090", "080", "070", "0467"))
    number = "-".join([area, *digits]) if rng.random() < 0.8 else f"({area}){digits[0]}-{digits[1]}"
    return pick(rng, ("", "", "TEL ", "Tel: ", "電話 ", "FAX ", "携帯 ")) + number


def write_address(rng: np.random.Generator) -> str:
    """Return a postal address, or a part of it."""
    place = pick(rng, PLACES)
    number = f"{rng.integers(1, 20)}-{rng.integers(1, 30)}-{rng.integers(1, 40)}"
    if rng.random() < 0.3:
        number = f"{rng.integers(1, 9)}丁目{rng.integers(1, 30)}番{rng.integers(1, 40)}号"
    text = place + number
    if rng.random() < 0.3:
        text = f"〒{rng.integers(1000):03d}-{rng.integers(10000):04d} {text}"
    if rng.random() < 0.2:
        house = pick(rng, ("ビル", "ハイツ", "マンション", "荘"))
        text += f" {pick(rng, KATAKANA)}{house}{rng.integers(1, 20)}0{rng.integers(1, 9)}"
    return text


def write_name(rng: np.random.Generator) -> str:
    """Return a person's or a company's name."""
    if rng.random() < 0.15:
        return pick(rng, COMPANIES)
    space = " " if rng.random() < 0.4 else ""
    name = pick(rng, FAMILY_NAMES)
    if rng.random() < 0.75:
        name += space + pick(rng, GIVEN_NAMES)
    return name + pick(rng, ("", "", "", "様", "さん", "先生", "殿", "君", "氏", "(担当)"))


def write_contact(rng: np.random.Generator) -> str:
    """Return a mail or web address, a file's name, or an account."""
    word = pick(rng, ENGLISH).lower() + pick(rng, ("", "", str(rng.integers(100)), "_", "-", "."))
    other = pick(rng, ENGLISH).lower()
    end = pick(rng, ("com", "co.jp", "jp", "org", "net", "io", "ac.jp", "dev"))
    return pick(
        rng,
        (
            f"{word}{other}@{pick(rng, ENGLISH).lower()}.{end}",
            f"https://{other}.{end}/{word}",
            f"www.{other}.{end}",
            f"{word}{other}.{pick(rng, ('py', 'txt', 'csv', 'pdf', 'xlsx', 'md', 'json'))}",
            f"@{word}{other}",
            f"#{pick(rng, KATAKANA)}",
        ),
    )


def write_formula(rng: np.random.Generator) -> str:
    """Return a formula or an assignment: y=2x+3, Kp=1.8, F=ma, A→B."""
    letter, other = (
        pick(rng, "xyzabcfghkmnpqrtuvABCEFGHKLMNPQRTVWXY" + _GREEK),
        pick(rng, "xyzabcnkmtABN" + _GREEK),
    )
    kind = rng.random()
    if kind < 0.3:
        unit = pick(rng, ("", "", pick(rng, UNITS)))
        return f"{letter}{pick(rng, '==≒<>≦≧≠')}{write_number(rng)}{unit}"
    if kind < 0.5:
        return f"{letter}={rng.integers(2, 10)}{other}{pick(rng, '+-×/')}{rng.integers(1, 20)}"
    if kind < 0.62:
        return f"{rng.integers(1, 100)}{pick(rng, '+-×÷')}{rng.integers(1, 100)}={rng.integers(1, 1000)}"
    if kind < 0.72:
        return f"{letter}({other})={other}^{rng.integers(2, 4)}{pick(rng, '+-')}{rng.integers(1, 9)}{other}"
    if kind < 0.84:
        sign = pick(rng, ("→", "->", "=>", "⇒", "+", "/", "=", ":"))
        return f"{pick(rng, TECHNICAL)}{sign}{pick(rng, TECHNICAL)}"
    if kind < 0.92:
        return f"{pick(rng, TECHNICAL)}{pick(rng, '+-=')}{write_number(rng)}%"
    return f"√{rng.integers(2, 99)}{pick(rng, ('', f'/{rng.integers(2, 9)}', f'×{rng.integers(2, 9)}'))}"


def write_english(rng: np.random.Generator) -> str:
    """Return English words."""
    words = [pick(rng, ENGLISH if rng.random() < 0.6 else TECHNICAL) for _ in range(int(rng.integers(1, 5)))]
    if rng.random() < 0.5:
        words[0] = words[0][:1].upper() + words[0][1:]
    if rng.random() < 0.1:
        words = [word.upper() for word in words]
    return " ".join(words) + pick(rng, ("", "", "", ".", "!", "?", ":", ","))


def write_mixed(rng: np.random.Generator) -> str:
    """Return technical words inside Japanese: SDKを使う, CIパイプラインで, DMEM+10%FBSに変更."""
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        word = pick(rng, TECHNICAL)
        if rng.random() < 0.12:
            word += write_number(rng)
        if rng.random() < 0.1:
            word = f"({word})"
        if rng.random() < 0.25:
            word += pick(rng, KATAKANA) if rng.random() < 0.6 else pick(rng, JOTTINGS)
        parts.append(word + pick(rng, _PARTICLES if rng.random() < 0.8 else ("+", "/", "・", "、", " ", "&")))
    return "".join(parts) + pick(rng, _VERBS)


def write_item(rng: np.random.Generator) -> str:
    """Return an item of a list or of a form: ・牛乳 2本, ①確認, 金額: 3,000円, □ 提出済."""
    word = pick(rng, JOTTINGS if rng.random() < 0.6 else KATAKANA)
    if rng.random() < 0.25:
        word += pick(rng, JOTTINGS)
    kind = rng.random()
    if kind < 0.3:
        word = f"{pick(rng, _BULLETS)}{pick(rng, ('', ' '))}{word}"
    elif kind < 0.42:
        number = int(rng.integers(1, 11))
        word = (
            pick(rng, (_NUMBERED[number - 1], f"{number}.", f"({number})", f"{number})", f"{number}、"))
            + word
        )
    elif kind < 0.5:
        opening, closing = pick(rng, ("「」", "()", "【】", "『』", "〈〉", "[]", "<>", '""'))
        return f"{opening}{word}{closing}"
    if rng.random() < 0.55:
        separator = pick(rng, (" ", " ", ":", ": ", "…", "=", "→", " → "))
        value = (write_quantity, write_price, write_date, write_time, write_name, write_number)[
            int(rng.integers(6))
        ]
        word += separator + value(rng)
    return word


def write_row(rng: np.random.Generator) -> str:
    """Return several short words in a row, with commas, dots or gaps between them."""
    separator = pick(rng, ("、", "・", " ", ", ", "/", " / ", "→", "+", " "))
    words = [pick(rng, JOTTINGS if rng.random() < 0.5 else KATAKANA) for _ in range(int(rng.integers(2, 5)))]
    return separator.join(words)


WRITERS: tuple[tuple[float, Callable[[np.random.Generator], str]], ...] = (
    (0.09, write_date),
    (0.04, write_time),
    (0.07, write_price),
    (0.03, write_telephone),
    (0.05, write_address),
    (0.06, write_name),
    (0.04, write_contact),
    (0.09, write_formula),
    (0.09, write_english),
    (0.18, write_mixed),
    (0.16, write_item),
    (0.06, write_row),
    (0.04, write_quantity),
)
"""How often each kind is written."""

_STEPS = np.cumsum([share for share, _ in WRITERS])


def write_fragment(rng: np.random.Generator) -> str:
    """Return one text of any kind."""
    which = int(np.searchsorted(_STEPS, rng.random() * _STEPS[-1], side="right"))
    return WRITERS[min(which, len(WRITERS) - 1)][1](rng)
