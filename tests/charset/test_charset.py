"""Character sets against facts that are not from the module: code charts, other codecs, counts."""

import csv
import pickle
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest

import yomite.charset as package
from yomite.charset import (
    LINE_SIGNS,
    LOOKALIKE_GROUPS,
    Charset,
    are_lookalikes,
    build_charset,
    japanese,
    language,
    level_of,
    lookalikes_of,
    number_lookalikes,
    read_joyo_grades,
    script_of,
    select_lookalikes,
)
from yomite.charset import charset as charset_module
from yomite.errors import CharsetError

NAMES = ("kana", "kyoiku", "joyo", "jis1", "jis2", "full", "line")

# Design list of the look-alikes, as pairs that must hold, and pairs that must not.
ALIKE = "へヘ ー一 口囗 力ヵ カ力 0〇 oO つっ ツッ ヵカ ケヶ l1 日曰 丿ノ 工ェ uU"
UNLIKE = "つツ シツ ソン はば ほぽ yY 夕力 0l めぬ 永水"


def test_sizes_are_the_official_ones() -> None:
    sizes = {name: len(build_charset(name)) for name in NAMES}
    assert sizes == {
        "kana": 171, "kyoiku": 1026, "joyo": 2136, "jis1": 2965, "jis2": 3390, "full": 6613, "line": 6691
    }  # fmt: skip


def test_jis_levels_agree_with_the_shift_jis_codec() -> None:
    kanji = {}
    for code_point in range(0x4E00, 0xA000):
        try:
            kanji[chr(code_point)] = chr(code_point).encode("shift_jis")
        except UnicodeEncodeError:
            continue
    for name, first, last in (("jis1", b"\x88\x9f", b"\x98\x72"), ("jis2", b"\x98\x9f", b"\xea\xa4")):
        assert set(build_charset(name).characters) == {
            c for c, code in kanji.items() if first <= code <= last
        }


def test_kana_agree_with_unicode_names() -> None:
    hiragana = {chr(c) for c in range(0x3041, 0x3095)}
    katakana = {chr(c) for c in range(0x30A1, 0x30F7)}
    assert all(unicodedata.name(c).startswith("HIRAGANA LETTER") for c in hiragana)
    assert all(unicodedata.name(c).startswith("KATAKANA LETTER") for c in katakana)
    assert set(build_charset("kana").characters) == hiragana | katakana | {"ー"}


def test_full_holds_everything_that_is_asked_for() -> None:
    full = build_charset("full")
    assert len(set(full.characters)) == len(full)
    for name in NAMES:
        assert set(build_charset(name).characters) <= set(full.characters) | set(LINE_SIGNS), name
    for character in "𠮟塡剝頰ゐゑゔヰヱヴヵヶゎヮー々〆〇仝09AZaz、。・「」『』（）！？〜…":
        assert character in full, character
    assert "〈" not in full and "\u3000" not in full and 0 not in full


def test_full_keeps_its_order() -> None:
    full = build_charset("full")
    starts = {0: "ぁ", 84: "ァ", 171: "々", 175: "0", 185: "A", 211: "a", 237: "、", 254: "亜", 3219: "弌"}
    starts[6609] = "𠮟"
    assert {label: full.character(label) for label in starts} == starts
    assert full == build_charset("full")


def test_labels_and_characters_are_inverse() -> None:
    charset = build_charset("kana")
    assert [charset.label(character) for character in charset] == list(range(len(charset)))
    assert charset.character(charset.label("ん")) == "ん"
    with pytest.raises(CharsetError, match=r"'龍' \(U\+9F8D\) is not among the 171"):
        charset.label("龍")
    for label in (-1, 171):
        with pytest.raises(CharsetError, match="allowed: 0 to 170"):
            charset.character(label)


def test_charset_is_immutable_and_survives_pickling() -> None:
    charset = build_charset("kyoiku")
    with pytest.raises(AttributeError):
        charset.name = "other"  # type: ignore[misc]
    copy = pickle.loads(pickle.dumps(charset))
    assert copy == charset and copy.name == "kyoiku" and hash(copy) == hash(charset)
    assert copy.label("駅") == charset.label("駅")


@pytest.mark.parametrize("characters", [[], ["あ", "い", "あ"], ["か\u309a"], [""]])
def test_charset_refuses_what_is_no_set_of_characters(characters: list[str]) -> None:
    with pytest.raises(CharsetError):
        Charset("own", characters)


def test_grades_follow_the_table_of_2017() -> None:
    grades = read_joyo_grades()
    sizes = [sum(grade == wanted for grade in grades.values()) for wanted in range(1, 8)]
    assert sizes == [80, 160, 200, 202, 193, 191, 1110]
    # The kanji of the names of all prefectures are learned by grade 4 since then.
    prefectures = (
        "北海道青森岩手宮城秋田山形福島茨城栃木群馬埼玉千葉東京都神奈川新潟富山石川福井梨長野岐阜静岡愛知"
    )
    prefectures += "三重滋賀大阪府兵庫奈良和歌鳥取根広口徳香媛高佐崎熊本分鹿児沖縄県"
    assert all(grades[character] <= 4 for character in prefectures)
    assert build_charset("joyo").characters[:1026] == build_charset("kyoiku").characters


