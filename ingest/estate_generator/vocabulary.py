"""The words of the synthetic bank. Entities are invented; cities, products and job names are what they are."""

from __future__ import annotations

from dataclasses import dataclass

BANK = "Aurance"
"""An invented name. Hosts are in the domain `aurance.example`, which nobody can own (RFC 2606)."""

REGIONAL_BANKS = (
    "des Trois Vallées", "du Haut-Marais", "de la Plaine Dorée", "du Val Serein", "des Monts Bleus", "du Pays des Ormes",
    "de la Côte Boréale", "des Deux Rivières", "des Hautes Terres", "du Grand Estuaire", "des Collines du Sud",
    "de la Forêt d'Argent",
)  # fmt: skip
SUBSIDIARIES = ("Assurances", "Leasing", "Gestion d'actifs", "Paiements")

DIVISIONS = ("Direction de la production informatique", "Direction des applications")
POLES = (("Pôle Infrastructures", 0), ("Pôle Exploitation", 0), ("Pôle Applications et données", 1))


@dataclass(frozen=True, slots=True)
class DepartmentWords:
    """A department, its pole, and its teams as (code, name)."""

    name: str
    pole: int
    teams: tuple[tuple[str, str], ...]


DEPARTMENTS = (
    DepartmentWords(
        "Service Systèmes et virtualisation",
        0,
        (("LNX", "Linux"), ("WIN", "Windows"), ("VIR", "Virtualisation"), ("MVS", "Mainframe")),
    ),
    DepartmentWords(
        "Service Réseaux et stockage",
        0,
        (("NET", "Réseau"), ("STO", "Stockage et sauvegarde"), ("SEC", "Sécurité opérationnelle"), ("IAM", "Identités")),
    ),
    DepartmentWords(
        "Service Bases de données et middleware",
        2,
        (("ORA", "Oracle"), ("DBA", "Bases ouvertes"), ("MDW", "Middleware"), ("K8S", "Conteneurs")),
    ),
    DepartmentWords(
        "Service Exploitation et supervision",
        1,
        (("SUP", "Supervision"), ("ORD", "Ordonnancement"), ("CDS", "Centre de services"), ("CHG", "Changements")),
    ),
    DepartmentWords(
        "Service Applications métier",
        2,
        (("APY", "Applications Paiements"), ("ACR", "Applications Crédits"), ("ADI", "Canaux digitaux"),
         ("ADA", "Données et reporting")),
    ),
)  # fmt: skip

ROLES = (
    ("ingénieur de production", 30.0), ("administrateur système", 18.0), ("administrateur de bases de données", 8.0),
    ("AppOps", 14.0), ("pilote d'exploitation", 10.0), ("architecte", 4.0), ("responsable d'équipe", 5.0),
    ("gestionnaire des changements", 3.0), ("QOP", 4.0), ("développeur", 4.0),
)  # fmt: skip

SITES = (  # city, three letters for host names, kind, data centres
    ("Lille", "lil", "data_center", 1), ("Lyon", "lyo", "data_center", 2), ("Nantes", "nan", "data_center", 1),
    ("Paris", "par", "headquarters", 0), ("Toulouse", "tou", "office", 0), ("Bordeaux", "bor", "office", 0),
    ("Strasbourg", "str", "office", 0), ("Rennes", "ren", "office", 0), ("Marseille", "mar", "office", 0),
)  # fmt: skip

PERIMETERS = (
    "Paiements et échanges", "Crédits et engagements", "Épargne et titres", "Assurances", "Canaux digitaux",
    "Risques, finance et conformité", "Fonctions communes", "Infrastructures",
)  # fmt: skip
INFRASTRUCTURE = "Infrastructures"


@dataclass(frozen=True, slots=True)
class Domain:
    """A business domain: code, name, perimeter (index), team in charge (code), and what its applications do."""

    code: str
    name: str
    perimeter: int
    team: str
    functions: tuple[str, ...]


def _domain(code: str, name: str, perimeter: int, team: str, functions: str) -> Domain:
    return Domain(code, name, perimeter, team, tuple(functions.split("; ")))


