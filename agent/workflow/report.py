"""An investigation as a text in the language of its question: templates over rows, so that every figure and name comes from one."""

from __future__ import annotations

from typing import Any, Final

from agent.workflow.intents import LOOKS
from agent.workflow.state import Investigation, Language

_WORDS: Final[dict[str, dict[Language, str]]] = {
    "subject": {"fr": "Il s'agit de {name} ({kind}).", "en": "This is about {name} ({kind})."},
    "whole": {"fr": "Aucun élément nommé : tout ce que vous voyez.", "en": "No element is named: all that you see."},
    "impacted_business_services": {
        "fr": "{count} services métiers en dépendent.",
        "en": "{count} business services depend on it.",
    },
    "upstream_dependencies": {"fr": "Il dépend de {count} éléments.", "en": "It depends on {count} items."},
    "upstream_changes": {
        "fr": "{count} changements autour de lui en 30 jours.",
        "en": "{count} changes around it within 30 days.",
    },
    "hidden": {
        "fr": " Éléments que vous ne pouvez pas voir : {count}.",
        "en": " Elements that you may not see: {count}.",
    },
    "found": {"fr": "Constats", "en": "Findings"},
    "nothing": {"fr": "Rien de ce qui a été regardé ne ressort.", "en": "Nothing of what was looked at stands out."},
    "simulated": {
        "fr": "Simulé, {replications} répliques, lois supposées",
        "en": "Simulated, {replications} replications, laws supposed",
    },
    "without it": {"fr": "sans cet élément", "en": "without it"},
    "if it never failed": {
        "fr": "s'il ne tombait jamais de lui-même, au mieux",
        "en": "if it never failed by itself, at best",
    },
    "actions": {"fr": "Ce qui pourrait être fait", "en": "What could be done"},
    "decide": {
        "fr": "Rien n'est fait sans décision : `jumeau investigate --resume {id} --accept NUMÉRO`.",
        "en": "Nothing is done without a decision: `jumeau investigate --resume {id} --accept NUMBER`.",
    },
    "proposed": {
        "fr": "Proposition {proposal} sur la branche {branch} : une autre personne l'approuve (`jumeau proposal approve`).",
        "en": "Proposal {proposal} on the branch {branch}: somebody else approves it (`jumeau proposal approve`).",
    },
    "time": {"fr": "Arrêté par la limite de temps : incomplet.", "en": "Stopped by the limit of time: not complete."},
    "queries": {
        "fr": "Arrêté par la limite de requêtes : incomplet.",
        "en": "Stopped by the limit of queries: not complete.",
    },
}


def report(state: Investigation) -> str:
    """The report, in Markdown."""
    language = state["language"]

    def say(word: str, **values: Any) -> str:
        return _WORDS[word][language].format(**values)

    subject = state.get("subject")
    lines = [say("whole") if subject is None else say("subject", **subject)]
    for name in ("impacted_business_services", "upstream_dependencies", "upstream_changes"):
        if name in state.get("answers", {}):
            found = state["answers"][name]
            unseen = say("hidden", count=found["hidden"]) if found.get("hidden") else ""
            lines.append(say(name, count=found["count"]) + unseen)
    findings = state.get("findings", [])
    lines += ["", f"## {say('found')}", ""] if findings else ["", say("nothing")]
    for finding in findings:
        said = LOOKS[finding["query"]].says[language].format(count=finding["count"])
        lines.append(
            f"- {said} : {', '.join(finding['names'][:5])}"
            if language == "fr"
            else f"- {said}: {', '.join(finding['names'][:5])}"
        )
    for effect in state.get("effects", []):
        lines += ["", f"## {say('simulated', replications=effect['replications'])}, {say(effect['scenario'])}", ""]
        lines += [
            f"- {row['name']}, {row['measure']}: {row['base']:.6g} -> {row['changed']:.6g} [{row['low']:.3g}, {row['high']:.3g}]"
            for row in effect["rows"][:6]
        ]
    actions = state.get("actions", [])
    if actions:
        lines += [
            "",
            f"## {say('actions')}",
            "",
            *(f"{one['number']}. {one['title']} ({one['reason']})" for one in actions),
        ]
    if state.get("waiting") and actions:
        lines += ["", say("decide", id=state["id"])]
    lines += ["", *(say("proposed", **one) for one in state.get("proposals", []))] if state.get("proposals") else []
    lines += ["", *(say(note) for note in state.get("notes", []))] if state.get("notes") else []
    return "\n".join(lines) + "\n"
