-- Pull requests that a walk has touched and nobody has measured since. A page is written with its marks;
-- whoever measures removes them.

CREATE TABLE sync_unmeasured (
    repository_id BIGINT NOT NULL,
    pull_id BIGINT NOT NULL,
    PRIMARY KEY (repository_id, pull_id)
);
