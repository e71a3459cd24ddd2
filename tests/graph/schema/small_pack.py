"""A small sound pack that tests write to disk, whole or with one file replaced."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "pack.yml": "name: shop\nversion: 3\ntitle: {label: {en: Shop, fr: Magasin}}\n",
    "enums.yml": "enums:\n  colour:\n    red: {label: {en: red, fr: rouge}}\n    blue: {label: {en: blue, fr: bleu}}\n",
    "attributes.yml": "attributes:\n  price: {type: money, min: 0, label: {en: price, fr: prix}}\n",
    "generics.yml": (
        "generics:\n"
        "  Thing:\n"
        "    label: {en: thing, fr: chose}\n"
        "    attributes:\n"
        "      name: {type: string, indexed: true, label: {en: name, fr: nom}}\n"
        "  Priced:\n"
        "    is: Thing\n"
        "    label: {en: priced thing, fr: chose qui a un prix}\n"
        "    attributes:\n"
        "      price:\n"
    ),
    "goods.yml": (
        "public: true\n"
        "kinds:\n"
        "  Bottle:\n"
        "    is: Priced\n"
        "    label: {en: bottle, fr: bouteille}\n"
        "    synonyms: {en: [flask], fr: [flacon, fiole]}\n"
        "    identity: [[name]]\n"
        "    attributes:\n"
        "      name: {required: true}\n"
        "      colour: {enum: colour, label: {en: colour, fr: couleur}}\n"
        "  Shelf:\n"
        "    is: Thing\n"
        "    label: {en: shelf, fr: étagère}\n"
    ),
    "relations.yml": (
        "relations:\n"
        "  STANDS_ON:\n"
        "    group: structure\n"
        "    acyclic: true\n"
        "    max_out: 1\n"
        "    label: {en: stands on, fr: est posée sur}\n"
        "    inverse: {label: {en: carries, fr: porte}, synonyms: {fr: [supporte]}}\n"
        "    triples: [Bottle -> Shelf]\n"
        "    attributes:\n"
        "      since: {type: date, label: {en: since, fr: depuis}}\n"
    ),
}


def write_pack(directory: Path, *, without: str | None = None, **replaced: str) -> Path:
    """Write the small pack; `generics="..."` replaces the text of generics.yml."""
    directory.mkdir(parents=True, exist_ok=True)
    files = FILES | {f"{stem}.yml": text for stem, text in replaced.items()}
    for name, text in files.items():
        if name != without:
            (directory / name).write_text(text, encoding="utf-8")
    return directory
