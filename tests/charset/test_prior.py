"""The prior against shares and ratios worked out by hand, and against the texts where they are present."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from yomite.charset import JAPANESE, Charset, build_charset, script_of
from yomite.charset.prior import build_log_prior, count_characters, main, sampling_weights
from yomite.errors import ConfigError, DataError

EVEN_PARTS, LEARNING_EVEN_PARTS, SHARES = JAPANESE.even_parts, JAPANESE.learning_even_parts, JAPANESE.shares


def write_sentences(root: Path, text: str) -> Path:
    path = root / "text" / "sentences.txt.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(text.encode("utf-8")))
    return path


def test_counts_are_by_hand(tmp_path: Path) -> None:
    path = write_sentences(tmp_path, "のは、の。\nＡa１\u3000～!\r\n塚\ufa10\n")
    counts = count_characters(path)
    expected = {"の": 2, "は": 1, "、": 1, "。": 1, "A": 1, "a": 1, "1": 1, "\u3000": 1, "〜": 1, "！": 1}
    assert counts == expected | {"塚": 1, "\ufa10": 1}  # NFKC would have merged the last two


def test_prior_is_by_hand() -> None:
    # hiragana 0.42 : katakana 0.10, then 20 % by count and 80 % evenly.
    charset = Charset("four", "ヌのアは")
    prior = np.exp(build_log_prior({"の": 3, "は": 1, "ア": 10, "永": 99}, charset).astype(np.float64))
    hiragana, katakana = 0.42 / 0.52, 0.10 / 0.52
    expected = [
        katakana * 0.40,
        hiragana * (0.20 * 0.75 + 0.40),
        katakana * 0.60,
        hiragana * (0.20 * 0.25 + 0.40),
    ]
    np.testing.assert_allclose(prior, expected, rtol=1e-5)


@pytest.mark.parametrize(("even_parts", "even"), [(EVEN_PARTS, 0.80), (LEARNING_EVEN_PARTS, 0.10)])
def test_half_of_the_even_part_of_kanji_is_for_joyo(even_parts: dict[str, float], even: float) -> None:
    charset = Charset("three", "人錮弌")  # 錮 joyo and unseen, 弌 neither
    prior = np.exp(build_log_prior({"人": 7}, charset, even_parts).astype(np.float64))
    floor, joyo = even * 0.5 / 3, even * 0.5 / 2
    np.testing.assert_allclose(prior, [1 - even + joyo + floor, joyo + floor, floor], rtol=1e-5)


def test_small_kana_get_a_twentieth_of_their_twins_at_most() -> None:
    charset = Charset("small", "つっのぁあ")
    counts = {"つ": 20, "っ": 86, "の": 60, "ぁ": 0, "あ": 34}
    text = np.array([20, 86, 60, 0, 34]) / 200
    parts = 0.98 * text + 0.02 / 5
    parts[1] = parts[0] / 20  # the text has more of it
    parts[3] = min(parts[3], parts[4] / 20)
    prior = np.exp(build_log_prior(counts, charset, LEARNING_EVEN_PARTS).astype(np.float64))
    np.testing.assert_allclose(prior, parts / parts.sum(), rtol=1e-5)
    no_twin = Charset("no twin", "っの")
    alone = np.exp(build_log_prior({"っ": 3, "の": 1}, no_twin, LEARNING_EVEN_PARTS).astype(np.float64))
    np.testing.assert_allclose(alone, [0.98 * 0.75 + 0.01, 0.98 * 0.25 + 0.01], rtol=1e-5)


@pytest.mark.parametrize("name", ["full", "kana", "jis2", "kyoiku"])
@pytest.mark.parametrize("counts", [{}, {"の": 5, "人": 2, "弌": 1}])
def test_prior_is_a_distribution(name: str, counts: dict[str, int]) -> None:
    log_prior = build_log_prior(counts, build_charset(name))
    assert log_prior.dtype == np.float32 and np.isfinite(log_prior).all()
    assert np.exp(log_prior.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)


def test_shares_are_kept(data_root: Path) -> None:
    full = build_charset("full")
    counts = count_characters(data_root / "text" / "sentences.txt.gz")
    log_prior = build_log_prior(counts, full)
    prior = np.exp(log_prior.astype(np.float64))
    scripts = np.array([script_of(character) for character in full])
    for script, share in SHARES.items():
        assert prior[scripts == script].sum() == pytest.approx(share, abs=1e-4)
    assert sum(SHARES.values()) == pytest.approx(1)
    # The errors of sight that the prior is there for: common above rare.
    for common, rare in ("て乙", "間閤", "子孑", "今兮", "え之", "人入", "カ力", "エヱ", "日曰", "国國"):
        assert log_prior[full.label(common)] > log_prior[full.label(rare)], common + rare
    for large, small in ("つっ", "やゃ", "ゆゅ", "よょ", "あぁ", "わゎ", "アァ", "ツッ", "カヵ", "ケヶ"):
        assert prior[full.label(small)] <= 0.0501 * prior[full.label(large)], large
    # No kanji is out of reach: the commonest is less than 200 times the rarest, 3,000 times while learning.
    kanji = prior[scripts == "kanji"]
    assert 50 < kanji.max() / kanji.min() < 200
    learning = np.exp(build_log_prior(counts, full, LEARNING_EVEN_PARTS).astype(np.float64))[
        scripts == "kanji"
    ]
    assert 1000 < learning.max() / learning.min() < 3000


@pytest.mark.parametrize(
    "content", [b"", b"plain text", gzip.compress(b"\xff\xfe\x80"), gzip.compress(b"x" * 99)[:-9]]
)
def test_damaged_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sentences.txt.gz"
    path.write_bytes(content)
    if content:
        with pytest.raises(DataError, match="not a whole gzipped UTF-8 text"):
            count_characters(path)
    else:
        assert not count_characters(path)  # gzip reads an empty file as an empty text


def test_missing_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        count_characters(tmp_path / "absent.gz")


def test_sampling_weights() -> None:
    log_prior = np.log(np.array([0.7, 0.2, 0.1], dtype=np.float32))
    np.testing.assert_allclose(sampling_weights(log_prior, 0), np.full(3, 1 / 3))
    np.testing.assert_allclose(sampling_weights(log_prior, 1), [0.7, 0.2, 0.1], rtol=1e-6)
    roots = np.sqrt([0.7, 0.2, 0.1])
    np.testing.assert_allclose(sampling_weights(log_prior, 0.5), roots / roots.sum(), rtol=1e-6)
    assert sampling_weights(log_prior - 500, 1).sum() == pytest.approx(1)
    for power in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="from 0"):
            sampling_weights(log_prior, power)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YOMITE_DATA", raising=False)
    write_sentences(tmp_path, "のの人ア")
    out = tmp_path / "prior.json"
    assert main(["--data-root", str(tmp_path), "--charset", "full", "--out", str(out)]) == 0
    table = json.loads(out.read_text(encoding="utf-8"))
    assert tuple(table["characters"]) == build_charset("full").characters
    assert np.exp(table["log_prior"]).sum() == pytest.approx(1, abs=1e-3)
    assert table["shares"] == SHARES and table["source"]["num_characters"] == 4
    assert "の" in capsys.readouterr().out.splitlines()[0]

    assert main(["--out", str(out)]) == 2
    assert main(["--data-root", str(tmp_path / "absent"), "--out", str(out)]) == 2
    assert main(["--data-root", str(tmp_path), "--charset", "ful", "--out", str(out)]) == 2
    assert main(["--data-root", str(tmp_path), "--out", str(tmp_path / "absent" / "x.json")]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert [line.split(";")[0] for line in errors[:1]] == ["no data folder"] and len(errors) == 4
    assert "did you mean 'full'" in errors[2]
