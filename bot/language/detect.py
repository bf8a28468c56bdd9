"""Which language a text is in: by script and letters first, then by words and langdetect."""

import functools
import re
import threading
from importlib import resources
from typing import Any

from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

_UNKNOWN = "und"
_SCRIPTS = (
    ("hy", re.compile("[\u0531-\u0587]")),
    ("ru", re.compile("[\u0400-\u052f]")),
    ("en", re.compile("[a-zA-Z\u00c0-\u024f\u0259\u018f\u1e00-\u1eff]")),
    ("ka", re.compile("[\u10a0-\u10ff\u1c90-\u1cbf]")),
    ("fa", re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
# langdetect has no profile for Armenian, Georgian or Azerbaijani, and so no say about them.
_PROFILES = {
    "ru": ("ru", "uk"),
    # What our readers and feeds could mean: short headlines look like Dutch or Romanian to it.
    "en": ("en", "fr", "de", "tr", "es", "it"),
    "fa": ("fa", "ar", "ur"),
}
_LETTERS = (
    ("az", re.compile("[əƏ]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[ыэъЫЭЪ]")),
    ("fa", re.compile("[پچژگکی]")),
)
_TURKIC = re.compile("[ışğçöüŞĞÇÖÜİ]")
_NOT_TURKISH = re.compile("[xqXQ]")
_WORDS = re.compile(r"[^\W\d_]+")
# Addresses are in no language: "Фото: news.am".
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,4}\b|[@#]\w+", re.ASCII
)
_FOREIGN_LETTERS = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
# Fewer words than this, all of plain letters, are no ground to disbelieve a feed.
_FEW_WORDS = 12
# The same where no feed says anything.
_HARDLY_WORDS = 4
# Words that only one language of a script has, and hardly a sentence goes without.
_TELLING = {
    "en": (
        "the and of to in is was for that with on by from has have at are were be said as "
        "will his he it an not after who they their over but this would been new says had "
        "its which about more"
    ),
    "fr": (
        "le la les des est et une dans pour que qui sur avec du au aux par il elle sont a "
        "été ce ne pas"
    ),
    "de": (
        "der die das und ist nicht ein eine den dem von zu mit für auf sich auch im des "
        "wurde er sie es als an werden bei"
    ),
    "tr": (
        "ve bir bu için ile olarak da de daha çok olan sonra kadar gibi en ne ise var "
        "değil olduğu türkiye"
    ),
    "az": (
        "və bir bu üçün ilə də da edir olan olub daha azərbaycan azərbaycanın hüququ var "
        "edib dir hər onun kimi prezident prezidenti bakı bakıda heç şəxs malikdir"
    ),
    "uk": (
        "та що від для це як але його був про за не в у на з після під до є які вони також бути"
        " ласка дякую треба дуже чи якщо цю цей цього має який яка шановний буде немає хто щоб"
    ),
    "ru": (
        "и что от для это как но его был о об за не в у на с после под до которые они "
        "также быть или еще ещё при из по все уже только"
    ),
}
_TELLING_SETS = {language: frozenset(words.split()) for language, words in _TELLING.items()}
_LONGEST = 600
# What is read here is mostly in these; of the rest, most is in a neighbour's language.
# A Ukrainian sentence without і, ї, є or ґ is rare, and those with them are told before.
_USUAL = {"ru": 30.0, "uk": 1.0, "en": 6.0, "fr": 2.0, "de": 2.0, "tr": 2.0}
# The feed's own word is worth this much more than any other language's, and no more: feeds lie.
_HINT_WEIGHT = 3.0
_SEED = 0


class _Profiles:
    """langdetect, restricted to the languages of one script."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        """Read the profiles that the library carries."""
        folder = resources.files("langdetect").joinpath("profiles")
        self._factory: Any = DetectorFactory()
        self._factory.seed = _SEED
        self._factory.load_json_profile(
            [folder.joinpath(language).read_text(encoding="utf-8") for language in languages]
        )
        self._languages = languages

    def detect(self, text: str, hint: str | None) -> str:
        """Return the likeliest of the languages, or nothing if the text gives no ground."""
        detector = self._factory.create()
        detector.set_prior_map(
            {
                one: _USUAL.get(one, 1.0) * (_HINT_WEIGHT if one == hint else 1.0)
                for one in self._languages
            }
        )
        detector.append(text)
        try:
            found = str(detector.detect())
        except LangDetectException:
            return ""
        return "" if found == "unknown" else found


_loading = threading.Lock()


@functools.cache
def _profiles_cached(script: str) -> _Profiles:
    return _Profiles(_PROFILES[script])


def _profiles(script: str) -> _Profiles:
    # functools.cache would let two threads read the same profiles at once.
    with _loading:
        return _profiles_cached(script)


def load_profiles() -> None:
    """Read langdetect's profiles now rather than at the first text that needs them."""
    for script in _PROFILES:
        _profiles(script)


def detect_language(text: str, hint: str | None = None) -> str:
    """Return the ISO 639-1 code of the language *text* is in; *hint* is its feed's language.

    A text without letters is taken to be in the feed's language; "und" if that is not known.
    """
    text = text[:_LONGEST]
    # Of nothing but an address, it is all there is.
    text = _ADDRESS.sub(" ", text).strip() or text
    if text.isupper():
        text = text.lower()
    script = _main_script(text)
    if script == "":
        return hint if hint and len(hint) == 2 else _UNKNOWN
    if script not in _PROFILES:
        return script
    return _by_letters(script, text) or _by_words(script, text) or _by_profiles(script, text, hint)


def _main_script(text: str) -> str:
    counts = [(len(pattern.findall(text)), script) for script, pattern in _SCRIPTS]
    best, script = max(counts, key=lambda pair: pair[0])
    if script == "zh" and any(count for count, other in counts if other == "ja"):
        return "ja"
    return script if best else ""


def _by_letters(script: str, text: str) -> str:
    """Tell by letters that one language of a script has and its neighbours lack."""
    for language, letters in _LETTERS:
        if script != ("en" if language == "az" else "fa" if language == "fa" else "ru"):
            continue
        found = len(letters.findall(text))
        # One foreign name in a long text must not decide for the whole.
        if found * 60 >= len(text):
            return language
    return ""


def _by_words(script: str, text: str) -> str:
    words = [word.casefold() for word in _WORDS.findall(text)]
    candidates = ("uk", "ru") if script == "ru" else ("en", "fr", "de", "tr", "az")
    if script == "fa":
        return ""
    counts = sorted(
        ((sum(w in _TELLING_SETS[one] for w in words), one) for one in candidates), reverse=True
    )
    (most, language), (next_most, _) = counts[0], counts[1]
    if language == "tr" and _is_azerbaijani(text):
        return "az"
    return language if most >= 2 and most >= 2 * next_most + 1 else ""


def _may_be_ukrainian(text: str) -> bool:
    """Tell whether a text without Ukrainian letters has a word that Russian does not have.

    Without one it is Russian: langdetect errs on short sentences more often than such are met.
    """
    words = {word.casefold() for word in _WORDS.findall(text)}
    return bool(words & (_TELLING_SETS["uk"] - _TELLING_SETS["ru"]))


def _is_azerbaijani(text: str) -> bool:
    """Tell Azerbaijani without its ə from Turkish: Turkish letters, and x or q."""
    return bool(_TURKIC.search(text)) and bool(_NOT_TURKISH.search(text))


def _by_profiles(script: str, text: str, hint: str | None) -> str:
    if script == "ru" and not _may_be_ukrainian(text):
        return "ru"
    # No ground at all (a name, a number): the feed's language if its script allows it.
    likely = hint if hint in _PROFILES[script] or (script == "en" and hint == "az") else script
    if script == "en":
        if _is_azerbaijani(text) or (likely == "az" and _TURKIC.search(text)):
            return "az"
        plain = not _FOREIGN_LETTERS.search(text)
        few = _FEW_WORDS if hint == "en" else _HARDLY_WORDS
        if likely == "en" and plain and len(_WORDS.findall(text)) < few:
            return "en"
    found = _profiles(script).detect(text, hint)
    return ("az" if found == "tr" and likely == "az" else found) or str(likely)