def test_joyo_agrees_with_the_table_at_hand(data_root: Path) -> None:
    with open(data_root / "tables" / "joyo-kanji.csv", encoding="utf-8", newline="") as file:
        table = {row["character"]: row["school_grade"] for row in csv.DictReader(file)}
    grades = read_joyo_grades()
    assert grades.keys() == table.keys()
    # The table has the grades of 1989; those of 2017 moved 57 kanji (20 of them new to elementary school).
    moved = [c for c, grade in table.items() if grades[c] != (7 if grade == "secondary" else int(grade))]
    assert len(moved) == 57
    assert sum(table[character] == "secondary" for character in moved) == 20


def test_every_kanji_and_kana_has_strokes(data_root: Path) -> None:
    names = zipfile.ZipFile(data_root / "strokes" / "kanjivg.zip").namelist()
    drawn = {chr(int(name[6:11], 16)) for name in names if name.endswith(".svg")}
    full = set(build_charset("full").characters)
    missing = {c for c in full - drawn if script_of(c) != "punctuation"}
    assert missing == {"〇"}


def test_scripts_agree_with_unicode_names() -> None:
    prefix_by_script = {
        "hiragana": ("HIRAGANA LETTER",),
        "katakana": ("KATAKANA LETTER", "KATAKANA-HIRAGANA PROLONGED"),
        "kanji": ("CJK UNIFIED", "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC CLOSING", "IDEOGRAPHIC NUMBER ZERO"),
        "latin": ("LATIN",),
        "digit": ("DIGIT",),
    }
    for character in build_charset("full"):
        name = unicodedata.name(character)
        expected = [script for script, prefixes in prefix_by_script.items() if name.startswith(prefixes)]
        assert [script_of(character)] == (expected or ["punctuation"]), name


def test_script_of_refuses_more_than_one_character() -> None:
    for text in ("", "かな", "か\u3099"):
        with pytest.raises(CharsetError, match="one character"):
            script_of(text)


def test_lookalikes() -> None:
    for first, second in ALIKE.split():
        assert are_lookalikes(first, second) and are_lookalikes(second, first), first + second
    for first, second in UNLIKE.split():
        assert not are_lookalikes(first, second), first + second
    assert lookalikes_of("カ") == frozenset("力カヵ") and lookalikes_of("エ") == frozenset("工エェ")
    assert lookalikes_of("永") == frozenset("永")
    members = "".join(LOOKALIKE_GROUPS)
    assert len(set(members)) == len(members), "groups that share a member are one group"
    assert set(members) <= set(build_charset("full").characters)


def test_lookalikes_among_some_characters() -> None:
    characters = "一ロ永口ー囗カ"
    assert set(select_lookalikes(characters)) == {"ー一", "口ロ囗"}  # カ has none there
    assert number_lookalikes(characters) == [0, 1, 2, 1, 0, 1, 6]
    assert number_lookalikes(characters, select_lookalikes(characters)) == number_lookalikes(characters)
    assert number_lookalikes(characters, ["永カx"]) == [0, 1, 2, 3, 4, 5, 2]
    assert number_lookalikes(characters, []) == list(range(7))
    assert lookalikes_of("カ", ["永カx"]) == frozenset("永カx") and lookalikes_of("一", []) == frozenset("一")


def test_own_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.v2.txt"
    # A byte order mark, U+3000, a half-width form and a compatibility ideograph (not 塚 U+585A).
    path.write_text("\ufeff永 字\u3000ﾊ\ufa10\r\n八\t𠮟\n\n", encoding="utf-8")
    charset = build_charset(path)
    assert charset.name == "mine.v2"
    assert charset.characters == ("永", "字", "ﾊ", "\ufa10", "八", "𠮟")
    assert build_charset(str(path)) == charset


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no characters"),
        ("\u3000\n ".encode(), "no characters"),
        ("あいう\nえあ".encode(), "line 2 stands already in line 1"),
        ("か\u3099".encode(), r"U\+3099, which is no character by itself"),
        ("あ".encode("shift_jis"), "not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00", "not UTF-8"),
    ],
)
def test_own_file_that_is_no_list_of_characters(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(CharsetError, match=message) as caught:
        build_charset(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_missing_file_and_misspelt_name(tmp_path: Path) -> None:
    with pytest.raises(CharsetError, match=r"No such file.*UTF-8 text file or one of: kana"):
        build_charset(tmp_path / "absent.txt")
    with pytest.raises(CharsetError, match="directory"):
        build_charset(tmp_path)
    with pytest.raises(CharsetError, match="'kyouiku'; did you mean 'kyoiku'"):
        build_charset("kyouiku")
    with pytest.raises(CharsetError, match="unknown character set 'zzzzz'; allowed: kana, kyoiku"):
        build_charset("zzzzz")


def test_loading_the_room_takes_under_five_milliseconds() -> None:
    modules = (package, language, japanese, charset_module)
    codes = [module.__spec__.loader.get_code(module.__name__) for module in modules]  # type: ignore[union-attr]
    durations = []
    for _ in range(9):
        start = time.process_time()  # not the clock on the wall: other processes may have the core
        for module, code in zip(modules, codes, strict=True):  # not reload(): other tests hold the classes
            exec(code, {"__name__": module.__name__, "__package__": "yomite.charset"})
        durations.append(time.process_time() - start)
    assert min(durations) < 0.005


def test_levels_are_the_first_that_has_a_character() -> None:
    assert [level_of(one) for one in "あアー永亀唖弌A。々"] == [
        "kana", "kana", "kana", "kyoiku", "joyo", "jis1", "jis2", "other", "other", "other",
    ]  # fmt: skip
    for level in ("kyoiku", "jis2"):
        assert {level_of(one) for one in build_charset(level).characters} <= {level, "joyo", "kyoiku"}
