//! The functions that may be called.
//!
//! Left out is whatever sleeps, reads files, settings or the engine's own tables, reaches other
//! servers, changes anything, makes rows out of nothing, or makes a large value out of a small
//! number (`repeat`, `zeroblob`, `printf` with a width).

use super::Dialect;

/// Aggregates, window functions and plain functions that both engines have.
const EVERYWHERE: &str = "
    avg count max min string_agg sum
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank
    row_number
    abs coalesce concat concat_ws current_date current_time current_timestamp length lower ltrim
    nullif octet_length replace round rtrim sign substr substring trim upper";

/// Those of SQLite alone: aggregates; plain functions; dates; JSON.
const SQLITE: &str = "
    group_concat json_group_array json_group_object total
    char hex if ifnull iif instr likely quote typeof unicode unlikely
    date datetime julianday strftime time timediff unixepoch
    json json_array json_array_length json_extract json_object json_quote json_type json_valid";

/// What SQLite calls operators when it asks whether they may be used.
const SQLITE_OPERATORS: &str = "-> ->> glob like";

/// Those of PostgreSQL alone: aggregates; numbers; text; dates; arrays and JSON.
const POSTGRES: &str = "
    array_agg bit_and bit_or bool_and bool_or corr covar_pop covar_samp every grouping json_agg
    json_object_agg jsonb_agg jsonb_object_agg mode percentile_cont percentile_disc regr_count
    regr_intercept regr_r2 regr_slope stddev stddev_pop stddev_samp var_pop var_samp variance
    cbrt ceil ceiling div exp floor greatest least ln log log10 mod power sqrt trunc width_bucket
    ascii btrim char_length character_length chr initcap left md5 position regexp_count regexp_like
    regexp_match regexp_replace regexp_substr reverse right split_part starts_with strpos to_char
    to_number translate
    age date date_bin date_part date_trunc extract isfinite justify_days justify_hours
    justify_interval localtime localtimestamp make_date make_interval make_timestamp
    make_timestamptz now timezone to_date to_timestamp
    array_length array_position array_to_string cardinality json_array_length json_build_array
    json_build_object json_extract_path json_extract_path_text json_typeof jsonb_array_length
    jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text jsonb_typeof
    row_to_json to_json to_jsonb";

/// Whether a query may call the function.
pub(super) fn may_call(name: &str, dialect: Dialect) -> bool {
    let of_the_engine = match dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    };
    lists(EVERYWHERE, name) || lists(of_the_engine, name)
}

/// Whether SQLite may run the function, which for SQLite an operator is, too.
pub(in crate::console) fn sqlite_may_call(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    may_call(&name, Dialect::Sqlite) || lists(SQLITE_OPERATORS, &name)
}

fn lists(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|listed| listed == name)
}
