"""Operations records, in the order in which one follows from another; alerts, outages, documents and feedback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from ingest.estate_generator.changes import build_changes
from ingest.estate_generator.draws import (
    Weighted,
    chance,
    day_between,
    midnight,
    skewed_minutes,
    stamp,
    working_moments,
)
from ingest.estate_generator.incidents import build_incidents
from ingest.estate_generator.lifecycle import build_compliance, build_findings, build_maintenance, build_obsolescence
from ingest.estate_generator.protection import build_backups, build_load_tests, build_recovery
from ingest.estate_generator.records import Estate, Targets
from ingest.estate_generator.workshop import Workshop

_RULES = Weighted((
    ("cpu_saturee", 24.0), ("disque_presque_plein", 22.0), ("memoire_saturee", 16.0), ("service_arrete", 14.0),
    ("latence_elevee", 12.0), ("certificat_expire_bientot", 6.0), ("sauvegarde_en_echec", 6.0),
))  # fmt: skip
_SEVERITY = Weighted((("critical", 8.0), ("high", 22.0), ("medium", 45.0), ("low", 25.0)))
_DOCUMENTS = {
    "architecture": "Dossier d'architecture", "run_book": "Dossier d'exploitation", "recovery_procedure": "Procédure de reprise",
    "user_guide": "Guide utilisateur",
}  # fmt: skip
_FIELDS = 24
_COMMENTS = {
    "bad": ("Trop de lenteurs le lundi matin.", "L'application s'est arrêtée pendant la clôture.", "Le support répond tard.",
            "Les mêmes incidents reviennent chaque mois."),
    "fair": ("Correct dans l'ensemble.", "Quelques lenteurs, mais le support est réactif.", "Peut mieux faire sur la documentation."),
    "good": ("Très bonne disponibilité.", "Équipe réactive et claire.", "La dernière version est un net progrès."),
}  # fmt: skip


def build_operations(shop: Workshop, estate: Estate, done: Callable[[str], None]) -> None:
    """Write all operations records; `done` is called with the name of each section."""
    targets = Targets(estate)
    changes = build_changes(shop, estate, targets)
    done("changes")
    build_incidents(shop, estate, targets, changes)
    _alerts(shop, targets)
    _outages(shop, estate)
    done("incidents")
    build_backups(shop, estate)
    build_recovery(shop, estate)
    build_load_tests(shop, estate)
    done("protection")
    build_findings(shop, estate)
    build_obsolescence(shop, estate)
    build_maintenance(shop, estate)
    build_compliance(shop, estate)
    done("lifecycle")
    _documents(shop, estate)
    _sheets(shop, estate)
    _feedback(shop, estate)
    done("documents")


def _alerts(shop: Workshop, targets: Targets) -> None:
    rng = shop.rng("alerts")
    rows, raised_on = (
        shop.export.nodes("Alert", "name", "rule", "severity", "raised_at", "acknowledged_at"),
        shop.export.relations("RAISED_ON"),
    )
    for n, raised in enumerate(
        working_moments(rng, shop.plan.scaled(1_700, least=10), shop.days_ago(90), shop.today), start=1
    ):
        target, rule = targets.draw(rng), _RULES.draw(rng)
        seen = raised + skewed_minutes(rng, 12, 1.0) if chance(rng, 0.88) else None
        key = f"ALR{n:06d}"
        rows.add(
            key,
            f"{rule} {target.key}",
            rule,
            _SEVERITY.draw(rng),
            stamp(raised),
            stamp(seen if seen and seen < shop.now else None),
        )
        raised_on.add("Alert", key, target.kind, target.key)


def _outages(shop: Workshop, estate: Estate) -> None:
    rng = shop.rng("outages")
    rows, affects = (
        shop.export.nodes("Outage", "name", "planned", "started_at", "ended_at"),
        shop.export.relations("AFFECTS", "role"),
    )
    instances = [i for i in estate.instances if i.environment == "production"]
    for n, started in enumerate(
        working_moments(rng, shop.plan.scaled(500, least=5), shop.history_start, shop.today), start=1
    ):
        planned = chance(rng, 0.35)
        ended = started + skewed_minutes(rng, 90 if planned else 45, 0.9)
        instance = rng.choice(instances)
        key = f"ITR{n:05d}"
        rows.add(
            key,
            f"Interruption {instance.key}",
            "true" if planned else "false",
            stamp(started),
            stamp(ended if ended < shop.now else None),
        )
        affects.add("Outage", key, "ServiceInstance", instance.key, "main")


def _documents(shop: Workshop, estate: Estate) -> None:
    """Documents of applications; a documented one has at least its architecture."""
    rng = shop.rng("documents")
    rows = shop.export.nodes("Document", "name", "title", "document_type", "reviewed_on", "url")
    documents = shop.export.relations("DOCUMENTS")
    for a in estate.applications:
        for kind, title in _DOCUMENTS.items():
            if not (a.documented if kind == "architecture" else chance(rng, 0.45 if a.documented else 0.1)):
                continue
            key = f"DOC-{a.key}-{kind}"
            reviewed = day_between(rng, shop.days_ago(1300), shop.days_ago(3))
            rows.add(
                key,
                f"{title} {a.name}",
                f"{title} {a.name}",
                kind,
                reviewed,
                f"https://documents.aurance.example/{a.key.lower()}/{kind}",
            )
            documents.add("Document", key, "BusinessApplication", a.key)


def _sheets(shop: Workshop, estate: Estate) -> None:
    """The sheet of each application in the referential, filled in more or less."""
    rng = shop.rng("sheets")
    rows = shop.export.nodes("ReferentialSheet", "name", "fields_total", "fields_filled", "updated_at")
    concerns = shop.export.relations("CONCERNS")
    for a in estate.applications:
        filled = (
            _FIELDS
            if a.documented and chance(rng, 0.3)
            else int(_FIELDS * rng.betavariate(6, 2 if a.documented else 4))
        )
        updated = midnight(day_between(rng, shop.days_ago(800), shop.days_ago(2))) + timedelta(hours=10)
        rows.add(f"FCH-{a.key}", f"Fiche {a.name}", _FIELDS, filled, stamp(updated))
        concerns.add("ReferentialSheet", f"FCH-{a.key}", "BusinessApplication", a.key)


def _feedback(shop: Workshop, estate: Estate) -> None:
    """Answers to the satisfaction survey, never with their author."""
    rng = shop.rng("feedback")
    rows = shop.export.nodes("Feedback", "name", "score", "comment", "level", "opened_at")
    concerns = shop.export.relations("CONCERNS")
    for n, given in enumerate(
        working_moments(rng, shop.plan.scaled(1_300, least=8), shop.days_ago(365), shop.today), start=1
    ):
        a = rng.choice(estate.applications)
        score = round(10 * rng.betavariate(4, 2))
        mood = "bad" if score < 5 else "fair" if score < 8 else "good"
        level = "team" if chance(rng, 0.3) else "organisation"
        rows.add(f"AVI{n:06d}", f"Avis {n:06d}", score, rng.choice(_COMMENTS[mood]), level, stamp(given))
        concerns.add("Feedback", f"AVI{n:06d}", "BusinessApplication", a.key)
