"""Has DuckDB answer what the reports ask, over the same rows.

The rows are copied from an SQLite file, the columns that reports read and no others, with bots marked. Each
question asks for counts, people, and for every measure the nearest-rank percentiles and the mean. What the
reports ask besides (names, freshness) is not asked here.
"""

import csv
import json
import os
import sqlite3
import sys
import time

import duckdb

BOT = "EXISTS (SELECT 1 FROM bitbucket_users u WHERE u.id = {} AND u.bot)"

TABLES = {
    "pulls": (
        "SELECT p.repository_id, p.user_id, p.state, p.draft, p.created_on, p.merged_on, p.closed_on, "
        "p.first_review_on, p.cycle_time, p.coding_time, p.pickup_time, p.review_time, p.merge_wait, "
        "p.ready_to_merge, p.ready_to_first_approval, p.review_rounds, p.comment_count, s.size, "
        + BOT.format("p.user_id")
        + " AS bot FROM bitbucket_pulls p LEFT JOIN bitbucket_pull_sizes s ON s.pull_id = p.id"
    ),
    "reviews": (
        "SELECT v.repository_id, v.user_id, v.author_user_id, v.state, v.comment_count, v.created_on, "
        "v.time_since_request, " + BOT.format("v.user_id") + " AS bot FROM bitbucket_reviews v"
    ),
    "pipelines": (
        "SELECT repository_id, result, created_on, duration, queue_time, time_to_green, rerun, "
        "build_seconds_used FROM bitbucket_pipelines"
    ),
    "deployments": (
        "SELECT repository_id, production, success, failed, counted, deployed_on, time_to_restore, merge_to_deploy "
        "FROM deployment_measures"
    ),
    "carried": (
        "SELECT repository_id, production, last_of_pull, deployed_on, merge_to_deploy, open_to_deploy, "
        "commit_to_deploy FROM deployment_pulls"
    ),
}

UNREVIEWED = "count(*) FILTER (first_review_on IS NULL OR pickup_time > ready_to_merge)"
OPENED = ("pulls", "created_on", "NOT bot", {"opened": "count(*)"}, {}, "user_id")
MERGED = (
    "pulls",
    "merged_on",
    "NOT bot",
    {"merged": "count(*)", "unreviewed": UNREVIEWED},
    {
        "cycle_time": "cycle_time",
        "coding_time": "coding_time",
        "pickup_time": "pickup_time",
        "review_time": "review_time",
        "merge_wait": "merge_wait",
        "open_to_merge": "ready_to_merge",
        "review_rounds": "review_rounds",
        "comments": "comment_count",
        "size": "size",
    },
    "user_id",
)
COUNTED_MERGES = ("pulls", "merged_on", "NOT bot", {"merged": "count(*)", "unreviewed": UNREVIEWED}, {}, "user_id")
CLOSED = (
    "pulls",
    "closed_on",
    "NOT bot",
    {
        "closed": "count(*)",
        "closed_merged": "count(*) FILTER (state = 'MERGED')",
        "declined": "count(*) FILTER (state = 'DECLINED')",
    },
    {},
    None,
)
OPEN = (
    "pulls",
    None,
    "NOT bot AND state = 'OPEN'",
    {
        "open_now": "count(*)",
        "draft_now": "count(*) FILTER (draft)",
        "waiting_for_review_now": "count(*) FILTER (NOT draft AND first_review_on IS NULL)",
    },
    {"age": "CAST(current_date - CAST(created_on AS DATE) AS BIGINT)"},
    None,
)
REVIEWS = (
    "reviews",
    "created_on",
    "NOT bot",
    {
        "reviews": "count(*)",
        "approvals": "count(*) FILTER (state = 'APPROVED')",
        "change_requests": "count(*) FILTER (state = 'CHANGES_REQUESTED')",
        "comment_reviews": "count(*) FILTER (state = 'COMMENTED')",
        "review_comments": "sum(comment_count)",
    },
    {"review_turnaround": "time_since_request"},
    "user_id",
)
COUNTED_REVIEWS = ("reviews", "created_on", "NOT bot", {"reviews": "count(*)"}, {}, "user_id")
FIRST_REVIEWS = (
    "pulls",
    "first_review_on",
    "NOT bot",
    {},
    {"first_response": "pickup_time", "first_approval": "ready_to_first_approval"},
    None,
)
PIPELINES = (
    "pipelines",
    "created_on",
    "TRUE",
    {
        "runs": "count(*)",
        "successful": "count(*) FILTER (result = 'SUCCESSFUL')",
        "runs_failed": "count(*) FILTER (result IN ('FAILED', 'ERROR'))",
        "runs_stopped": "count(*) FILTER (result IN ('STOPPED', 'EXPIRED'))",
        "reruns": "count(*) FILTER (rerun)",
        "seconds": "sum(build_seconds_used)",
    },
    {
        "pipeline_duration": "CASE WHEN result NOT IN ('STOPPED', 'EXPIRED') THEN duration END",
        "queue_time": "queue_time",
        "time_to_green": "time_to_green",
    },
    None,
)
RUNS = ("pipelines", "created_on", "TRUE", {"runs": "count(*)"}, {}, None)
DEPLOYED = {
    "deployments": "count(*)",
    "deployments_successful": "count(*) FILTER (success)",
    "failed": "count(*) FILTER (failed)",
}
DEPLOYMENTS = ("deployments", "deployed_on", "counted", DEPLOYED, {"time_to_restore": "time_to_restore"}, None)
PRODUCTION = (
    "deployments",
    "deployed_on",
    "counted AND production",
    DEPLOYED,
    {"time_to_restore": "time_to_restore", "lead_time_of_deployments": "merge_to_deploy"},
    None,
)
CARRIED = (
    "carried",
    "deployed_on",
    "production AND last_of_pull",
    {"pulls_deployed": "count(*)"},
    {
        "lead_time": "merge_to_deploy",
        "lead_time_from_open": "open_to_deploy",
        "lead_time_from_commit": "commit_to_deploy",
    },
    None,
)

