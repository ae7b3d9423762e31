"""Invented reports and the variants that newsrooms make of them, with what is true."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator.models import Item

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)


def item(
    number: int,
    title: str,
    summary: str = "",
    *,
    source: str = "",
    feed: int = 0,
    author: str = "",
    url: str = "",
    minutes: int | None = None,
) -> Item:
    """Make an item; without `minutes` they come in the order of their numbers."""
    at = NOW + timedelta(minutes=number if minutes is None else minutes)
    return Item(
        id=number,
        feed_id=feed or number,
        feed_name=source or f"Outlet {number}",
        source=source or f"Outlet {number}",
        url=url,
        title=title,
        summary=summary,
        author=author,
        published_at=at,
        first_seen_at=at,
        at=at,
    )


@dataclass(frozen=True)
class Told:
    """One original text: what desks may do with it depends on its language."""

    title: str
    text: str
    other_title: str
    city: str = ""


# Each tuple is one event, told independently by several desks: reports of one event
# use the same names and numbers, and are no copies of each other.
EVENTS: tuple[tuple[Told, ...], ...] = (
    (
        Told(
            "Ferry with 212 aboard runs aground off Cape Morrow",
            "A passenger ferry carrying 212 people ran aground on a sandbank off Cape Morrow "
            "early on Thursday, and lifeboats brought everyone ashore before the tide turned. "
            "The captain told investigators that the steering failed twenty minutes after the "
            "vessel left Port Ansel. Nobody was badly hurt, though eleven passengers were "
            "treated for cold.",
            "All safe after ferry grounds on sandbank",
            "Port Ansel",
        ),
        Told(
            "Steering failure blamed for Cape Morrow ferry grounding",
            "Investigators think a broken steering pump sent the Port Ansel ferry onto the sand "
            "at Cape Morrow on Thursday with 212 people on board. Harbour pilots had reported "
            "the same fault in January, according to the union, which wants the whole fleet "
            "inspected. The operator declined to say when the pump was last serviced.",
            "Union wants fleet inspected after grounding",
            "Cape Morrow",
        ),
        Told(
            "‘We sang until the lifeboats came’: passengers on the stranded ferry",
            "Dolores Finch was on her way to a wedding when the deck tilted under her shoes. For "
            "three hours she and the 211 others on the ferry at Cape Morrow shared coats, "
            "biscuits and every song that anyone could remember. Then came the lifeboats, she "
            "said, one after another, like taxis.",
            "Songs and biscuits on a stranded ferry",
        ),
        Told(
            "Cape Morrow ferry: coastguard praises crew",
            "The coastguard praised the crew of the ferry that grounded off Cape Morrow for "
            "getting 212 people into lifejackets within nine minutes. A tug from Port Ansel "
            "will try to pull the vessel free at high water on Friday, and the channel stays "
            "closed until then.",
            "Tug to free grounded ferry on Friday",
        ),
    ),
    (
        Told(
            "Senate backs river water deal after all-night debate",
            "Senators voted 54 to 43 shortly before dawn to approve a deal that divides the water "
            "of the Calder River among four states for the next twenty years. Farmers in the "
            "lower valley will give up a fifth of what they take now and be paid for leaving "
            "fields dry. The bill goes to President Adeyemi, who has promised to sign it.",
            "Calder River deal clears Senate at dawn",
            "CAPITAL CITY",
        ),
        Told(
            "What the Calder River vote means for valley farms",
            "For the growers of the lower valley the Senate's 54-43 vote turns a drought rule into "
            "law: every fifth acre goes unwatered, and the state writes a cheque. Cooperatives "
            "say that the money covers the lost harvest but not the packing sheds, which need "
            "full trucks to pay their way.",
            "Every fifth acre goes dry under water deal",
        ),
        Told(
            "Cities cheer, farmers fume as Senate passes water bill",
            "Mayors along the Calder River toasted the Senate vote with tap water on Wednesday "
            "while tractors blocked the road to the reservoir. The deal keeps city supplies "
            "steady until 2046. President Adeyemi called it the hardest bargain of her term, and "
            "her opponents promised to take it to court.",
            "Tractors block reservoir road over water bill",
        ),
    ),
    (
        Told(
            "El puerto de Luz cierra por la tormenta y deja a 3.000 pasajeros en tierra",
            "La autoridad portuaria cerró este jueves el puerto de Luz por vientos de más de cien "
            "kilómetros por hora, y unos 3.000 pasajeros pasaron la noche en los salones de la "
            "terminal. Las navieras esperan reanudar las salidas el sábado, siempre que amaine el "
            "oleaje. Protección Civil repartió mantas y bocadillos.",
            "Miles de pasajeros, atrapados por el temporal",
            "PUERTO DE LUZ",
        ),
        Told(
            "Una noche en la terminal: así viven los viajeros varados por el temporal",
            "Los niños juegan al fútbol entre las maletas y una orquesta de Jaén ensaya junto a la "
            "cafetería. Son parte de los 3.000 viajeros a los que el viento dejó en el puerto de "
            "Luz. Nadie sabe cuándo zarpará el próximo barco, pero el alcalde ha abierto el "
            "polideportivo y los vecinos ofrecen camas.",
            "El alcalde abre el polideportivo a los varados",
        ),
    ),
    (
        Told(
            "港口城市松江因台风停航三天",
            "松江港务局星期四宣布，由于台风海燕正在逼近，所有客轮和货轮停航三天，约两千名旅客滞留码头。"
            "市政府开放了六所学校作为临时住所，并向旅客提供热饭。气象台预计台风将于星期五夜间登陆，"
            "风速可达每小时一百四十公里。",
            "台风逼近，两千旅客滞留码头",
        ),
        Told(
            "松江居民排队买水，超市货架被搬空",
            "星期四清晨，松江的超市门口排起了长队，瓶装水和电池不到一小时就卖完了。"
            "退休教师林秀英说，她经历过十年前的洪水，这次不敢大意。渔民把船拖上岸，用绳子绑在老榕树上，"
            "邻居们互相帮忙封窗。",
            "超市货架空了：台风前的松江",
        ),
    ),
)

# One text filled in with other names and numbers, as desks do with results.
TEMPLATES: tuple[str, ...] = (
    (
        "{a} beat {b} {x}-{y} at {ground} on Saturday to climb to {place} in the Northern League. "
        "{p} opened the scoring in the {m}th minute and {q} added a second after the break. The "
        "visitors had a late goal ruled out for offside. {a} travel to {c} next weekend."
    ),
    (
        "Police in {ground} are looking for {p}, {m}, who was last seen near the {a} sports hall on "
        "Friday evening. Anyone with information is asked to call the {b} station on extension "
        "{x}{y}{m}."
    ),
    (
        "Shares of {a} closed {x}.{y} percent lower at {m} crowns on the {ground} exchange after the "
        "company said that {p} will step down as chief executive. {q}, head of the {b} division, "
        "takes over on an interim basis."
    ),
)
_TEAMS = [
    "Aldmoor",
    "Birchley",
    "Castlereach",
    "Dunford",
    "Eskdale",
    "Farnwick",
    "Garside",
    "Holmby",
    "Inverley",
    "Jarrold",
]
_PEOPLE = [
    "Okafor",
    "Lindqvist",
    "Marchetti",
    "Petrov",
    "Sandoval",
    "Whitcombe",
    "Yamada",
    "Duarte",
    "Keane",
    "Novak",
    "Osei",
    "Riley",
]

# The same statement, quoted whole inside articles that are not the same.
QUOTE = (
    "“We have listened to every family on the river, we have counted every well, and today we "
    "put before the country a plan that leaves no village without clean water by the end of "
    "the decade,” said Minister Alma Reyes."
)
QUOTING: tuple[tuple[str, str], ...] = (
    (
        "Government unveils clean water plan",
        (
            f"The government on Monday presented a ten-year programme for rural wells. {QUOTE} The "
            "opposition called it an election gift and asked who would pay for it."
        ),
    ),
    (
        "Villages wait for pumps promised in 2019",
        (
            f"In Tres Arroyos the pump promised seven years ago is still in its crate. {QUOTE} Mayor "
            "Ignacio Sol says that he will believe it when the tap runs."
        ),
    ),
    (
        "Bond markets shrug at water spending",
        (
            f"Yields on ten-year bonds barely moved after the cabinet set out its costs. {QUOTE} "
            "Analysts at Banco Litoral reckon that the plan adds 0.3 points to the deficit."
        ),
    ),
    (
        "Engineers doubt the 2030 deadline for wells",
        (
            f"The college of engineers counts nine drilling rigs in the whole country. {QUOTE} At "
            "that pace, its president said, the last village would get its well in 2051."
        ),
    ),
)

BOILERPLATE = (
    " The post {title} appeared first on {source}.",
    " Sign up for our morning newsletter and never miss a story.",
    " Continue reading on our site…",
    " Follow us on every channel for updates. All rights reserved.",
)


# --- what desks do with a text


def _words(text: str) -> list[str]:
    return text.split(" ")


def cut_short(told: Told, rng: random.Random) -> str:
    """Cut the text in the middle of a word, as feeds do."""
    return (
        told.text[: rng.randint(int(len(told.text) * 0.45), len(told.text) - 5)] + "…"
    )


def dated(told: Told, rng: random.Random) -> str:
    """Put a dateline with an agency before it."""
    agency = rng.choice(("Reuters", "AP", "AFP", "EFE"))
    dash = rng.choice(("—", "-", "–"))
    return f"{told.city or 'LONDON'} ({agency}) {dash} {told.text}"


def tagged(told: Told, rng: random.Random) -> str:
    """Put an agency's name at its end."""
    return told.text + rng.choice((" (AP)", " — Reuters", " / AFP", " (Reuters)."))


