"""The two pages for people, GraphiQL and Swagger UI, served from installed packages so that they work without internet.

The assets are the published builds (GraphiQL 2.4.7, React 17.0.2, Swagger UI 5.32) that `graphene-django-graphiql-static`
and `fastapi-offline` carry; only their files are read, their code is never imported. The integrity attributes say what
they must be. GraphiQL keeps the query in the address, so that a link can be shared.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from api.headers import page_headers
from core.errors import ConfigurationError

GRAPHIQL_URL = "/assets/graphiql"
SWAGGER_URL = "/assets/swagger"


def asset_folder(package: str, *parts: str) -> Path:
    """A folder inside an installed package. Raises ConfigurationError."""
    spec = find_spec(package)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location, *parts)
        if folder.is_dir():
            return folder
    raise ConfigurationError(
        f"the package {package!r} is not installed, or has no {'/'.join(parts)}",
        where="Python environment",
        hint="install the locked requirements again (make setup)",
    )


def serve_assets(app: FastAPI) -> None:
    """Mount the assets of both pages, and `/docs`."""
    graphiql = asset_folder("graphene_django_graphiql_static", "static", "graphene_django_graphiql_static")
    app.mount(GRAPHIQL_URL, StaticFiles(directory=graphiql))
    app.mount(SWAGGER_URL, StaticFiles(directory=asset_folder("fastapi_offline", "static")))
    app.add_api_route("/docs", lambda: _swagger(app), include_in_schema=False, response_class=HTMLResponse)


def _swagger(app: FastAPI) -> HTMLResponse:
    page = get_swagger_ui_html(
        openapi_url=app.openapi_url or "/openapi.json",
        title=f"{app.title}: REST",
        swagger_js_url=f"{SWAGGER_URL}/swagger-ui-bundle.js",
        swagger_css_url=f"{SWAGGER_URL}/swagger-ui.css",
        swagger_favicon_url=f"{SWAGGER_URL}/favicon.png",
        swagger_ui_parameters={"validatorUrl": None},  # else the page tells a site outside where it found this one
    )
    return html_page(bytes(page.body).decode())


def html_page(content: str) -> HTMLResponse:
    """A page with its policy, which uses the assets."""
    return HTMLResponse(content, headers=page_headers(content, assets=True))


GRAPHIQL_PAGE = (Path(__file__).parent / "graphql" / "graphiql.html").read_text(encoding="utf-8")
"""The GraphiQL page; every address in it is on this server."""
