//! Matching: exact keys (design B7) and explained scores (design B9, B11).

/// One plus or minus of a score, in plain words (design B11).
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What was compared: `name`, `email`, `phone`, `postcode` … or `prior`.
    pub field: &'static str,
    /// Log-odds; all reasons of a candidate add up to the logit of its score.
    pub weight: f64,
    /// The finding in words.
    pub text: String,
}
