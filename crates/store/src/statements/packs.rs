//! The statements of packed months.

statements! {
    /// The months that changed since they were packed, that nobody finished, or that were packed by
    /// another list of columns, the latest first.
    MONTHS_TO_PACK = "SELECT of_table, month FROM report_changes
        UNION SELECT of_table, month FROM report_packs WHERE packed_as IS NULL OR packed_as <> $1
        ORDER BY month DESC, of_table";
    /// A month that somebody is about to read.
    FORGET_REPORT_CHANGES = "DELETE FROM report_changes WHERE of_table = $1 AND month = $2";
    /// Whoever packed it before, or is about to.
    REMOVE_REPORT_PACK = "DELETE FROM report_packs WHERE of_table = $1 AND month = $2";
    /// What was packed before.
    REMOVE_REPORT_COLUMNS = "DELETE FROM report_columns WHERE of_table = $1 AND month = $2";
    /// Whoever packs it now.
    INSERT_REPORT_PACK = "INSERT INTO report_packs (of_table, month) VALUES ($1, $2) RETURNING id";
    /// A month that is packed, unless somebody else began to pack it since.
    FINISH_REPORT_PACK = "UPDATE report_packs SET packed_as = $2 WHERE id = $1";
    /// A packed column.
    INSERT_REPORT_COLUMN = "INSERT INTO report_columns (rows_of, month, expression, of_table, content)
        VALUES ($1, $2, $3, $4, $5)";
    /// The packed columns of some months, of those that did not change since; one of them of the first
    /// and the last month only.
    REPORT_COLUMNS = "SELECT c.month, c.expression, c.content FROM report_columns c
        WHERE c.rows_of = $1 AND c.month >= $2 AND c.month <= $3
            AND (c.expression IN {texts$4} OR (c.expression = $5 AND (c.month = $2 OR c.month = $3)))
            AND NOT EXISTS (SELECT 1 FROM report_changes h WHERE h.of_table = c.of_table AND h.month = c.month)
        ORDER BY c.month";
}
