"""Has dlt do the work of a first import: every listing, page by page, into a SQLite file.

It is told where each listing begins, with the same projection that Windlass asks for, and follows
`next`. Listings of one kind become one table; its listings are read in parallel.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

order = json.loads(Path(sys.argv[1]).read_text())
os.environ["EXTRACT__WORKERS"] = str(order["concurrency"])
os.environ["EXTRACT__MAX_PARALLEL_ITEMS"] = str(order["concurrency"])


def table_of(address):
    """The table of a listing, or nothing for what is no listing of its own."""
    parts = [part for part in urlsplit(address).path.split("/") if part][1:]
    if parts[0] == "workspaces":
        return "members" if parts[-1] == "members" else None
    if len(parts) == 2:
        return "repositories"
    rest = "/".join(parts[3:])
    names = {"pullrequests": "pull_requests", "pullrequests/activity": "activity"}
    if any(part.isdigit() for part in parts[3:]):
        return None
    return names.get(rest, rest.replace("/", "_"))


def pages(address):
    client = RESTClient(
        base_url=order["beginnings"][0],
        auth=BearerTokenAuth(order["token"]),
        paginator=JSONLinkPaginator(next_url_path="next"),
        data_selector="values",
    )
    for page in client.paginate(address):
        yield page


@dlt.source
def bitbucket():
    for number, address in enumerate(order["beginnings"]):
        table = table_of(address)
        if table is not None:
            yield dlt.resource(
                pages,
                name=f"{table}_{number}",
                table_name=table,
                write_disposition="append",
                parallelized=True,
            )(address)


pipeline = dlt.pipeline(
    pipeline_name="bench",
    destination=dlt.destinations.sqlalchemy(
        credentials=f"sqlite:///{Path(sys.argv[1]).parent / 'dlt.db'}"
    ),
    dataset_name="main",
)
pipeline.run(bitbucket())
counts = pipeline.last_trace.last_normalize_info.row_counts
print(sum(count for table, count in counts.items() if not table.startswith("_dlt")))
