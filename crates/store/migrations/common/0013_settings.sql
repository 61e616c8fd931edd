-- What an administrator sets for the whole account, as JSON; what is not here is as usual. The
-- calendar is made from some of it.

CREATE TABLE settings (
    name key_text NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at DATETIME NOT NULL
);

-- The days of the account's calendar, each named by itself and its spans by their first days.
CREATE TABLE calendar (
    day key_text NOT NULL PRIMARY KEY,
    week key_text NOT NULL,
    month key_text NOT NULL,
    quarter key_text NOT NULL,
    year key_text NOT NULL,
    working BOOLEAN NOT NULL,
    starts_at DATETIME NOT NULL,
    ends_at DATETIME NOT NULL
);
