//! Reports over databases, on both engines.
