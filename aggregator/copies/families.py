"""Outlets -> publisher families: editions and papers of one house count as one voice.

The table holds houses whose outlets share desks and texts. It fails closed: an outlet
that it does not name counts as itself. `families:` in feeds.yaml adds to it and wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from aggregator.text import fingerprint

_HOST = re.compile(r"https?://([\w.-]+)", re.IGNORECASE)

# A part with a dot is a domain, and stands for those below it; any other is a name.
SHIPPED: Mapping[str, str] = {
    # --- agencies, by the names and short names that bylines and datelines use
    "Associated Press": "AP; The Associated Press; AP News; apnews.com; ap.org",
    "Reuters": "Reuters World; Thomson Reuters; reuters.com",
    "Agence France-Presse": "AFP; afp.com",
    "EFE": "Agencia EFE; efe.com",
    "Europa Press": "europapress.es",
    "dpa": "Deutsche Presse-Agentur; dpa.com; dpa-international.com",
    "ANSA": "ansa.it",
    "PA Media": "Press Association; pa.media",
    "UPI": "United Press International; upi.com",
    "Bloomberg": "Bloomberg News; Bloomberg Law; bloomberg.com; bloomberglaw.com; bloomberglinea.com",
    "Xinhua": "Xinhua News Agency; xinhuanet.com; news.cn",
    "TASS": "tass.com; tass.ru",
    "Kyodo": "Kyodo News; kyodonews.net",
    "Yonhap": "Yonhap News Agency; yna.co.kr",
    "Anadolu": "Anadolu Agency; aa.com.tr",
    "PTI": "Press Trust of India; ptinews.com",
    "ANI": "Asian News International; aninews.in",
    "Canadian Press": "The Canadian Press; thecanadianpress.com",
    "AAP": "Australian Associated Press; aap.com.au",
    # --- United States, national
    "New York Times": "The New York Times; nytimes.com; The Athletic; theathletic.com",
    "Washington Post": "The Washington Post; washingtonpost.com",
    "Wall Street Journal": "The Wall Street Journal; Dow Jones; wsj.com; barrons.com; marketwatch.com; mansionglobal.com",
    "Los Angeles Times": "LA Times; latimes.com",
    "Fox News": "Fox Business; FOX News; Fox News Digital; foxnews.com; foxbusiness.com; foxweather.com",
    "CNN": "CNN International; CNN en Español; CNN Politics; CNN Newsource; CNN Wire; cnn.com; cnn.io",
    "NBC News": "Noticias Telemundo; Telemundo; nbcnews.com; today.com; telemundo.com",
    "Versant": "MSNBC; MS NOW; CNBC; msnbc.com; ms.now; cnbc.com",
    "ABC News": "Good Morning America; abcnews.go.com; abcnews.com; goodmorningamerica.com; abc7.com; abc7ny.com; abc7chicago.com; abc7news.com; abc11.com; abc13.com; abc30.com; 6abc.com",
    "CBS News": "60 Minutes; cbsnews.com; cbslocal.com",
    "PBS": "PBS NewsHour; PBS News; pbs.org",
    "NPR": "National Public Radio; npr.org",
    "Politico": "Politico Europe; politico.com; politico.eu",
    "Axios": "axios.com",
    "TelevisaUnivision": "Univision; Televisa; N+; univision.com; televisa.com; nmas.com.mx",
    "Vox Media": "Vox; The Verge; New York Magazine; Intelligencer; vox.com; theverge.com; nymag.com; vulture.com; thecut.com; eater.com; sbnation.com",
    "Condé Nast": "The New Yorker; Wired; Vanity Fair; newyorker.com; wired.com; vanityfair.com; arstechnica.com",
    "Penske Media": "Variety; Deadline; Rolling Stone; The Hollywood Reporter; variety.com; deadline.com; rollingstone.com; hollywoodreporter.com; billboard.com",
    "Salem Media": "Townhall; RedState; Hot Air; PJ Media; Twitchy; townhall.com; redstate.com; hotair.com; pjmedia.com; twitchy.com",
    # --- United States, groups of local papers and stations
    "Gannett": "USA TODAY; USA Today; USA TODAY Network; usatoday.com; azcentral.com; freep.com; jsonline.com; indystar.com; cincinnati.com; tennessean.com; courier-journal.com; desmoinesregister.com; dispatch.com; northjersey.com; oklahoman.com; commercialappeal.com; palmbeachpost.com; elpasotimes.com; caller.com; lcsun-news.com",
    "McClatchy": "Miami Herald; El Nuevo Herald; miamiherald.com; elnuevoherald.com; sacbee.com; fresnobee.com; charlotteobserver.com; newsobserver.com; kansascity.com; star-telegram.com; thestate.com; kentucky.com; idahostatesman.com; bnd.com; mcclatchydc.com",
    "Tribune and MediaNews": "Chicago Tribune; chicagotribune.com; nydailynews.com; orlandosentinel.com; sun-sentinel.com; courant.com; dailypress.com; pilotonline.com; mcall.com; mercurynews.com; eastbaytimes.com; denverpost.com; ocregister.com; dailynews.com; bostonherald.com; twincities.com; sandiegouniontribune.com",
    "Hearst Newspapers": "Houston Chronicle; San Francisco Chronicle; houstonchronicle.com; chron.com; sfchronicle.com; sfgate.com; expressnews.com; mysanantonio.com; timesunion.com; statesman.com",
    "Lee Enterprises": "stltoday.com; tucson.com; omaha.com; richmond.com; tulsaworld.com; buffalonews.com",
    "Advance Local": "cleveland.com; nj.com; oregonlive.com; al.com; mlive.com; masslive.com; syracuse.com; pennlive.com",
    "Nexstar": "The Hill; NewsNation; Border Report; thehill.com; newsnationnow.com; borderreport.com; ktla.com; kxan.com; valleycentral.com; ktsm.com; wgntv.com; fox5sandiego.com",
    "Sinclair": "The National Desk; The National News Desk; thenationaldesk.com; wjla.com; katu.com; kutv.com; komonews.com; kfoxtv.com",
    "Scripps": "Scripps News; scrippsnews.com; abc15.com; kgun9.com; 10news.com; denver7.com",
    # --- United Kingdom
    "BBC": "BBC News; BBC World; BBC World Service; BBC Mundo; BBC News Mundo; BBC Sport; bbc.com; bbc.co.uk; bbci.co.uk",
    "The Guardian": "Guardian; The Guardian US; theguardian.com; guardian.co.uk",
    "Sky News": "sky.com",
    "DMG Media": "Daily Mail; MailOnline; dailymail.co.uk; mailonsunday.co.uk; metro.co.uk; inews.co.uk; thisismoney.co.uk",
    "Reach": "Daily Mirror; Daily Express; mirror.co.uk; the-mirror.com; express.co.uk; the-express.com; dailystar.co.uk; dailyrecord.co.uk; manchestereveningnews.co.uk; liverpoolecho.co.uk; birminghammail.co.uk; walesonline.co.uk; irishmirror.ie",
    "News UK": "thetimes.com; thetimes.co.uk; thesun.co.uk; the-sun.com; thescottishsun.co.uk",
    "Telegraph": "The Telegraph; Daily Telegraph; telegraph.co.uk",
    "Financial Times": "FT; ft.com",
    # --- elsewhere
    "France Médias Monde": "France 24; RFI; france24.com; rfi.fr; mc-doualiya.com",
    "Deutsche Welle": "DW; DW News; dw.com",
    "Al Jazeera": "Al Jazeera English; aljazeera.com; aljazeera.net",
    "Voice of America": "VOA; VOA News; Voz de América; voanews.com; vozdeamerica.com",
    "Radio Free Europe": "RFE/RL; rferl.org; svoboda.org; radiosvoboda.org; currenttime.tv",
    "El País": "EL PAÍS; El Pais; elpais.com",
    "El Tiempo": "eltiempo.com; portafolio.co",
    "Grupo Clarín": "Clarín; clarin.com; ole.com.ar",
    "CBC": "CBC News; CBC/Radio-Canada; Radio-Canada; cbc.ca; radio-canada.ca",
    "Bell Media": "CTV News; ctvnews.ca; bnnbloomberg.ca; cp24.com",
    "Postmedia": "National Post; Financial Post; nationalpost.com; financialpost.com; montrealgazette.com; ottawacitizen.com; calgaryherald.com; edmontonjournal.com; vancouversun.com; theprovince.com; torontosun.com",
    "ABC Australia": "ABC News (Australia); abc.net.au",
    "News Corp Australia": "The Australian; news.com.au; theaustralian.com.au; heraldsun.com.au; dailytelegraph.com.au; couriermail.com.au; adelaidenow.com.au; skynews.com.au",
    "Nine": "The Sydney Morning Herald; The Age; smh.com.au; theage.com.au; afr.com; brisbanetimes.com.au; watoday.com.au; 9news.com.au",
    "Times of India": "The Times of India; The Economic Times; indiatimes.com; timesnownews.com",
    "The Hindu": "BusinessLine; thehindu.com; thehindubusinessline.com",
    "Hindustan Times": "hindustantimes.com; livemint.com",
    "Network18": "News18; CNBC TV18; Moneycontrol; Firstpost; news18.com; cnbctv18.com; moneycontrol.com; firstpost.com",
    "NDTV": "NDTV Profit; ndtv.com; ndtvprofit.com",
}


class Families:
    """Says which publisher an outlet belongs to."""

    def __init__(self, own: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._names: dict[str, str] = {}
        self._domains: dict[str, str] = {}
        for family, parts in SHIPPED.items():
            self._add(family, (family, *parts.split("; ")))
        for family, own_parts in (own or {}).items():
            self._add(family, (family, *own_parts))
        self.version = fingerprint(repr(SHIPPED), repr(sorted((own or {}).items())))
        """Stands for the whole table."""

    def _add(self, family: str, parts: tuple[str, ...]) -> None:
        for part in parts:
            if is_domain(part):
                self._domains[_bare(part)] = family
            else:
                self._names[part.casefold()] = family

    def of(self, source: str, url: str = "") -> str:
        """Return the family of a source, by its name, else by its item's address.

        A source that is in no family is one by itself, under its own name.
        """
        if found := self._names.get(source.casefold()):
            return found
        hosts = [_bare(source)] if is_domain(source) else []
        if match := _HOST.match(url):
            hosts.append(_bare(match[1]))
        for host in hosts:
            while "." in host:
                if found := self._domains.get(host):
                    return found
                host = host.partition(".")[2]
        return source


def is_domain(text: str) -> bool:
    """Say whether an outlet is given by its domain rather than by its name."""
    return "." in text.strip(".") and " " not in text and "/" not in text


def _bare(host: str) -> str:
    return host.casefold().removeprefix("www.")