DOMAINS = (
    _domain("PAI", "Paiements", 0, "APY", "Virements instantanés; Virements SEPA; Prélèvements; Monétique porteurs; "
            "Acquisition commerçants; Chèques; Autorisation carte; Rejets et impayés; Fraude aux paiements; Tarification"),
    _domain("REF", "Référentiels", 6, "ADA", "Référentiel clients; Référentiel comptes; Annuaire des tiers; "
            "Référentiel produits; Référentiel organisation; Habilitations; Coffre de documents; Adresses; Devises; Calendriers"),
    _domain("CAN", "Canaux digitaux", 4, "ADI", "Banque en ligne; Application mobile; Authentification forte; Agence en ligne; "
            "Messagerie client; Portail conseiller; Signature électronique; Prise de rendez-vous; Bornes; Notifications"),
    _domain("CRE", "Crédits", 1, "ACR", "Crédit immobilier; Crédit consommation; Octroi; Garanties; Recouvrement; "
            "Crédit aux entreprises; Tableaux d'amortissement; Simulation; Assurance emprunteur; Dossiers de prêt"),
    _domain("EPA", "Épargne", 2, "ACR", "Livrets; Épargne logement; Assurance vie; Comptes à terme; Épargne salariale; "
            "Plans retraite; Versements programmés; Calcul d'intérêts; Transferts; Relevés"),
    _domain("COM", "Comptabilité", 5, "ADA", "Comptabilité générale; Consolidation; Comptabilité auxiliaire; Rapprochements; "
            "Fiscalité; Contrôle de gestion; Immobilisations; Notes de frais; Facturation; Clôture"),
    _domain("ECH", "Échanges", 0, "APY", "Passerelle de fichiers; Passerelle SWIFT; Échanges interbancaires; Routage des flux; "
            "Conversion de formats; Accusés de réception; Supervision des flux; Archivage des flux; Partenaires; Messagerie applicative"),
    _domain("RIS", "Risques", 5, "ADA", "Notation; Risque de crédit; Risque de marché; Risque opérationnel; Limites; "
            "Stress tests; Provisions; Liquidité; Ratios; Contreparties"),
    _domain("TIT", "Titres", 2, "ACR", "Carnet d'ordres; Conservation; Opérations sur titres; Valorisation; Bourse en ligne; "
            "Règlement livraison; Gestion sous mandat; Fonds; Reporting titres; Dérivés"),
    _domain("ASS", "Assurances", 3, "ADI", "Souscription; Sinistres; Contrats habitation; Contrats auto; Prévoyance; Santé; "
            "Quittancement; Expertise; Réassurance; Espace assuré"),
    _domain("CON", "Conformité", 5, "ADA", "Lutte anti-blanchiment; Listes de sanctions; Connaissance client; Déclarations; "
            "Abus de marché; Réclamations; Archivage légal; Contrôle permanent; Protection des données; Audit"),
    _domain("DEC", "Décisionnel", 6, "ADA", "Entrepôt de données; Tableaux de bord; Marketing client; Segmentation; "
            "Lac de données; Qualité des données; Indicateurs; Campagnes; Prévisions; Catalogue de données"),
    _domain("RHU", "Ressources humaines", 6, "ADI", "Paie; Temps et activités; Formation; Recrutement; Carrières; Annuaire interne; "
            "Avantages; Mobilité; Entretiens; Dossiers du personnel"),
    _domain("POS", "Poste de travail", 6, "ADI", "Poste conseiller; Bureautique; Impression; Visioconférence; Partage de fichiers; "
            "Messagerie; Télédistribution; Assistance; Inventaire; Téléphonie"),
)  # fmt: skip

VARIANTS = ("", "Entreprises", "Particuliers", "Professionnels", "Groupe", "Filiales", "International", "Caisses",
            "Partenaires", "Archives")  # fmt: skip

TECHNOLOGY_SERVICES = (  # name, three letters for hosts, team
    ("Résolution de noms DNS", "dns", "NET"), ("Annuaire et authentification", "ldp", "IAM"),
    ("Supervision technique", "sup", "SUP"), ("Sauvegarde", "sav", "STO"), ("Ordonnancement", "ord", "ORD"),
    ("Bus de messages", "bus", "MDW"), ("Passerelle d'API", "api", "MDW"), ("Équilibrage de charge", "lbs", "NET"),
    ("Plateforme de conteneurs", "ctr", "K8S"), ("Collecte de journaux", "log", "SUP"), ("Coffre de secrets", "vlt", "SEC"),
    ("Infrastructure de clés publiques", "pki", "SEC"), ("Relais de messagerie", "smt", "WIN"),
    ("Partage de fichiers NAS", "nas", "STO"), ("Transfert de fichiers", "cft", "MDW"), ("Horloge NTP", "ntp", "NET"),
    ("Bastion d'administration", "bas", "SEC"), ("Détection d'intrusion", "ids", "SEC"), ("Mandataire Internet", "prx", "NET"),
    ("Dépôt d'artefacts", "dep", "K8S"), ("Intégration continue", "cic", "K8S"), ("Plateforme Oracle", "plo", "ORA"),
    ("Plateforme PostgreSQL", "plp", "DBA"), ("Gestion des correctifs", "wsu", "WIN"),
)  # fmt: skip

CAUSES = (  # code, name, sub-causes
    ("LOG", "Logiciel", ("Bug applicatif", "Régression", "Fuite de mémoire", "Paramétrage", "Certificat expiré", "Montée de version")),
    ("MAT", "Matériel", ("Disque", "Mémoire", "Alimentation", "Carte réseau", "Vieillissement")),
    ("RES", "Réseau", ("Latence", "Perte de lien", "Règle de filtrage", "Résolution de noms")),
    ("BDD", "Base de données", ("Verrou", "Espace insuffisant", "Requête lente", "Réplication")),
    ("CAP", "Capacité", ("Saturation CPU", "Saturation mémoire", "Saturation disque", "File d'attente")),
    ("HUM", "Erreur humaine", ("Mauvaise manipulation", "Procédure absente", "Erreur de saisie")),
    ("EXT", "Externe", ("Fournisseur", "Énergie", "Partenaire")),
)  # fmt: skip

PROVIDERS = ("Nuage Public Nord", "Nuage de Confiance", "Nuage Analytique")
HARDWARE_SUPPLIERS = ("Constructeur Altaïr", "Constructeur Bellatrix", "Constructeur Capella")
OUTSOURCERS = ("Infogérance Meridia", "Services Orion", "Support Polaris", "Télécoms Vega")
