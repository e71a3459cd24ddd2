"""However it is worded, a question is one query: typos, telegraphic style, abbreviations, polite forms, word order."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from agent.language.outcome import Parse
from agent.query.emit import emit
from graph.cypher.printer import print_tree
from graph.schema.model import Schema

Read = Callable[..., Parse]

PARAPHRASES = {
    "Combien de serveurs en production ?": """
        nb de serveurs en prod
        cb de serveurs prod
        t'as combien de serveurs en prod ?
        dis moi combien il y a de serveurs en production stp
        en production on a combien de serveurs ?
        serveurs de prod, combien ?
        Combien de servuers en production ?
        Pourrais-tu me dire combien de serveurs sont en production ?
        c'est quoi le nombre de serveurs en production
        nombre total de serveurs en production svp""",
    "How many servers are in production?": """
        nb servers in prod
        number of prod servers
        could you tell me how many production servers we have?
        prod servers count
        in production, how many servers do we have?
        what's the number of servers in production
        how many servers have we got in prod pls
        give me the count of production servers""",
    "Quelles sont les applications vitales ?": """
        liste des applis vitales
        applications vitales
        donne-moi les applications vitales
        donne moi la liste des apps vitales stp
        c'est quoi les applications vitales ?
        lesquelles des applications sont vitales ?
        les applications vitales, c'est lesquelles ?
        quelles applis sont vitales
        j'aimerais avoir la liste des applications vitales
        Peux-tu me lister les applications vitales ?
        Quelles sont nos aplications vitales""",
    "Which applications are vital?": """
        vital apps
        list vital applications please
        can you show me the vital applications
        give me all our vital apps
        what are the vital applications?
        I'd like the list of vital applications
        which of our apps are vital
        wich applications are vital?""",
    "Sur quels serveurs tourne l'application Paie ?": """
        serveurs de l'appli Paie
        l'application Paie tourne sur quels serveurs ?
        Paie tourne sur quels serveurs
        sur quel serveurs tourne Paie
        Quels serveurs hébergent l'application Paie ?
        liste les serveurs de Paie""",
    "Which servers does the Paie application run on?": """
        servers of Paie
        Paie runs on which servers?
        on which servers does Paie run
        list the servers running Paie
        what servers is Paie running on?""",
    "Quels serveurs ont plus de 256 Go de mémoire ?": """
        serveurs > 256 Go RAM
        serveurs avec plus de 256go de ram
        les serveurs dont la mémoire dépasse 256 Go
        serveurs ayant une mémoire supérieure à 256 Go
        donne les serveurs qui ont plus de 256 Go de memoire
        quels serveurs disposent de plus de 256 Go de RAM ?""",
    "Which servers have more than 256 GB of RAM?": """
        servers with > 256 GB RAM
        servers with over 256gb of memory
        servers whose memory exceeds 256 GB
        show servers having more than 256 GB memory
        which servers got more than 256 GB of memory""",
    "Quelles applications n'ont pas de plan de reprise ?": """
        applis sans pra
        applications sans plan de reprise
        applis n'ayant aucun PRA
        quelles applis n ont pas de PRA
        liste des applications qui n'ont aucun plan de reprise
        les applications dépourvues de plan de reprise
        quelles sont les applications sans plan de reprise ?
        Applications pour lesquelles il n'y a pas de plan de reprise""",
    "Which applications have no recovery plan?": """
        apps w/o a DRP
        apps without recovery plan
        applications lacking a recovery plan
        which apps don't have a recovery plan
        applications that do not have any DRP
        list apps with no recovery plan
        for which applications is there no recovery plan?""",
    "Combien de serveurs par famille d'OS ?": """
        nb serveurs par OS
        serveurs par famille d'OS
        répartition des serveurs par OS
        nombre de serveurs pour chaque famille d'OS
        par OS, combien de serveurs ?
        donne-moi le nombre de serveurs par famille d'OS""",
    "Number of servers by operating system family": """
        servers per OS
        how many servers for each OS family
        breakdown of servers by OS
        server count by OS
        count servers by operating system family
        by OS family, how many servers?""",
    "Combien d'incidents ouverts le mois dernier ?": """
        nb incidents ouverts le mois dernier
        nb d'incidents du mois dernier
        le mois dernier, combien d'incidents ouverts ?
        combien a-t-on eu d'incidents le mois dernier ?
        cb d'incidents le mois passé
        combien d'incidents ont été ouverts le mois dernier""",
    "How many incidents were opened last month?": """
        nb incidents opened last month
        last month's incident count
        number of incidents last month
        how many incidents did we have last month
        last month, how many incidents were opened?
        incidents opened last month, how many?""",
    "Quels serveurs n'ont pas redémarré depuis plus de 3 mois ?": """
        serveurs pas redemarrés depuis + de 3 mois
        serveurs non redémarrés depuis plus de trois mois
        serveurs sans redémarrage depuis plus de 3 mois
        liste des serveurs qui n'ont pas été redémarrés depuis plus de 3 mois
        les serveurs jamais redémarrés depuis plus de 3 mois""",
    "Which servers have not been rebooted for more than 3 months?": """
        servers not rebooted for over 3 months
        servers not restarted for more than three months
        which servers haven't been rebooted in more than 3 months
        servers that have not restarted for more than 3 months""",
    "Quelles sont les 5 équipes avec le plus d'incidents ?": """
        top 5 des équipes par nombre d'incidents
        les 5 équipes qui ont le plus d'incidents
        les cinq équipes ayant le plus d'incidents
        donne-moi les 5 équipes avec le plus d'incidents""",
    "What are the top 5 teams by number of incidents?": """
        top 5 teams by incidents
        5 teams with the most incidents
        which five teams have the most incidents
        the five teams with most incidents
        top five teams by incident count""",
    "Quel serveur a le plus de mémoire ?": """
        serveur avec le plus de RAM
        c'est quel serveur qui a le plus de mémoire ?
        quel est le serveur qui a le plus de mémoire
        le serveur ayant le plus de memoire""",
    "Qui est responsable de Banque en ligne ?": """
        qui est le responsable de Banque en ligne
        c'est qui le responsable de Banque en ligne ?
        qui gère Banque en ligne ?
        responsable de Banque en ligne ?""",
    "Quelle est la criticité de Paie ?": """
        criticité de Paie
        c'est quoi la criticité de Paie ?
        criticite Paie
        Paie, quelle criticité ?
        donne moi la criticité de l'appli Paie
        la criticité de Paie c'est quoi""",
    "What is the criticality of Paie?": """
        criticality of Paie
        Paie criticality
        what's Paie's criticality?
        tell me the criticality of Paie please
        how critical is Paie?""",
    "Est-ce que Paie a un plan de reprise ?": """
        Paie a-t-elle un plan de reprise ?
        Paie a un PRA ?
        est ce que paie a un PRA
        Paie a bien un plan de reprise, non ?""",
    "Quel pourcentage d'incidents a tenu son SLA ?": """
        % d'incidents ayant tenu leur SLA
        quelle part des incidents a tenu son SLA
        taux d'incidents qui ont tenu leur SLA
        pourcentage des incidents dans les SLA""",
    "What percentage of incidents met their SLA?": """
        % of incidents that met their SLA
        share of incidents meeting SLA
        what share of incidents met their SLA?""",
    "Quelle est la mémoire moyenne des serveurs ?": """
        memoire moyenne des serveurs
        moyenne de la mémoire des serveurs
        RAM moyenne des serveurs
        c'est quoi la mémoire moyenne des serveurs ?
        en moyenne, quelle est la mémoire des serveurs ?""",
    "What is the average memory of the servers?": """
        average server memory
        avg memory of servers
        mean RAM of servers
        what's the average RAM of our servers""",
    "Combien de serveurs ont entre 16 et 32 cœurs ?": """
        nb serveurs entre 16 et 32 coeurs
        combien de serveurs ont de 16 à 32 coeurs ?
        nombre de serveurs avec entre 16 et 32 cœurs""",
}
PAIRS = [(plain, other.strip()) for plain, others in PARAPHRASES.items() for other in others.strip().splitlines()]


def query(parse: Parse, schema: Schema) -> str:
    """The Cypher, its variables numbered as they come."""
    assert parse.question is not None, (parse.outcome, parse.missing, parse.message)
    text = " ".join(print_tree(step.query) for step in emit(parse.question, schema))
    names: dict[str, str] = {}
    return re.sub(r"\b[a-z][A-Za-z]*\d+\b", lambda m: names.setdefault(m.group(), f"v{len(names)}"), text)


@pytest.mark.parametrize(("plain", "other"), PAIRS)
def test_a_paraphrase_is_the_same_query(read: Read, schema: Schema, plain: str, other: str) -> None:
    assert query(read(other), schema) == query(read(plain), schema)


def test_there_are_a_hundred_and_fifty() -> None:
    assert len(set(PAIRS)) >= 150
