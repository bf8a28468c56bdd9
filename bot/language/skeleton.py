"""The sound of a name, so that Пашинян, Փաշինյան and Pashinyan (or Pashinian) are one.

Each script has its own way to a rough phonetic spelling, the skeleton; two words are taken for
one name when their sets of skeletons meet. What a script leaves open gives several skeletons:
Armenian ղ is written g or gh, Russian г stands for g or h, English ch for ch or kh.
"""

import functools
import itertools
import re
import unicodedata

from bot.language.fold import script_of

_HY = dict(
    zip(
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
        [
            "a",
            "b",
            "g",
            "d",
            "E",
            "z",
            "e",
            "_",
            "t",
            "ž",
            "i",
            "l",
            "h",
            "c",
            "k",
            "h",
            "dz",
            "g",
            "č",
            "m",
            "y",
            "n",
            "š",
            "O",
            "č",
            "p",
            "j",
            "r",
            "s",
            "v",
            "t",
            "r",
            "c",
            "v",
            "p",
            "k",
            "o",
            "f",
        ],
        strict=True,
    )
)
_HY["ը"] = ""
_RU = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщыэюяіїєґўј",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "e",
            "ž",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "h",
            "c",
            "č",
            "š",
            "š",
            "i",
            "e",
            "yu",
            "ya",
            "i",
            "i",
            "e",
            "g",
            "u",
            "y",
        ],
        strict=True,
    )
)
_EN = {
    "shch": "š", "tsch": "č", "sch": "š", "tch": "č", "dzh": "j", "dj": "j", "zh": "ž", "kh": "h",
    "gh": "g", "sh": "š", "ch": "č", "ph": "f", "th": "t", "tz": "c", "ts": "c", "ck": "k",
    "cz": "č", "qu": "kv", "q": "k", "x": "ks", "oo": "u", "ee": "i", "ou": "u", "w": "v",
}  # fmt: skip
_EN_SOUNDS = re.compile("|".join(sorted(_EN, key=len, reverse=True)))
_HOLDS = 8_000


_CLUSTERS = (
    ("šč", "š"), ("ts", "c"), ("tc", "c"), ("tč", "č"), ("dj", "j"), ("dž", "j"), ("tš", "č"),
)  # fmt: skip
_NO_SOUND = re.compile("[^a-zščžj]")
_LEVELLED = tuple(
    (re.compile(written), heard)
    for written, heard in (
        (r"(.)\1+", r"\1"),
        ("(?<![aeiou])y(?![aeiou])", "i"),
        ("[iy]+(?=[aeou])", ""),
        ("y", "i"),
        ("([ščžcj])o", r"\1e"),
        ("([td])r$", r"\1er"),
        (r"(.)\1+", r"\1"),
    )
)


def _common(sound: str) -> str:
    """Level what scripts write differently for one sound: glides, doubles, sibilants."""
    sound = _NO_SOUND.sub("", sound)
    for written, heard in _CLUSTERS:
        sound = sound.replace(written, heard)
    for pattern, heard in _LEVELLED:
        sound = pattern.sub(heard, sound)
    return sound


def _sounds_hy(word: str) -> set[str]:
    units = ["u" if unit == "ու" else unit for unit in re.findall("ու|.", word)]
    sounds = []
    for place, unit in enumerate(units):
        sound = "u" if unit == "u" else _HY.get(unit, "")
        if sound in ("E", "O"):
            opening = {"E": "ye", "O": "vo"}[sound]
            sound = opening if place == 0 else sound.lower()
        sounds.append(sound)
    base = "".join(sounds)
    found = {base}
    if units[0] in ("ո", "հ"):
        found.add(base[1:])
    if "հ" in word[1:] and "խ" not in word:
        found |= {s[0] + s[1:].replace("h", "") for s in found if s}
    if "ղ" in units:
        for choice in itertools.product("gh", repeat=min(units.count("ղ"), 2)):
            chosen = iter(choice)
            found.add(
                "".join(
                    next(chosen, "g") if unit == "ղ" else sound
                    for unit, sound in zip(units, sounds, strict=True)
                )
            )
        if word[0] == "ղ":
            found |= {"k" + s[1:] for s in list(found)}
    if "յո" in word:
        found |= {s.replace("yo", "e") for s in found}
    if "ձ" in word:
        found.add(base.replace("dz", "z"))
    if re.search("ու[աեէիոօ]", word):
        found |= {re.sub("u(?=[aeio])", "v", s) for s in found}
    return found


def _sounds_ru(word: str) -> set[str]:
    sounds = [_RU.get(letter, letter if letter.isascii() else "") for letter in word]
    found = {"".join(sounds).replace("dž", "j")}
    for place, letter in enumerate(word):
        if letter == "г":
            found.add("".join([*sounds[:place], "h", *sounds[place + 1 :]]))
    if re.search("у[эиаое]", word):
        found |= {re.sub("u(?=[aeio])", "v", s) for s in found}
    return found


