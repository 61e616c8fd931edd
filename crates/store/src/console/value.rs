//! Rows as they are given out, up to the caps.

use serde_json::Value;

use super::{ConsoleLimits, QueryResult};

/// The largest single value, in bytes. More than that is no longer a value to look at, and some
/// functions take time that grows with the square of it.
pub(super) const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// Collects rows until a cap is reached.
#[derive(Debug)]
pub(super) struct Collector {
    limits: ConsoleLimits,
    result: QueryResult,
    row: Vec<Value>,
    bytes: usize,
}

impl Collector {
    pub(super) fn new(columns: Vec<String>, limits: ConsoleLimits) -> Self {
        let result = QueryResult {
            columns,
            rows: Vec::new(),
            truncated: None,
        };
        Self {
            limits,
            result,
            row: Vec::new(),
            bytes: 0,
        }
    }

    /// Begins a row; says whether there is room for it.
    pub(super) fn begin_row(&mut self) -> bool {
        if self.result.rows.len() >= self.limits.max_rows {
            self.result.truncated = Some(format!(
                "these are the first {} rows, and there are more",
                self.limits.max_rows
            ));
            return false;
        }
        self.row = Vec::with_capacity(self.result.columns.len());
        true
    }

    /// Adds a value to the row; says whether there was room for it.
    pub(super) fn add(&mut self, value: Value) -> bool {
        self.bytes = self.bytes.saturating_add(match &value {
            Value::String(text) => text.len(),
            _ => 8,
        });
        if self.bytes > self.limits.max_bytes {
            self.result.truncated = Some(format!(
                "these are the first {} rows, which fill {} KiB, and there are more",
                self.result.rows.len(),
                self.limits.max_bytes / 1024
            ));
            return false;
        }
        self.row.push(value);
        true
    }

    /// Ends the row.
    pub(super) fn end_row(&mut self) {
        self.result.rows.push(std::mem::take(&mut self.row));
    }

    pub(super) fn finish(self) -> QueryResult {
        self.result
    }
}

/// A floating-point number; as text where JSON has no number for it.
pub(super) fn float(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(
        || {
            Value::from(match number {
                number if number.is_nan() => "NaN",
                number if number > 0.0 => "Infinity",
                _ => "-Infinity",
            })
        },
        Value::Number,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(limits: ConsoleLimits, rows: &[&[Value]]) -> QueryResult {
        let mut collector = Collector::new(vec!["a".into(), "b".into()], limits);
        'rows: for row in rows {
            if !collector.begin_row() {
                break;
            }
            for value in *row {
                if !collector.add(value.clone()) {
                    break 'rows;
                }
            }
            collector.end_row();
        }
        collector.finish()
    }

    #[test]
    fn rows_are_cut_off_at_the_caps() {
        let rows: &[&[Value]] = &[&[1.into(), "ab".into()], &[2.into(), "cd".into()]];
        let limits = ConsoleLimits::default();
        let all = collect(limits, rows);
        assert_eq!((all.rows.len(), all.truncated), (2, None));

        let exactly = collect(
            ConsoleLimits {
                max_rows: 2,
                ..limits
            },
            rows,
        );
        assert_eq!((exactly.rows.len(), exactly.truncated), (2, None));

        let few = collect(
            ConsoleLimits {
                max_rows: 1,
                ..limits
            },
            rows,
        );
        assert_eq!(few.rows, [[Value::from(1), Value::from("ab")]]);
        assert_eq!(
            few.truncated.as_deref(),
            Some("these are the first 1 rows, and there are more")
        );

        let small = collect(
            ConsoleLimits {
                max_bytes: 19,
                ..limits
            },
            rows,
        );
        assert_eq!(small.rows.len(), 1);
        assert!(small.truncated.is_some_and(|why| why.contains("KiB")));
    }

    #[test]
    fn what_json_has_no_number_for_is_text() {
        assert_eq!(float(0.5), Value::from(0.5));
        assert_eq!(float(f64::NAN), Value::from("NaN"));
        assert_eq!(float(f64::INFINITY), Value::from("Infinity"));
        assert_eq!(float(f64::NEG_INFINITY), Value::from("-Infinity"));
    }
}
