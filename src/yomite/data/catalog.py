"""The data sets that yomite reads and where they come from: addresses, checksums, licenses.

An address stands here only if the data set's own page or repository gives it; `verified` says what else is
known of it. What has no address has to be asked for, or is put in its place by hand with `--from`.
"""

from __future__ import annotations

from dataclasses import dataclass

from yomite.errors import DataError

AS_PUBLISHED = "address as published by the data set, not tried from here; no checksum is published"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a data set.

    Attributes:
        path: Its place in the data folder.
        url: Its address, "" if it has none.
        checksum: `sha256:...` or `md5:...`; "" if none is known.
    """

    path: str
    url: str = ""
    checksum: str = ""


@dataclass(frozen=True)
class CatalogEntry:
    """A data set.

    Attributes:
        name: As fetch takes it.
        source: As `open_source` takes it; "" for texts, which are no samples.
        title: What it is.
        license: Its name, and what it asks for in a few words.
        homepage: Where it is described.
        files: In the data folder.
        verified: What is known of addresses and checksums.
        how: For what cannot be fetched: where to ask, and what to do then.
        content_hash: KanjiVG alone: the hash over the drawings (see `hash_drawings`) that is known good.
    """

    name: str
    source: str
    title: str
    license: str
    homepage: str
    files: tuple[RemoteFile, ...]
    verified: str = ""
    how: str = ""
    content_hash: str = ""


_KMNIST_URL = "http://codh.rois.ac.jp/kmnist/dataset"
_KMNIST_PAGE = "https://github.com/rois-codh/kmnist"
_KMNIST_LICENSE = "CC BY-SA 4.0 (name the source, share alike)"
_FONT_LICENSE = "SIL OFL 1.1 (the font may not be sold by itself)"
_ETL_PAGE = "http://etlcdb.db.aist.go.jp/"
_ETL_LICENSE = "AIST's terms: free of charge, not to be handed on, to be named as ETL Character Database"

_NO_ADDRESS = "no address of a file in the form that is read here"


def _etl(name: str, title: str) -> CatalogEntry:
    return CatalogEntry(
        name.lower(), name, title, _ETL_LICENSE, _ETL_PAGE, (RemoteFile(f"{name}.zip"),),
        "no address: AIST gives it to those who ask",
        how=f"ask for it at {_ETL_PAGE}, then: yomite data fetch {name.lower()} --from {name}.zip",
    )  # fmt: skip


def _font(family: str, name: str, sha256: str) -> CatalogEntry:
    file = f"{name}-Regular.ttf"
    url = f"https://github.com/google/fonts/raw/main/ofl/{family}/{file}"
    return CatalogEntry(
        family, f"fonts/{file}", f"handwriting font {name}", _FONT_LICENSE,
        f"https://github.com/google/fonts/tree/main/ofl/{family}",
        (RemoteFile(f"fonts/{file}", url, f"sha256:{sha256}"),),
        "address of the repository, not tried; checksum of the file that the released weights learned from",
    )  # fmt: skip


CATALOG: tuple[CatalogEntry, ...] = (
    CatalogEntry(
        "kanjivg",
        "strokes/kanjivg",
        "KanjiVG: strokes of 6,703 characters and 4,959 forms of them, by Ulrich Apel",
        "CC BY-SA 3.0 (name the source, share alike; also what is learned from it)",
        "https://kanjivg.tagaini.net",
        (
            RemoteFile(
                "strokes/kanjivg.zip",
                "https://github.com/KanjiVG/kanjivg/releases/download/r20220427/kanjivg-20220427-all.zip",
            ),
        ),
        f"{AS_PUBLISHED}; the drawings that the released weights learned from are known by their own hash",
        content_hash="301e05268768daa342e5ee5c73a4359f2fa2a195cfd35659fe79edf16a7ecab6",
    ),
    CatalogEntry(
        "kmnist",
        "kmnist",
        "Kuzushiji-MNIST: 70,000 pictures of 10 hiragana from Edo-period books, 28 px",
        _KMNIST_LICENSE,
        _KMNIST_PAGE,
        (
            RemoteFile(
                "kmnist/train-images-idx3-ubyte.gz",
                f"{_KMNIST_URL}/kmnist/train-images-idx3-ubyte.gz",
                "md5:bdb82020997e1d708af4cf47b453dcf7",
            ),
            RemoteFile(
                "kmnist/train-labels-idx1-ubyte.gz",
                f"{_KMNIST_URL}/kmnist/train-labels-idx1-ubyte.gz",
                "md5:e144d726b3acfaa3e44228e80efcd344",
            ),
            RemoteFile(
                "kmnist/t10k-images-idx3-ubyte.gz",
                f"{_KMNIST_URL}/kmnist/t10k-images-idx3-ubyte.gz",
                "sha256:edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            ),
            RemoteFile(
                "kmnist/t10k-labels-idx1-ubyte.gz",
                f"{_KMNIST_URL}/kmnist/t10k-labels-idx1-ubyte.gz",
                "sha256:20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
        ),
        "addresses as published, not tried from here; checksums of the test files verified, those of the "
        "training files as torchvision has them",
    ),
    CatalogEntry(
        "k49",
        "k49",
        "Kuzushiji-49: 270,912 pictures of 49 hiragana from Edo-period books, 28 px",
        _KMNIST_LICENSE,
        _KMNIST_PAGE,
        tuple(
            RemoteFile(f"k49/{name}", f"{_KMNIST_URL}/k49/{name}")
            for name in (
                "k49-train-imgs.npz",
                "k49-train-labels.npz",
                "k49-test-imgs.npz",
                "k49-test-labels.npz",
                "k49_classmap.csv",
            )
        ),
        AS_PUBLISHED,
    ),
    CatalogEntry(
        "kkanji",
        "kkanji",
        "Kuzushiji-Kanji: 140,424 pictures of 3,832 kanji from Edo-period books, 64 px",
        _KMNIST_LICENSE,
        _KMNIST_PAGE,
        (RemoteFile("kkanji.tar", f"{_KMNIST_URL}/kkanji/kkanji.tar"),),
        AS_PUBLISHED,
    ),
    CatalogEntry(
        "hiragana-sheets",
        "cells/hiragana-sheets",
        "scanned cells of 71 hiragana, pen and pencil, several hands",
        "MIT",
        "https://github.com/joonaslomps/hiragana-ocr",
        (RemoteFile("cells/hiragana-sheets.zip"),),
        _NO_ADDRESS,
        how="cut the cells out of the repository's sheets as U+XXXX/<sheet>_p<page>_c<column>.png, zip "
        "them, then: yomite data fetch hiragana-sheets --from cells.zip",
    ),
    CatalogEntry(
        "touchscreen",
        "dev/touchscreen-100",
        "crowdsourced touch-screen drawings of 100 characters, 300 px",
        "CC BY 4.0 (name the source)",
        "https://github.com/Mediotaku/Kanji-Recognition",
        (RemoteFile("dev/touchscreen-100.zip"),),
        _NO_ADDRESS,
        how="zip the repository's drawings, named <character>_<number>.png, then: "
        "yomite data fetch touchscreen --from drawings.zip",
    ),
    CatalogEntry(
        "tomoe",
        "dev/freehand-jis-kanji",
        "one writer's strokes of JIS kanji and kana (Tomoe, in tegaki's XML)",
        "LGPL 2.1",
        "https://github.com/tegaki/tegaki",
        (RemoteFile("dev/freehand-jis-kanji.zip"),),
        _NO_ADDRESS,
        how="zip the repository's drawings (tegaki XML), then: yomite data fetch tomoe --from drawings.zip",
    ),
    _font("hachimarupop", "HachiMaruPop", "be6f6f88892a5f32875b7eb928ee5698bcf2d90d709caa7fe6f17c3c062994a7"),
    _font(
        "lxgwmarkergothic",
        "LXGWMarkerGothic",
        "e96bfd95e39f1ac2ef84591b22c292ac7e705d38d84f7f81694072e825c7bd83",
    ),
    CatalogEntry(
        "kleeone",
        "fonts/KleeOne-Regular.otf",
        "handwriting font Klee One in two weights",
        _FONT_LICENSE,
        "https://github.com/fontworks-fonts/Klee",
        (
            RemoteFile(
                "fonts/KleeOne-Regular.otf",
                checksum="sha256:16d66b12d6524faaf153af34279131651fdd8db08e528b0587097c46cb341274",
            ),
            RemoteFile(
                "fonts/KleeOne-SemiBold.otf",
                checksum="sha256:4debecf1d9bf687da8e625994f334bbc51bad0e8798995f6b11afb5cbb02ae03",
            ),
        ),
        "no address of the OpenType files; checksums of those that the released weights learned from",
        how="take both files from the repository, then: yomite data fetch kleeone --from FOLDER",
    ),
    _font("yomogi", "Yomogi", "5630571baffadfbcc3c85d41fbd5cb8007cb01a6af4481fb7014b7bdc77fc623"),
    _font("yujiboku", "YujiBoku", "7047fe55aa0a50b42ad36446030b1fd2083f4b7b2cf718ad4d09ab67197cabfa"),
    _font("yuseimagic", "YuseiMagic", "307adbb37e3d8d2791e4d99fb93d9a727b6199d2bdc7d6f0ce3c7437a51a6695"),
    _font("zenkurenaido", "ZenKurenaido", "163534e4d1540287f98784bb1d912af7bdbc91e09fa81f039bae8894e041df30"),
    CatalogEntry(
        "sentences",
        "",
        "200,096 sentences of 4 to 40 characters from 2,829 works of Aozora Bunko",
        "public domain",
        "https://www.aozora.gr.jp",
        (
            RemoteFile(
                "text/sentences.txt.gz",
                checksum="sha256:69fcae444c101e83ed468c389b85439b84b0adc0df7f0e918cf2c77f76299dd7",
            ),
        ),
        f"{_NO_ADDRESS}; checksum of the file that the prior and the language model were counted in",
        how="one sentence a line, gzip: put the file at text/sentences.txt.gz in the data folder; other "
        "sentences do as well, and make another prior",
    ),
    CatalogEntry(
        "modern-sentences",
        "",
        "71,098 modern sentences, captions, questions and words",
        "CC BY-SA 4.0 (JGLUE, UD Japanese GSD) and CC0 (ROHAN)",
        "https://github.com/yahoojapan/JGLUE",
        (
            RemoteFile(
                "text/modern-sentences.tsv.gz",
                checksum="sha256:813b695edd973bc7340c2a6a68f3acb80178af55682f0374698f073b95c37657",
            ),
        ),
        f"{_NO_ADDRESS}; checksum of the file that lines and their language model learned from",
        how="from JGLUE (JCommonsenseQA, JSTS, JNLI, JSQuAD), UD Japanese GSD (dev, test) and ROHAN: source, "
        "tab, text a line, gzip; put it at text/modern-sentences.tsv.gz in the data folder",
    ),
    _etl("ETL1", "141,319 digits, capitals, signs and katakana by 1,445 writers, 64 x 63, 4 bit"),
    _etl("ETL2", "52,796 printed kanji, kana and signs (newspaper and patent type), 60 x 60, 6 bit"),
    _etl("ETL3", "9,600 digits, capitals and signs by 200 writers, 72 x 76, 4 bit"),
    _etl("ETL4", "6,120 hiragana by 120 writers, 72 x 76, 4 bit"),
    _etl("ETL5", "10,608 katakana by 104 writers, twice, 72 x 76, 4 bit"),
    _etl("ETL6", "157,662 katakana, digits, capitals and signs by 1,383 writers, 64 x 63, 4 bit"),
    _etl("ETL7", "hiragana by 175 writers, large (16,800) and small, 64 x 63, 4 bit"),
    _etl("ETL8B", "152,960 hiragana and elementary-school kanji (956 classes), 64 x 63, 1 bit"),
    _etl("ETL8G", "the same in gray: 128 x 127, 4 bit"),
    _etl("ETL9B", "607,200 hiragana and JIS level 1 kanji (3,036 classes) by 4,000 writers, 64 x 63, 1 bit"),
    _etl("ETL9G", "the same in gray: 128 x 127, 4 bit"),
)


def find_entry(name: str) -> CatalogEntry:
    """Return the entry of a name, upper or lower case.

    Raises:
        DataError: There is none.
    """
    for entry in CATALOG:
        if entry.name == name.lower():
            return entry
    raise DataError(f"{name!r} is not in the catalog; there are {', '.join(entry.name for entry in CATALOG)}")