def edited(told: Told, rng: random.Random) -> str:
    """Change a few words, as a copy desk does."""
    words = _words(told.text)
    if len(words) < 12:  # a script without spaces: swap one sign far from the others
        place = rng.randrange(10, len(told.text) - 10)
        return told.text[:place] + "的" + told.text[place + 1 :]
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(4, len(words) - 4)
        if words[place].islower():
            words[place] = rng.choice(("also", "then", "reportedly", "roughly"))
    return " ".join(words)


def cut_and_dated(told: Told, rng: random.Random) -> str:
    """Do both."""
    return dated(told, rng)[: int(len(told.text) * 0.7)] + "..."


def without_end(told: Told, rng: random.Random) -> str:
    """Leave out the last sentence and add the outlet's own words."""
    sign = "。" if "。" in told.text else ". "
    head = sign.join(told.text.split(sign)[:-1]) + sign
    return head + rng.choice(BOILERPLATE).format(title=told.title, source="The Mill")


def headed(told: Told, rng: random.Random) -> str:
    """Begin with the headline, as aggregating feeds do."""
    return f"{told.title} {told.text}"


def whole(told: Told, rng: random.Random) -> str:
    """Leave it as it is."""
    return told.text


VARIANTS: Sequence[Callable[[Told, random.Random], str]] = (
    whole,
    cut_short,
    dated,
    tagged,
    edited,
    cut_and_dated,
    without_end,
    headed,
)


