//! Tables of cases by hand.
