"""The facts of written Japanese, as the one record that yomite reads by.

The kanji come out of Python's euc_jp codec, so no table of them is typed here: JIS X 0208 has level 1
(2,965 kanji) in rows 16-47 and level 2 (3,390) in rows 48-84. School grades are in joyo.txt.
"""

from __future__ import annotations

from functools import partial

from yomite.charset.language import Language

ITERATION_AND_ZERO = "々〆〇仝"
"""Written as kanji are, though JIS X 0208 files them under symbols."""

DIGITS = "0123456789"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

PUNCTUATION = "、。・：；？！…〜「」『』（）【】"
"""Marks that people draw, in their full-width form.

Left out are marks that, drawn alone, are another character of the set: dashes (ー 一), + (十), = (二),
x (メ), the comma (、), angle brackets (く), the iteration marks of kana (、 and て).
"""

LINE_SIGNS = ",.-+=/%#&*\"'@<>_~[]{}$\\^|±×÷°℃→←↑↓⇒※○●◎△□☆〒¥〈〉ゝゞ≒≠≦≧√∞♪✓①②③④⑤⑥⑦⑧⑨⑩㎡αβγδθλμπσΩΔ"
"""What lines have beside the characters of `full`; in a line its neighbors tell ・ from . and ー from -.

Writing knows no width, so each mark is one class: ！？（）：； stand for their half-width forms too. Between
numbers stands ~, elsewhere 〜.
"""

_LOOKALIKES = (
    "へヘ べベ ぺペ ー一 二ニ 口ロ囗 力カ 工エ 夕タ 卜ト 八ハ 0Oo〇 "
    "りリ つっ ツッ やゃ ゆゅ よょ あぁ いぃ うぅ えぇ おぉ わゎ "
    "アァ イィ ウゥ エェ オォ ヤャ ユュ ヨョ ワヮ カヵ ケヶ "
    "cC sS vV wW xX zZ lI1 日曰 丿ノ kK pP uU"
)

JOYO_OUTSIDE_JIS = "𠮟塡剝頰"
"""The four Joyo kanji of 2010 whose official shape has no place in JIS X 0208."""


