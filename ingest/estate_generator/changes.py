"""Changes of two years and of the weeks to come; about 15 % of those carried out went wrong, for reasons that can be learnt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from ingest.estate_generator.draws import Weighted, chance, skewed_minutes, stamp, working_moments
from ingest.estate_generator.records import Estate, Target, Targets
from ingest.estate_generator.workshop import Workshop

_TYPES = Weighted((("standard", 45.0), ("normal", 46.0), ("emergency", 9.0)))
_COMPLEXITY = Weighted((("low", 48.0), ("medium", 37.0), ("high", 15.0)))
_DIFFICULT = Weighted((("incident", 40.0), ("rolled_back", 33.0), ("interruption", 27.0)))
_COMING = Weighted((("scheduled", 50.0), ("approved", 25.0), ("submitted", 17.0), ("draft", 8.0)))
_WINDOWS = Weighted(((18, 20.0), (19, 20.0), (20, 15.0), (21, 15.0), (22, 15.0), (6, 10.0), (10, 5.0)))
_SILCA = {
    "ServiceInstance": "Applicatif", "BusinessApplication": "Applicatif", "Api": "Applicatif", "BatchJob": "Applicatif",
    "DatabaseInstance": "Base de données", "NetworkDevice": "Réseau", "MessageQueue": "Middleware",
}  # fmt: skip
_TITLES = {
    "Applicatif": ("Mise en production", "Correctif", "Montée de version", "Changement de paramétrage"),
    "Base de données": ("Montée de version", "Extension d'espace", "Réorganisation"),
    "Réseau": ("Ouverture de flux", "Remplacement", "Mise à jour du microcode"),
    "Middleware": ("Montée de version", "Ajout de file", "Changement de paramétrage"),
    "Infrastructure": ("Application des correctifs", "Ajout de mémoire", "Migration", "Redémarrage planifié"),
}
_WHY = (
    "Demande du métier pour la prochaine échéance réglementaire.", "Correction d'une anomalie constatée en production.",
    "Fin de support de la version en place.", "Alignement sur le standard d'architecture.", "Hausse prévue de la charge.",
    "Recommandation de l'éditeur.",
)  # fmt: skip
_RISKS = {
    "low": "Risque faible : opération déjà réalisée, retour arrière immédiat.",
    "medium": "Risque moyen : interruption brève possible, contrôles prévus après l'opération.",
    "high": "Risque élevé : plusieurs composants touchés, retour arrière long, équipes en veille.",
}
_LOGIT = {
    "low": -0.7, "medium": 0.2, "high": 1.3, "standard": -0.9, "normal": 0.1, "emergency": 1.1,
    "Applicatif": 0.2, "Base de données": 0.3, "Réseau": 0.1, "Middleware": 0.1, "Infrastructure": -0.3,
}  # fmt: skip
_INTERCEPT = -2.28


@dataclass(frozen=True, slots=True)
class DoneChange:
    """A change that was carried out: what it touched, its end, its outcome."""

    key: str
    ended_at: datetime
    outcome: str
    touched: tuple[Target, ...]


def build_changes(shop: Workshop, estate: Estate, targets: Targets) -> list[DoneChange]:
    """Write the changes, in order of their start; those carried out."""
    rng = shop.rng("changes")
    export = shop.export
    rows = export.nodes(
        "Change", "name", "number", "title", "change_type", "silca_type", "complexity", "status", "opened_at", "planned_start",
        "planned_end", "started_at", "ended_at", "outcome", "justification", "risk_analysis", "backout_plan",
    )  # fmt: skip
    touches, assigned = export.relations("TOUCHES"), export.relations("ASSIGNED_TO")
    skill = {team: rng.normalvariate(0.0, 0.5) for team in estate.organisation.teams}
    count = shop.plan.scaled(3_900, least=12)
    past = [m.date() for m in working_moments(rng, count, shop.history_start, shop.today)]
    coming = [shop.days_ago(-1 - int(45 * n / (count // 40 + 2))) for n in range(count // 40 + 2)]
    done = []
    for n, day in enumerate(past + coming, start=1):
        number = f"CHG{n:07d}"
        touched = _touched(rng, targets)
        main = touched[0]
        silca = _SILCA.get(main.kind, "Infrastructure")
        kind, complexity = _TYPES.draw(rng), _COMPLEXITY.draw(rng)
        start = datetime.combine(day, time(_WINDOWS.draw(rng), rng.choice((0, 0, 30))))
        end = start + timedelta(minutes=30 * (1 + int(rng.expovariate(1 / 4))))
        opened = _opened(rng, shop, start, kind)
        backout = chance(rng, 0.9)
        if start >= shop.now:
            status, outcome, actual = _COMING.draw(rng), "pending", None
        elif chance(rng, 0.03):
            status, outcome, actual = "cancelled", "cancelled", None
        else:
            odds = _INTERCEPT + sum(_LOGIT[x] for x in (kind, complexity, silca)) + skill[main.team]
            odds += 0.25 * (len(touched) - 1) + 0.5 * (day.weekday() == 4) + 0.6 * (not backout)
            difficult = chance(rng, 1 / (1 + math.exp(-odds)))
            status, outcome = "closed", _DIFFICULT.draw(rng) if difficult else "success"
            actual = min(end + skewed_minutes(rng, 20, 1.0) * (3 if difficult else 1), shop.now - timedelta(minutes=1))
        started = start if actual else None
        rows.add(
            number, number, number, f"{rng.choice(_TITLES[silca])} {main.key}", kind, silca, complexity, status, stamp(opened),
            stamp(start), stamp(end), stamp(started), stamp(actual), outcome, rng.choice(_WHY), _RISKS[complexity],
            "Retour à la version précédente depuis la sauvegarde." if backout else None,
        )  # fmt: skip
        for target in touched:
            touches.add("Change", number, target.kind, target.key)
        assigned.add("Change", number, "Team", main.team)
        if actual is not None:
            done.append(DoneChange(number, actual, outcome, touched))
    return done


def _touched(rng: Random, targets: Targets) -> tuple[Target, ...]:
    return tuple({t.key: t for t in (targets.draw(rng) for _ in range(1 + int(rng.expovariate(1.6))))}.values())


def _opened(rng: Random, shop: Workshop, start: datetime, kind: str) -> datetime:
    """When the change was asked for: two days to six weeks ahead, three hours in an emergency, and not after today."""
    ahead = (
        timedelta(hours=3)
        if kind == "emergency"
        else timedelta(days=2 + int(rng.random() * 40), minutes=int(rng.random() * 600))
    )
    return min(start - ahead, shop.now - timedelta(hours=1 + int(rng.random() * 200)))
