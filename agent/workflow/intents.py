"""What an investigation looks at, by the intent of its question: data, so that a new intent is an entry and no code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agent.workflow.state import Language


@dataclass(frozen=True, slots=True)
class Look:
    """A catalogue query whose rows are findings. `names`: columns that hold names of elements, the one concerned first.

    `says` is told with how many there are of what the columns `counted` tell apart: a row may be a pair of what is meant. `action` is
    what could be done about one element. Both by language.
    """

    query: str
    names: tuple[str, ...]
    counted: tuple[str, ...]
    says: Mapping[Language, str]
    action: Mapping[Language, str]
    weight: int = 1  # how much it matters beside others


@dataclass(frozen=True, slots=True)
class Intent:
    """One sort of question: the words that tell it, and what is looked at, in order."""

    name: str
    words: re.Pattern[str]
    looks: tuple[str, ...]


def _look(query: str, names: str, counted: str, weight: int, fr: str, en: str, do_fr: str, do_en: str) -> Look:
    says: Mapping[Language, str] = {"fr": fr, "en": en}
    action: Mapping[Language, str] = {"fr": do_fr, "en": do_en}
    return Look(query, tuple(names.split()), tuple(counted.split()), says, action, weight)


_LOOKS: Final = (
    _look(
        "vulnerable_and_unsupported", "server", "server", 5,
        "{count} serveurs à la fois vulnérables et hors support", "{count} servers both vulnerable and out of support",
        "Traiter l'obsolescence de {name}", "Treat the obsolescence of {name}",
    ),
    _look(
        "exploited_vulnerabilities_on_critical_applications", "name", "cve", 5,
        "{count} vulnérabilités exploitées sur des applications critiques", "{count} exploited vulnerabilities on critical applications",
        "Corriger les vulnérabilités exploitées de {name}", "Correct the exploited vulnerabilities of {name}",
    ),
    _look(
        "unbacked_up_critical_servers", "server", "server", 4,
        "{count} serveurs critiques sans sauvegarde valable", "{count} critical servers without a good backup",
        "Sauvegarder {name}", "Back {name} up",
    ),
    _look(
        "support_ending_without_plan", "server version", "server version", 3,
        "{count} fins de support proches sans plan", "{count} ends of support soon, without a plan",
        "Planifier la fin de support de {name}", "Plan for the end of support of {name}",
    ),
    _look(
        "single_site_applications", "name", "code", 3,
        "{count} applications sur un seul site", "{count} applications on a single site",
        "Étendre {name} à un second site", "Extend {name} to a second site",
    ),
    _look(
        "fragile_dependencies", "name needs", "code needs_code", 2,
        "{count} dépendances envers plus fragile que soi", "{count} dependencies on something more fragile",
        "Revoir les dépendances de {name}", "Review the dependencies of {name}",
    ),
    _look(
        "cluster_members_on_one_host", "cluster hypervisor", "cluster", 3,
        "{count} grappes dont des membres partagent un hôte", "{count} clusters with members on one host",
        "Séparer les membres de {name}", "Separate the members of {name}",
    ),
    _look(
        "recurring_incidents", "name", "kind name", 4,
        "{count} éléments à incidents récurrents", "{count} items with recurring incidents",
        "Ouvrir un problème sur {name}", "Open a problem on {name}",
    ),
    _look(
        "unacknowledged_alerts", "name", "raised_at alert_name name", 2,
        "{count} alertes non acquittées", "{count} unacknowledged alerts",
        "Acquitter et traiter les alertes de {name}", "Acknowledge and treat the alerts of {name}",
    ),
    _look(
        "hypervisor_load", "hypervisor", "hypervisor", 3,
        "{count} hyperviseurs surchargés", "{count} overloaded hypervisors",
        "Répartir la charge de {name}", "Spread the load of {name}",
    ),
    _look(
        "volumes_nearly_full", "name", "name", 4,
        "{count} volumes presque pleins", "{count} volumes nearly full",
        "Agrandir {name}", "Enlarge {name}",
    ),
    _look(
        "recovery_points_exceeded", "name", "code", 4,
        "{count} applications au-delà de leur point de reprise", "{count} applications beyond their recovery point",
        "Rapprocher les sauvegardes de {name}", "Back {name} up more often",
    ),
)  # fmt: skip
LOOKS: Final[Mapping[str, Look]] = MappingProxyType({look.query: look for look in _LOOKS})
INTENTS: Final = (
    Intent(
        "performance",
        re.compile(r"\b(perform|charge|capacit|satur|lent|slow|load|volume|disque|disk|cpu|memoire|memory)"),
        ("hypervisor_load", "volumes_nearly_full", "cluster_members_on_one_host", "unacknowledged_alerts"),
    ),
    Intent(
        "recovery",
        re.compile(r"\b(sauvegard|backup|reprise|secours|pra\b|pca\b|recover|failover|rpo\b|rto\b|bascul)"),
        ("recovery_points_exceeded", "unbacked_up_critical_servers", "single_site_applications"),
    ),
    Intent(
        "incidents",
        re.compile(r"\b(incident|ticket|mttr|recurr|cause|problem|instab|alert)"),
        ("recurring_incidents", "unacknowledged_alerts", "fragile_dependencies", "vulnerable_and_unsupported"),
    ),
    Intent(
        "impact",
        re.compile(r"\b(impact|panne|tomb|arret|indispon|outage|down\b|fails?\b|failure|stop|depend)"),
        ("fragile_dependencies", "cluster_members_on_one_host", "single_site_applications", "recurring_incidents"),
    ),
    Intent(
        "risk",
        re.compile(""),
        tuple(look.query for look in _LOOKS[:5]),
    ),
)
"""The first whose words are in the question; risk is what is left."""
AROUND: Final = ("upstream_dependencies", "impacted_business_services", "dependents_by_kind", "upstream_changes")
"""What is asked about an element that the question names."""
_FRENCH: Final = re.compile(
    r"\b(le|la|les|des|du|quel|quels|quelle|quelles|pourquoi|comment|est-ce|que|qui|sur|dans|nos|notre|une?|et|si|risques?)\b"
)


def folded(text: str) -> str:
    """Lower case without accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in plain if not unicodedata.combining(char))


def intent_of(question: str) -> Intent:
    """What a question is after, by its words."""
    text = folded(question)
    return next(intent for intent in INTENTS if intent.words.search(text))


def language_of(question: str) -> Language:
    """French where two of its commonest words are there; English otherwise."""
    return "fr" if len(_FRENCH.findall(folded(question))) >= 2 else "en"