def read_joyo_grades() -> dict[str, int]:
    """Return the school grade of every Joyo kanji: 1 to 6, or 7 for secondary school.

    In the order of grade, then reading (2,136 entries). Sources stand in joyo.txt.
    """
    from importlib.resources import files  # costs more than the rest of this module

    grade_by_character: dict[str, int] = {}
    for line in files("yomite.charset").joinpath("joyo.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            grade, characters = line.split(" ")
            grade_by_character.update(dict.fromkeys(characters, 7 if grade == "s" else int(grade)))
    return grade_by_character


def _decode_rows(first: int, last: int) -> str:
    """Return the characters of rows of JIS X 0208 in order; cells without a character are left out."""
    return "".join(
        bytes((0xA0 + row, 0xA0 + cell)).decode("euc_jp", errors="ignore")
        for row in range(first, last + 1)
        for cell in range(1, 95)
    )


def _build_kana() -> str:
    return _decode_rows(4, 4) + "ゔ" + _decode_rows(5, 5) + "ー"


def _build_kyoiku() -> str:
    return "".join(character for character, grade in read_joyo_grades().items() if grade <= 6)


def _build_full() -> str:
    symbols = ITERATION_AND_ZERO + DIGITS + LATIN + PUNCTUATION
    return _build_kana() + symbols + _decode_rows(16, 84) + JOYO_OUTSIDE_JIS


def _build_line() -> str:
    return _build_full() + LINE_SIGNS


# Forms of kana that people write and KanjiVG lacks: it has the school form alone. The strokes are our own.
# Each form was misread in scanned cells or drawings: か whose dot touches the shoulder, ろ whose end curls
# in, い with two strokes of one length, ふ as four loose strokes.
_KA_TOUCHING = "15,38 40,32 60,30 70,37 67,62 60,84 52,91 44,84 / 44,9 37,42 26,72 12,91 / 64,27 76,35 85,49"
_KA_MERGED = "12,40 36,34 58,31 72,35 80,46 / 72,37 69,62 60,84 50,92 42,86 / 45,8 38,40 27,68 14,90"
_KA_UPRIGHT = "14,40 40,33 62,32 74,42 74,64 64,86 54,90 / 42,8 40,38 34,66 24,92 / 68,24 77,32 83,44"
_FU_LOOSE = "47,8 54,17 / 51,32 47,44 55,58 54,78 44,86 / 28,56 21,68 12,80 / 73,54 81,66 88,79"
_FU_SMALL = "49,7 52,18 / 53,32 55,56 54,72 45,82 / 30,54 24,66 14,82 / 70,52 78,62 85,78"
_FU_JOINED = "40,8 58,15 47,30 40,42 57,56 60,74 47,87 / 16,62 12,78 20,82 / 74,58 84,66 90,80"
_KA_HANGING = "14,37 40,32 65,28 68,52 60,80 52,86 46,80 / 41,8 36,40 27,66 15,88 / 67,27 74,40 77,58"
_FU_APART = "46,12 61,22 50,36 45,45 61,59 60,79 44,89 / 14,68 20,79 / 80,66 88,77"
_FU_TWO = "42,9 58,17 48,31 43,40 59,57 57,77 42,87 28,82 15,68 / 75,54 82,66 87,78"
_KI_JOINED = "24,24 50,20 74,15 / 21,43 50,39 78,33 / 42,8 55,34 67,57 52,57 35,63 32,76 46,86 69,84"
_SA_JOINED = "20,31 50,28 80,21 / 44,8 55,34 66,56 52,56 34,61 29,74 43,86 68,84"
_SO_TWO = "29,11 34,17 38,25 / 73,9 52,27 28,43 56,41 85,39 60,50 47,65 49,80 62,89 74,88"
_SO_FLAT = "20,15 48,15 80,11 54,24 22,39 54,38 88,34 62,45 50,60 50,76 62,86 76,86"
_FORMS = {
    "い": (
        "24,18 20,44 26,74 35,90 42,80 / 72,16 81,40 77,68 66,88",
        "32,10 20,34 20,64 33,91 / 66,10 80,34 80,64 66,91",
        "18,16 18,48 26,78 34,84 40,72 / 74,20 80,40 79,62 75,76",
    ),
    "う": ("42,8 60,15 / 26,40 48,30 68,32 74,46 66,70 46,92",),
    "え": ("42,7 50,11 59,16 / 26,36 48,35 70,31 48,57 21,87 42,63 53,65 58,83 84,84",),
    "お": (
        "14,31 38,29 62,25 / 40,8 39,36 38,62 29,83 16,77 22,62 46,48 72,50 81,68 62,87 / 75,22 80,28 84,36",
        "18,29 38,27 57,24 / 36,8 36,40 36,72 27,85 14,74 26,57 52,45 77,53 79,72 60,88 / 62,12 72,20 79,30",
    ),
    "か": (_KA_TOUCHING, _KA_MERGED, _KA_UPRIGHT, _KA_HANGING),
    "が": tuple(f"{form} / 76,10 83,20 / 86,6 93,16" for form in (_KA_TOUCHING, _KA_MERGED)),
    "き": (_KI_JOINED,),
    "ぎ": (f"{_KI_JOINED} / 80,8 87,18 / 89,4 96,14",),
    "こ": ("18,24 50,20 82,23 / 16,74 34,84 60,86 86,80", "22,22 50,18 78,24 71,31 / 16,72 44,82 86,78"),
    "さ": (_SA_JOINED,),
    "ざ": (f"{_SA_JOINED} / 82,6 89,16 / 91,2 98,12",),
    "そ": (_SO_TWO, _SO_FLAT),
    "ぞ": (f"{_SO_TWO} / 82,14 88,24 / 91,10 97,20",),
    "ふ": (_FU_LOOSE, _FU_SMALL, _FU_JOINED, _FU_APART, _FU_TWO),
    "ぶ": tuple(f"{form} / 76,22 83,32 / 86,17 93,27" for form in (_FU_LOOSE, _FU_JOINED, _FU_APART)),
    "ぷ": tuple(
        f"{form} / 84,18 78,21 78,28 84,31 90,28 90,21 84,18" for form in (_FU_LOOSE, _FU_JOINED, _FU_APART)
    ),
    "や": ("13,46 40,34 67,28 81,38 73,51 58,54 / 49,9 54,15 58,23 / 27,24 38,57 48,91",),
    "ゆ": ("16,20 17,66 27,46 46,28 66,28 79,42 78,60 66,72 / 49,7 52,36 50,66 42,93",),
    "ら": (
        "28,9 70,12 / 26,26 22,56 44,46 66,46 78,58 72,78 38,91",
        "40,6 56,13 / 30,28 26,58 50,44 72,47 80,62 66,82 36,90",
    ),
    "り": (
        "29,14 26,40 31,55 41,38 58,16 70,28 71,55 60,78 44,91",
        "30,12 27,34 33,54 / 68,9 71,40 68,70 48,92",
    ),
    "れ": ("33,8 34,50 33,92 / 12,31 36,27 12,74 38,44 59,28 66,40 62,76 70,86 86,72",),
    "わ": ("33,8 34,50 33,92 / 12,31 36,27 12,74 40,44 66,33 84,46 81,68 58,87",),
    "ろ": (
        "28,14 50,12 69,11 46,34 23,58 42,45 63,43 76,57 72,77 54,90 38,86 38,77",
        "26,16 70,12 24,62 50,44 74,52 75,74 56,89 40,90 33,83",
    ),
    "を": (
        "22,20 50,17 73,14 / 49,4 40,28 22,54 40,46 50,54 50,74 / 84,41 60,52 41,68 43,84 60,91 85,89",
        "20,22 50,19 70,16 / 47,5 42,30 27,54 44,45 53,52 52,68 / 74,42 54,56 41,72 48,88 70,92 87,85",
    ),
}  # fmt: skip

# One shape, several code points in the texts: full-width forms of digits and letters, half-width marks.
# Not NFKC, which would also merge characters that are drawn differently.
_FOLDS = {0xFEE0 + code_point: code_point for code_point in range(0x30, 0x7B) if chr(code_point).isalnum()}
_FOLDS |= str.maketrans("!?:;()～", "！？：；（）〜")

# Whoever draws a single kanji mostly wants to look it up, and looks up rare kanji as readily as common ones.
# 80 % was chosen on the dev sets: it reads common characters as well as 10 % does, and rare kanji better at
# every weight (docs/experiments.md, 5). Whoever draws a single kana is mostly learning them, all alike; the
# texts have る 1,077 times as often as ゐ. 80 % was chosen on the dev sets too (docs/experiments.md, 14).
_EVEN_PARTS = {
    "hiragana": 0.80,
    "kanji": 0.80,
    "katakana": 0.80,
    "digit": 0.5,
    "latin": 0.5,
    "punctuation": 0.5,
}

JAPANESE = Language(
    sets={
        "kana": _build_kana,
        "kyoiku": _build_kyoiku,
        "joyo": read_joyo_grades,
        "jis1": partial(_decode_rows, 16, 47),
        "jis2": partial(_decode_rows, 48, 84),
        "full": _build_full,
        "line": _build_line,
    },
    scripts={  # Unicode blocks; ー is katakana, 々〆〇 are kanji
        "hiragana": ((0x3041, 0x3096), (0x309D, 0x309F)),
        "katakana": ((0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),
        "kanji": ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x3005, 0x3007), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
        "latin": ((0x41, 0x5A), (0x61, 0x7A), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)),
        "digit": ((0x30, 0x39), (0xFF10, 0xFF19)),
    },
    other_script="punctuation",
    families={
        "kana": ("hiragana", "katakana"),
        "hiragana": ("hiragana",),
        "katakana": ("katakana",),
        "kanji": ("kanji",),
        "digits": ("digit",),
        "latin": ("latin",),
    },
    levels=("kyoiku", "joyo", "jis1", "jis2"),
    level_by_script={"hiragana": "kana", "katakana": "kana"},
    lookalikes=tuple(_LOOKALIKES.split()),
    # Counts of a modern newspaper (Asahi 1993; Chikamatsu et al. 2000, Behavior Research Methods 32:482-500)
    # gave about 41 % kanji, 37 % hiragana, 6 % katakana, 13 % punctuation, 2 % digits and 0.5 % Latin. Here
    # single characters are drawn, by people who write and by people who look a character up. Nobody looks up
    # a full stop, so punctuation shrinks to 2 % and the rest grows in proportion; katakana and Latin get more
    # on top, for loanwords and initials have spread since. The texts themselves have 66 % hiragana, 31 %
    # kanji, 2.6 % katakana and 0.2 % digits and Latin (without punctuation): by them, a drawn 7 would be less
    # likely than 乙.
    shares={
        "hiragana": 0.42,
        "kanji": 0.40,
        "katakana": 0.10,
        "digit": 0.03,
        "latin": 0.03,
        "punctuation": 0.02,
    },
    even_parts=_EVEN_PARTS,
    # Training draws classes by a power of the prior: in it the texts count for more.
    learning_even_parts=_EVEN_PARTS | {"hiragana": 0.02, "kanji": 0.10, "katakana": 0.10},
    favorites={"kanji": ("joyo", 0.5)},
    twins={
        "small_kana": (
            "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ",
            "あいうえおつやゆよわアイウエオツヤユヨワカケ",
            0.05,  # 1 to 20, set by hand
        )
    },
    folds=_FOLDS,
    forms=_FORMS,
)
