"""What a text denies makes nothing urgent, and what it asserts stays as grave as it is."""

from __future__ import annotations

import pytest

from bot.matching import matches, read_text

DENIED = [
    "No casualties in Goris",
    "No one was killed near Jermuk",
    "There were no explosions in Kapan",
    "No reports of shelling overnight",
    "Nobody was hurt",
    "Night passed without shelling",
    "Baku denies shelling Armenian positions",
    "Ministry denied reports of an explosion",
    "Shelling of Sotk denied by Baku",
    "Reports of a missile strike are false",
    "The video of the attack is fake",
    "Ministry refutes claims of an invasion",
    "The war has not begun",
    "Officials did not confirm the attack",
    "There is no war",
    "No casualties or explosions were reported",
    "The mayor was not killed",
    "No drones were shot down",
    "Neither shelling nor explosions were heard",
    "Denial of the ceasefire violation",
    "War didn't begin",
    "Officials haven’t confirmed the attack",
    "Reports of an attack are baseless",
    "Talks end without ceasefire",
    "Жертв нет",
    "Погибших и раненых нет",
    "Пострадавших в Горисе нет",
    "Нет погибших",
    "Обошлось без жертв",
    "Без погибших и раненых",
    "Никто не погиб",
    "Взрывов не было",
    "Взрывов в городе не зафиксировано",
    "Обстрела не произошло",
    "Войны не будет",
    "Баку отрицает обстрел",
    "Минобороны опровергло обстрел Сотка",
    "Сообщения об обстреле опровергли",
    "Информация о взрыве не подтвердилась",
    "Ни одного погибшего",
    "Новость о взрыве оказалась фейком",
    "Сведения об ударе недостоверны",
    "Не погиб ни один человек",
    "Атаки не зафиксированы",
    "Баку назвал обстрел ложью",
    "Сообщение об обстреле не соответствует действительности",
    "Զոհեր չկան",
    "Զոհեր և վիրավորներ չկան",
    "Գորիսում զոհեր չկան",
    "Զոհ չկա",
    "Պատերազմ չի լինի",
    "Պայթյուն չի եղել",
    "Հրետակոծություն չի գրանցվել",
    "Առանց զոհերի",
    "Բաքուն հերքում է հրետակոծությունը",
    "Պաշտպանության նախարարությունը հերքել է պայթյունի լուրը",
    "Պայթյունի մասին լուրը հերքվեց",
    "Կեղծ է հարձակման մասին լուրը",
    "Ոչ մի պայթյուն",
    "Զոհեր չեղան",
    "Պայթյունի մասին տեղեկությունը չի հաստատվել",
    "Հարձակում չի եղել",
    "Կրակոցներ չեն եղել",
    "Պատերազմ չկա",
    "Ոչ ոք չի զոհվել",
    "Պատերազմը չի սկսվել",
    "Պատերազմը չսկսվեց",
    "Հարձակման մասին լուրը սուտ է",
    "Հարձակման մասին լուրը չի համապատասխանում իրականությանը",
    "Հրետակոծության լուրը հորինված է",
]
ASSERTED = [
    "Three killed in Goris",
    "No fewer than five killed",
    "Not only soldiers were killed",
    "Explosion in Kapan, no casualties",
    "Baku denies responsibility for the attack",
    "Shelling does not stop",
    "Armenia won the war",
    "Talks won't end the war",
    "No electricity after the shelling",
    "No injuries in the explosion",
    "Не менее пяти погибших",
    "Не только взрывы",
    "Отрицательный баланс после удара",
    "Обстрелы не прекращаются",
    "Без вести пропали после обстрела",
    "Пострадавших в результате обстрела нет",
    "Взрыв в Капане, жертв нет",
    "Баку отрицает причастность к обстрелу",
    "Город без света после обстрела",
    "Պայթյունի հետևանքով վիրավորներ չկան",
    "Հրետակոծությունը չի դադարում",
    "Ոչ միայն հրետակոծություն",
    "Պայթյուն Կապանում․ զոհեր չկան",
    "Ոչ պակաս, քան հինգ զոհ",
    "Պատերազմը չի բացառվում",
    "Պատերազմը դեռ չի ավարտվել",
    "Պայթյունի պատճառները չեն հրապարակվել",
]


@pytest.mark.parametrize("text", DENIED)
def test_what_is_denied_makes_nothing_urgent(text: str) -> None:
    # A border town has a little gravity of its own.
    assert read_text(text).gravity <= 1


@pytest.mark.parametrize("text", ASSERTED)
def test_what_is_asserted_is_grave_whatever_is_denied_beside_it(text: str) -> None:
    assert read_text(text).gravity >= 2


def test_a_title_denies_nothing_of_the_summary() -> None:
    assert read_text("No casualties\nExplosion in the city").gravity >= 2


@pytest.mark.parametrize(
    ("keyword", "text"),
    [("casualties", "No casualties"), ("обстрел", "Баку отрицает обстрел"), ("զոհ", "Զոհեր չկան")],
)
def test_what_is_denied_is_found_by_its_keyword(keyword: str, text: str) -> None:
    assert matches(keyword, text)