REPORTS = {
    "pull-requests": [OPENED, MERGED, CLOSED, OPEN],
    "reviews": [REVIEWS, FIRST_REVIEWS, COUNTED_MERGES],
    "pipelines": [PIPELINES],
    "deployments": [DEPLOYMENTS],
    "dora": [PRODUCTION, CARRIED],
    "repositories": [OPENED, COUNTED_MERGES, OPEN, COUNTED_REVIEWS, RUNS],
    "people": [OPENED, MERGED, REVIEWS, OPEN],
}


def load(sqlite_file, folder, db):
    source = sqlite3.connect(sqlite_file)
    for name, select in TABLES.items():
        path = os.path.join(folder, name + ".csv")
        cursor = source.execute(select)
        with open(path, "w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(column[0] for column in cursor.description)
            writer.writerows(cursor)
        db.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', header = true, all_varchar = true)")
        typed = []
        for column in cursor.description:
            column = column[0]
            if column in ("bot", "draft", "rerun", "production", "success", "failed", "counted", "last_of_pull"):
                typed.append(f"{column} = '1' AS {column}")
            elif column.endswith("_on") or column in ("state", "result"):
                typed.append(column)
            else:
                typed.append(f"CAST({column} AS BIGINT) AS {column}")
        db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {', '.join(typed)} FROM {name}")
        os.remove(path)


def sql(facts, question, order):
    table, day, condition, counts, values, people = facts
    columns, groups, conditions = [], [], [condition]
    if question == "90 days" and day:
        # The period and the one before it, which is as long.
        groups.append(f"{day} >= '{order['from']}'")
        conditions.append(f"{day} BETWEEN '{order['before']}' AND '{order['to']}'")
    elif day:
        conditions.append(f"{day} <= '{order['to']}'")
    if question.endswith("by repository"):
        groups.append("repository_id")
    columns += groups
    columns += [f"{text} AS {name}" for name, text in counts.items()]
    for name, text in values.items():
        columns.append(f"quantile_disc({text}, [0.5, 0.75, 0.9, 0.95]) AS {name}")
        columns.append(f"avg({text}) AS {name}_mean")
    if people:
        columns.append(f"count(DISTINCT {people}) AS people")
    grouped = f" GROUP BY {', '.join(groups)}" if groups else ""
    return f"SELECT {', '.join(columns)} FROM {table} WHERE {' AND '.join(conditions)}{grouped}"


def figures(db, facts, question, order):
    """What can be compared with the reports."""
    if question.endswith("by repository"):
        question = "all time"
    answer = db.execute(sql(facts, question, order))
    names = [column[0] for column in answer.description]
    found = {}
    for row in answer.fetchall():
        if question == "90 days" and facts[1] and not row[0]:
            continue
        for name, value in zip(names, row):
            if name in facts[3] and value is not None:
                found[name] = f"{float(value):.4f}"
            elif name in facts[4] and value is not None:
                found[name] = str(value[0])
    return found


def main():
    with open(sys.argv[1]) as file:
        order = json.load(file)
    import datetime

    first = datetime.date.fromisoformat(order["from"])
    order["before"] = str(first - datetime.timedelta(days=90))
    db = duckdb.connect(os.path.join(order["folder"], "rows.duckdb"))
    load(order["sqlite"], order["folder"], db)
    for report, parts in REPORTS.items():
        for question in ("90 days", "all time", "all time by repository"):
            times = []
            for turn in range(order["runs"] + 1):
                began = time.perf_counter()
                for facts in parts:
                    db.execute(sql(facts, question, order)).fetchall()
                if turn:
                    times.append(time.perf_counter() - began)
            found = {}
            for facts in parts:
                found.update(figures(db, facts, question, order))
            answer = {"report": report, "question": question, "seconds": times, "figures": found}
            print(json.dumps(answer), flush=True)


main()
