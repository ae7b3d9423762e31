"""How common words are in the news: what a young stream does not know yet."""

# Written by scripts/count_common_words.py; the key is the share of items that have
# the stem. Language by language; a language without a table starts from its own
# stream alone.

from __future__ import annotations

from functools import cache

_STEMS_BY_SHARE: dict[float, str] = {
    0.3: """
        a and for in of on the to
    """,
    0.2: """
        after as at by from has is that us with
    """,
    0.1: """
        an are be first have he his iran it its new over post presid said says this
        trump was will
    """,
    0.05: """
        about agains amid appear attack been but china countr during follow govern
        india into invest israel leader may minist more nation nigeri not one out
        people police report state than their times two up war were while who world
        year
    """,
    0.03: """
        accord across ai all allege also americ announ author before betwee can
        chief city contin could court critic cup day deal despit donald econom
        electi europe former french global had health her high how includ intern
        key killed launch live milita most no now offici old operat or party politi
        premiu public record remain russia say securi south states strike suppor t
        talks they three thursd time under united what which why would years
    """,
    0.02: """
        accuse africa ahead air among around arrest austra back become being billio
        brazil breaki busine called capita case ceasef centra centre challe change
        charge chines comes commun compan concer confir confli contro crisis days
        death decisi defenc delhi demand democr depart develo direct down drone due
        east ebola effort emerge end energy expect expert face facts final financ
        fire five forces foreig found four france friday gaza genera get group
        growin highli him histor hit home hong hormuz house i if import incide
        increa indian intell ipl just kong last latest least lebano led life like
        long made major man market media meetin member middle millio month months
        move near news next off office oil only open organi other our outbre part
        person plan pm potent power pressu prices primar prime produc projec propos
        protes questi recent region relati releas republ reside respon return
        reveal right saturd second secret servic set she signif since six social
        some southe still strait strate strong sunday suspec system take target
        team tensio there threat throug ties top trade travel tuesda uk ukrain
        victor visit washin we wednes week west when where win women
    """,
    0.01: """
        access action activi admini advanc affect again agency agreem al alread
        analys anothe anti any approv argent arrive asia attemp away bank based
        battle behind beijin believ bengal beyond big bigges border both britis
        buildi call calls came campai candid cases celebr champi childr claims
        close come commen commis commit compet comple condit congo congre consid
        cooper costs counci counte create crimin crucia cuba cultur curren data de
        dead deadly decade declar deepen defeat defend delive descri detail did
        died dies diplom discus disrup distri do docume domina dr drones early
        educat effect email escala eu even event ex execut expand experi expres
        faces facili facing famili family fans far federa film flight footba force
        free fresh fuel full furthe future gather go head held help here hits hold
        hospit hours human hundre identi impact indust influe initia injure inside
        instit intens interv involv irania island issued issues japan june justic
        killin known korea la labour larges late law lead leadin league left legal
        level linked local make making manage many march mas massiv match measur
        medica meet mexico missil missin modi moment monday mornin mr murder must
        nearly need negoti night north northe nuclea number ongoin online opposi
        order others outsid own pakist palest paris parlia partic partne past peace
        per perfor place plans player policy popula positi prepar presen previo
        profes progra protec push race rare re reache receiv recove reform reject
        relate remark repres rescue resign result review rights rio rise rising
        risk role rs rules ruling run s sancti school season sector secure seekin
        seen senato seven severa should show shows signal singap so son source
        specia squad star statem street streng strugg studen succes such sugges
        summit surviv taiwan tech techno tehran term test them these third those
        thousa title today told toward transf transp un union univer use used
        vehicl victim video violen vote warned warnin warns watch way weapon weeks
        well white wins within withou woman won work worker xi yet you young
    """,
    0.006: """
        abuse accoun achiev act actor addres affair ago agreed aid aims airpor
        allega allies almost annual apc appeal appoin approa april area armed army
        artifi assaul assemb associ attend backed ban becaus becomi began benefi
        best bid bill bjp blocka board body boost brief budget c cabine callin
        canada cancel cannes captai car career carrie catch caused ceo chance child
        citing citize claim claime clash closed cm co coach collap collec colomb
        coming comman commer condem conduc confid connec consti constr consum
        conten contes contra cost crackd crash cricke cut d daily damage danger
        deaths debate deep defens delega demons deploy deputy design detain differ
        digita dismis displa disput does dollar domest don double dozens drc driven
        driver drug each earlie easter egypt eight electr emphas employ enforc
        engine englan entert establ evacua ever every examin exchan exclus explai
        explor explos export extend extrem f failed failur fears featur festiv fifa
        fight fighti figure fired firms focus food forced foreca formal forwar
        founde fourth friend fund fundin game gas german gets giant going good govt
        ground groups growth guide gulf half happen hezbol higher hopes housin
        illega immedi immigr improv indepe indivi inflat inform infras injuri
        injury intere issue jinpin job jobs joint journa judge keep kill kills know
        kohli kyiv labor large later latin lawmak lawyer leak leave leavin leer
        less likely line list lives living london loss lost low m main makes mark
        marks mass men messag met missio money moscow mother much multip my netany
        never nine non offers once openin opens opport ordere orders origin overse
        parent passen pay philip planne platfo play playof point possib practi
        premie preven price priori prison privat probe proces progre promis prompt
        proper prosec provid provin publis put putin quarte r rate reach real red
        reduce reflec regist regula renewe repeat replac requir resear restri risks
        road rodrig round row royal runs safety same saw saying scient sea search
        see seek seeks select self senate senior sent senten series seriou settle
        severe sexual shared shares shift shooti shot signed signs singh situat
        soorya sparke speaki specul spokes spread staff stage starme start stated
        stay step steps stock stop storie story strain struck suffer super supply
        suprem surge suspen sustai taken takes taking tax teams tells territ terror
        then though ticket took total touris town tradit traffi treatm trial trigge
        trip troops turn unders unveil urged urges using venezu very vessel vice
        violat viral vs wants warn water welcom wester whethe wife workin york your
    """,
    0.004: """
        abduct above accept accide acting active advise advoca age aggres aimed
        aircra airlin allian along ambiti annive answer applic arabia areas asian
        asked assist attent attrac b backs balanc base batter beat became begins
        benjam better bilate black block bolivi break breaks bring britai brough
        build built bullet bus buy califo camp cancer care carryi cent center
        centur ceremo chairm check cities civil civili claimi clear climat closur
        club coast compar compla compli confer conser contai contri conver convic
        corpor corrup couple creati crime crore cross crude cuban custod cuts
        daught debut declin detent diffic disapp discov diseas divers doctor dream
        drive drop e egypti el electo elimin emotio ending engage enhanc enviro era
        evenin events eviden exit expose eyes faced factor fall falls fast father
        favour fear fell few find finds finish firm focuse form fraud front funds
        gains games gave geopol gettin give given goes gold grand great greate
        green guilty gujara hard heat heavy height highes highly hike holdin holds
        homes hope host howeve huge humani husban implem impose indone integr
        interc interi italy januar john join july king korean lack land lawsui
        leaves lebane legend legisl letter longer look lower luxury mainta malays
        mariti marked markin matter mayor me mediat might migran mining minute
        model modern monito moveme moving mp mumbai music name named navy needs
        neighb net networ o observ occurr offer offeri opened overni p pacifi paper
        parts patien percen period peter planni plant pledge points polici polls
        port powerf powers praise pre predic press pro proble profit promot qualif
        raise raised raises raisin rajast rally rape rates rcb ready reason recogn
        refuse regard remove reques reserv restor retire revolu royals rubio sales
        sc scale scanda schedu scheme screen sees send separa shock short shorta
        sides sign single site small soon sovere space spacex spain sparks spendi
        sports stabil stars statio stress struct study suppli surpri sydney talent
        tariff teache teenag temper tempor tests th tinubu titans togeth too tourna
        traini transi trappe trilli truce trying turned turnin uae uganda uncert
        underg underw until upcomi update vaibha vetera virat virus visa visits
        voters votes vows want wave weathe weeken went whose widesp wing winner
        winnin withdr worth x youth
    """,
    0.003: """
        abando academ accusa accusi acknow actres adding additi afghan aged agenda
        agricu aiming alert alive allegi allow ally alongs ambass angele anger
        animal anthro antici app arms arriva arsena articl artist asks assert
        assess assets athlet attorn availa avoid backla bail bangla banks banned
        battin bbc begin blocke blow bn bodies bolste boom bound boy breach breakt
        bridge bringi brings broadc broade broke brothe canadi cannot cap capabi
        captur carry caught cause causin cautio cave chair chaos chip choice christ
        church cinema clarif clashe class closer collab colleg combat combin common
        compen conclu confro consec consul coordi covera custom deadli deals debt
        decide deeply delaye denied denies denoun depend deport destro detect
        determ devast dialog diesel disast disclo divisi door drama dramat drawin
        drivin earnin ease edge editio electe elon emergi ended endors ends enough
        ensure enter entire erupte essent estima exam exerci expans expens extens
        extern eye fake fallin farmer februa female field fifth fighte filed files
        finali finall findin fires flotil footag forcin forum fragil framew franch
        fuels garros giants girl gives got gradua grow grows gt guardi h hails halt
        hand hands harass havana having hc headli hearin heart heatwa helped honour
        hot hour hydera ice impres income indica inquir insist inspir instal instea
        introd invasi islami isolat italia itself jail jailed japane joined joins
        journe judici k karnat keeps keir kerala kidnap kolkat l lagos lakh landma
        largel laws leads levels libera light limite limits little lookin looks
        losing losses love madrid mainla mandat manufa marco marria matche means
        meanwh meets melbou mental meta mexica mid milei milest mohamm mounta moved
        moves musk muslim nadu names narend naval naviga necess needed neet normal
        norway note notice nsw nvidia octobe offens offere often openai option
        outcom outrag owner owners packag palace park partie pass path paul paulo
        paz pentag perman persis petrol phase phone physic played poll posts prades
        prospe punjab pushes pushin queens rain rapid rather readin realit refere
        regime relief religi reopen reshap resili resolv resour respec retail
        retali revenu rises rival robert roland room rose route rule ruled runnin
        safe sale san sao saudi scienc scruti seat senega sensat setbac sets shadow
        share sharma sharp ship shippi showed showin side silenc sites slams societ
        sold soldie sought sparki speake speaks specif speech split spot spotli
        stable stadiu stand standi starti statin status stocks storm straig studie
        substa suicid summer surrou survei suspic symbol tamil taylor teen tennis
        termin texas themse tighte toll tour track train treasu tribut trust turns
        u unit unity unlike unprec upgrad urgent value via vijay villag visite
        vital vladim voting vulner w wanted waters weaken wealth weddin welfar
        wicket wider witnes worsen wounde younge
    """,
    0.002: """
        abbas abhish abroad abuja accele accomp actual added adds adjust admitt
        affirm afford agenci agents agree aim airstr ali allowe allowi alone altern
        althou am amazon amidst andrew andy antoni apolog approx arab art aspira
        atlant attrib autono averag aviati award awards baby bad banerj bans barcel
        below ben birth birthd blast blockb blocks blog blue bombin bond book born
        boss bowler box brand broker brutal burnha buying cairo camera capaci card
        caribb cars cash cbi certai chain changi channe charac chase chile circul
        classi clean cleare clinch closel closes cna coalit cockro coloni commem
        compre comput consen conseq consis consol contac course cover coveri credit
        crew crimes crowd crown cruise crypto cuttin date david deeper defini delay
        delays destin diagno die discip disman divide doesn dog draft draw droppe
        drops drugs dutch duty eagles earth elderl elite emmanu encoun encour
        entere enteri enters entry envoy escape especi estate ev everyo everyt
        except exhibi expats exploi factio failin false fan farm faster fastes
        fatal feel feels felt finals fiscal flag flags flat floor fm freedo frustr
        gain gandhi gen gill girls giving goal goals golden gone goods google
        grappl guaran guard guards hamas handed handli headin headqu heads heard
        hears heated heavil highwa himsel hittin hk holida hosts hotel househ hub
        iconic idea inaugu inclus infect innova inspec instag instru ipo isn ivan
        janeir javier jazeer jet keepin kenya kept khan kim kingdo kings kuwait
        lands langua leaked lee legacy leo lesson let li lift link links locati los
        lose luckno machin macron majori mamata manche master materi mean meanin
        memori memory mi michae micros migrat minera miss models mount mounti mps
        ms multi museum n nato natura nba newly nfl nightl noted nothin novemb nt
        object occupa occupi ocean opinio oppose optimi outlin owned pace pact paid
        pair panel passed paymen peacef permit peru photos pick placed places plane
        playin please plus po poor pop pope portug posted powere prince prize
        procee profil prolon promin provis purcha pursui pushed qualit rahul raid
        range rapidl reachi read reaffi really rebuil recall recomm recons refine
        refuge relian resist resolu resume revers revive rivals river roughl rr
        rumors runoff rupee rural sa sai satell save saving scene seized sell semi
        semico sendin sends septem served sessio settin sex shifts ships shortl
        showca shubma sideli silver simila singer sixth slam slow soarin someth
        southw spanis speed spent sri st stakes standa stando stands starte store
        stream strict striki style subjec subscr sunris supers surfac surges surpas
        survey sweepi swift switch tackle tactic talk talkin tank tasman techni
        tell ten tens terms tested testin thaila thanks theatr things think thrill
        tied tmc tools traged trend trinam triump truth try tv ug underm unrest
        unusua urban urging urugua users vaccin variou ventur videos vietna vision
        visito wa wait waitin wall waste watchd watche ways websit weight wide
        willia works worldw worrie worst wrong zelens zone
    """,
    0.0015: """
        abilit able absenc abu accura acquir acts adc adha admiss adopti advant
        advert advice adviso aerial aftern agent agrees ahmed aide alarm albane
        alexan always amount ancien anxiet apartm appare archit argued argues
        argume armeni arrang asking asset assure astron audien august aussie backin
        ball ballis ballot balls bar bars bay beach beatin beginn begun behavi
        beirut belgiu belong bets bigger bills blacko bloc blood bloomb blues boat
        bomb bondi boosti bowlin boycot branch briefi broken bundib burden bureau
        buzz byelec calm capabl cards cast castro casual catego cathol causes cbse
        cctv cepeda chains chambe chan charit chenna childh chips choose circum
        claudi clinic closin cloud coachi coal code cold com comeba comfor commut
        conspi consta conven cops core correc corres count county courts covid
        crashe crews crosse crossi crowds curb cycle da dallas daniel danish dark
        dc debris decemb dedica define degree delcy delibe demoli depth descen
        destru dictat didn diego discou distan distin dk dogs done doubt downin
        drawn drew drives drough earned ecosys ecuado ed editor effici eid either
        elevat eligib embass embrac emirat enable endure enduri englis enrich
        epidem epstei equipm erupts evalua eventu evolvi exceed exclud existi
        explod exposu extrao fail fails fair fallen fallou famous fashio fed fees
        fellow fertil filmma films fine fined fir firefi firing fit fix flagsh
        fleet florid foot forest format formed fortun founda fueled fully gap
        garden gdp gender genoci george ghana god gov grante grants grew grip
        gunmen hailed hall handle hantav harm hegset helpin hikes holder hollyw
        hosted hostil hostin hungar hurt ibrahi icc ignore image images immens
        incumb index indige insecu instab insura intent intera iraq irelan irgc
        irregu ituri j jackso james janta jersey jerusa jewish joinin jose joseph
        jr jump kenyan kilome kind knight kremli lai landin landsc lanka larger
        lauded layoff learni libert licenc licens lifest limit lines listed ll
        locals locate locked logist looms loses lowest luis lula maiden makerf
        manipu margin martin matthe mechan medici messi meteor method metrop midday
        midter miles mine minor missed mistak mixed mlas mobile mobili mohame
        monthl mosque movie munici myanma myster narrat narrow nasa nature nearby
        nears negati nepal nether neutra nino ninth nomina notabl nta obtain offenc
        offend olympi oman opener ousted outlet outloo output overha oversh overtu
        overwh oyo pak pandya panic papers parade paragu passes passin patrol
        patter paying pdp peak perfec petro picks pictur pilgri pitch pivota planet
        plays plea plot podcas poland pollut portal postpo pr prayer prefer prelim
        preser presti princi profou propel prove pull pulled punish pursue puts
        puttin qatar quaran queen quickl quietl racial racing radar raids rail
        railwa rallie ranked rankin rating reacti rebel reduci reduct reigni releva
        rememb remote remova renewa renown rent resort restau restru retain reuter
        revise revisi rfi rhetor rich ride riders rivalr rivers roads rock rocket
        roles ronald routes routin rumour rush sam sanche scam scare scenes score
        scores scott script se seats sectio sellin sensit sentim seoul serve servin
        shah shake sharin sharpl sheinb shelte shield shifti shipme shivak shocke
        shocki shocks shut signin silent simple sinner sister sit sixes skills
        skippe sky slight soccer soluti song speak spend spirit spoke sponso spotte
        spring spurs square squeez srh stake stalle stance starts stella steppi
        stolen stoppe strand stretc stunni submar submit subsid sudan summon surged
        sweden sworn syria table task televi temple tense thai thing thomas thunde
        tokyo tonigh tool tortur tough toughe tower toxic tradin tragic travis
        treate tribun tried trophy troubl truck true turkey turmoi twisha tyre
        unempl unexpe unfold unique units upon uraniu urge uttar v valley vast ve
        verdic verifi view views visas visiti voice volody volunt voted vowed wake
        walk wang warfar warm wars watchi waterw weak weekly weighs widely wild
        window words writer xiv zealan zero zones
    """,
}


@cache
def word_shares() -> dict[str, float]:
    """Return the share of items that have each common stem, the commonest first."""
    return {
        stem: share
        for share, stems in _STEMS_BY_SHARE.items()
        for stem in stems.split()
    }
