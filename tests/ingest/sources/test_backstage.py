"""The software catalogue: systems, components, interfaces, resources, and who owns them."""

from __future__ import annotations

from tests.ingest.twin import TestTwin

CATALOGUE = """
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: payments, description: Moves money.}
spec: {owner: group:default/pay, domain: banking}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: pay-web, namespace: shop}
spec:
  type: website
  lifecycle: production
  owner: team-web
  system: default/payments
  consumesApis: [default/pay-api, default/pay-api]
  dependsOn: ['component:default/pay-core', resource:default/pay-db, resource:default/pay-bus]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: pay-core}
spec: {type: service, lifecycle: production, owner: user:jdoe, providesApis: [pay-api]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: pay-api}
spec: {type: openapi, lifecycle: production, owner: pay}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: pay-db}
spec: {type: database, owner: pay}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: pay-bus}
spec: {type: s3-bucket, owner: pay}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: pay, description: Payments team}
spec: {type: team}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: jdoe}
spec: {profile: {displayName: Jane Doe, email: jane@example.org}, memberOf: [pay]}
---
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: elsewhere}
spec: {targets: [./x.yaml]}
"""


def test_a_catalogue_in_csdm_terms(twin: TestTwin) -> None:
    report = twin.load("backstage", {"catalog-info.yaml": CATALOGUE})
    assert report.counters["rejected"] == 0, report.quarantined
    assert twin.nodes() == {
        ("BusinessApplication", "payments"): {"name": "payments", "description": "Moves money."},
        ("ServiceInstance", "shop/pay-web"): {
            "name": "shop/pay-web",
            "lifecycle": "production",
            "component_type": "website",
        },
        ("ServiceInstance", "pay-core"): {"name": "pay-core", "lifecycle": "production", "component_type": "service"},
        ("Api", "pay-api"): {"name": "pay-api", "lifecycle": "production", "component_type": "openapi"},
        ("DatabaseInstance", "pay-db"): {"name": "pay-db"},
        ("TechnologyService", "pay-bus"): {"name": "pay-bus"},
        ("Team", "pay"): {"name": "pay", "description": "Payments team"},
        ("Team", "shop/team-web"): {"name": "shop/team-web"},
        ("Person", twin.pseudonym("jdoe")): {"pseudonym": twin.pseudonym("jdoe")},
    }
    assert twin.edges() == {
        ("payments", "OWNED_BY", "pay"),
        ("shop/pay-web", "OWNED_BY", "shop/team-web"),
        ("shop/pay-web", "REALISES", "payments"),
        ("shop/pay-web", "DEPENDS_ON", "pay-api"),
        ("shop/pay-web", "DEPENDS_ON", "pay-core"),
        ("shop/pay-web", "DEPENDS_ON", "pay-db"),
        ("shop/pay-web", "DEPENDS_ON", "pay-bus"),
        ("pay-api", "PROVIDED_BY", "pay-core"),
        ("pay-api", "OWNED_BY", "pay"),
        ("pay-db", "OWNED_BY", "pay"),
        ("pay-bus", "OWNED_BY", "pay"),
        (twin.pseudonym("jdoe"), "MEMBER_OF_TEAM", "pay"),
    }
    assert report.unmapped == {"Location": 1}


def test_what_identifies_a_person_stays_in_backstage(twin: TestTwin) -> None:
    twin.load("backstage", {"catalog-info.yaml": CATALOGUE})
    assert not any("Jane" in repr(state) or "example.org" in repr(state) for state in twin.states())


def test_a_document_that_is_no_entity_and_a_reference_to_nothing_are_quarantined(twin: TestTwin) -> None:
    more = """
---
just: something
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: alone}
spec: {type: service, consumesApis: [nowhere]}
"""
    report = twin.load("backstage", {"a.yaml": CATALOGUE + more})
    assert [(row.position, row.code) for row in report.quarantined] == [
        ("a.yaml:10", "BROKEN_ROW"),
        ("a.yaml:11", "DANGLING_REFERENCE"),
    ]
    assert "api:default/nowhere" in report.quarantined[1].reason
    assert ("ServiceInstance", "alone") in twin.nodes()