def planted(seed: int) -> tuple[list[list[Item]], dict[int, object]]:
    """Make clusters with copies, and say for each item which text it carries."""
    rng = random.Random(seed)  # noqa: S311  # the same fixture each time
    clusters: list[list[Item]] = []
    text_of: dict[int, object] = {}
    number = 0

    def add(cluster: list[Item], text: object, title: str, summary: str) -> None:
        nonlocal number
        number += 1
        minutes = rng.randrange(2_000)
        cluster.append(item(number, title, summary, minutes=minutes))
        text_of[number] = text

    for event, reports in enumerate(EVENTS):
        cluster: list[Item] = []
        for told in reports:
            for variant in VARIANTS:
                title = rng.choice((told.title, told.other_title))
                add(cluster, (event, told.title), title, variant(told, rng))
            add(cluster, (event, told.title), told.title, "")  # a headline alone
        clusters.append(cluster)
    for template in TEMPLATES:
        cluster = []
        for _ in range(12):
            names = rng.sample(_TEAMS, 4)
            people = rng.sample(_PEOPLE, 2)
            values = {
                "a": names[0],
                "b": names[1],
                "c": names[2],
                "ground": names[3],
                "p": people[0],
                "q": people[1],
                "x": rng.randrange(1, 6),
                "y": rng.randrange(0, 9),
                "m": rng.randrange(14, 88),
                "place": rng.choice(("first", "third", "fifth", "ninth")),
            }
            summary = template.format(**values)
            title = f"{names[0]} {values['x']}-{values['y']} {names[1]}"
            add(cluster, summary, title, summary)
        clusters.append(cluster)
    cluster = []
    for title, summary in QUOTING:
        add(cluster, title, title, summary)
    clusters.append(cluster)
    return clusters, text_of