# What Latin letters may stand for besides what _EN says, language by language: each opens one
# more reading. Order matters where one feeds another.
_MAYBE_EN = tuple(
    (re.compile(written), heard)
    for written, heard in (
        ("yo", "e"),
        ("g(?=[eiy])", "j"),
        # Gevorgian, Harutiunian: Russian drops the Armenian h.
        ("^h(?=.*[yi]an$)", ""),
        # Silent h: John, Delhi, Sarah, Vahagn in some spellings.
        ("(?<=[aeiou])h(?=[aeiou])|(?<=[rnvmldbk])h(?=[aeiou])|(?<=[aeiou])h(?![aeiou])", ""),
        ("x", "kh"),
        ("oo", "o"),
        ("j", "y"),
        ("w", "u"),
        ("gh", "kh"),
        ("(?<!t)ch", "kh"),
        ("gu(?=[ei])", "g"),
        ("qu(?=[ei])", "k"),
        ("ph", "v"),
        # German: Weiss, Neubauer, Steiner, Merz.
        ("ei", "ai"),
        ("eu|äu", "oi"),
        ("^s(?=[tp])", "sh"),
        ("z", "ts"),
        # Turkish: Ceyhan, Celal.
        ("c(?=[aeiou])", "j"),
        # Spanish and Portuguese: González.
        ("z$", "s"),
        # French: Georges, Margot, Renault, Henri.
        ("(?<=[aeioubdglmnprsv])(?:es|e)$", ""),
        ("(?<=[aeiou])[tsd]$", ""),
        ("eau|au", "o"),
    )
)
_MOST_READINGS = 16


def _marks_off(word: str) -> str:
    word = unicodedata.normalize("NFD", word)
    word = "".join(c for c in word if not unicodedata.combining(c)).replace("ß", "ss")
    return re.sub("(?<=[ei])[iy]j?$", "y", word)


def _heard_en(reading: str, word: str) -> str:
    sound = _EN_SOUNDS.sub(lambda m: _EN[m.group()], reading)
    if "ts" in word or "tz" in word or "ts" in reading:
        return sound
    sound = re.sub("c(?=[eiy])", "s", sound)
    return re.sub("(?<![ts])c(?![eiyh])", "k", sound)


def _sounds_en(word: str) -> set[str]:
    word = _marks_off(word)
    found = {word}
    for written, heard in _MAYBE_EN:
        if len(found) < _MOST_READINGS and written.search(word):
            found |= {written.sub(heard, reading) for reading in found}
    return {_heard_en(reading, word) for reading in found}


@functools.lru_cache(_HOLDS)
def skeletons(folded: str) -> frozenset[str]:
    """Return the rough phonetic spellings of one folded word, each of two letters or more."""
    script = script_of(folded)
    if script == "hy":
        sounds = _sounds_hy(folded)
    elif script == "ru":
        sounds = _sounds_ru(folded)
    elif script == "en":
        sounds = _sounds_en(folded)
    else:
        return frozenset()
    return frozenset(s for s in map(_common, sounds) if len(s) >= 2)


@functools.lru_cache(_HOLDS)
def plain_skeleton(folded: str) -> str:
    """Return the one spelling that takes every letter at its first value; "" if too short.

    Within one script only this is compared: the many readings are there to meet other scripts,
    and would make Joan of Joanne.
    """
    script = script_of(folded)
    if script == "hy":
        sound = "".join("u" if u == "ու" else _HY.get(u, "") for u in re.findall("ու|.", folded))
    elif script == "ru":
        sound = "".join(_RU.get(letter, "") for letter in folded)
    elif script == "en":
        sound = _heard_en(_marks_off(folded), folded)
    else:
        return ""
    sound = _common(sound.lower())
    return sound if len(sound) >= 2 else ""


@functools.lru_cache(_HOLDS)
def consonants(skeleton: str) -> str:
    """Return a skeleton without its vowels, save the first letter: what "near" names share."""
    return skeleton[0] + re.sub("[aeiou]", "", skeleton[1:])


@functools.lru_cache(_HOLDS)
def letters_like(letter: str) -> frozenset[str]:
    """Return the letters of all scripts that sound as this one does: ф and ֆ for f."""
    sound = _SOUNDS.get(letter)
    return frozenset(other for other, its in _SOUNDS.items() if sound and its == sound)


def sound_of(letter: str) -> str:
    """Return how one letter sounds at the beginning of a name; "" for none."""
    return _SOUNDS.get(letter, "")


# By letter: consonants as they sound before a vowel, vowels as they sound after a consonant.
_SOUNDS = {
    letter: sounds
    for first, last, vowel, consonant in (
        ("a", "z", "a", "t"),
        ("а", "я", "а", "т"),
        ("ա", "ֆ", "ա", "տ"),
    )
    for letter in map(chr, range(ord(first), ord(last) + 1))
    if (
        sounds := plain_skeleton(letter + vowel).removesuffix("a")
        or plain_skeleton(consonant + letter).removeprefix("t")
    )
}
