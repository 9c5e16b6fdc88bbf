//! The first place where two records differ, for people.

/// The parts of two debug texts that differ, with a little around them.
pub fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let same = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    let from = same.saturating_sub(60);
    let part = |text: &[char]| text[from..(same + 80).min(text.len())].iter().collect::<String>();
    format!("…{} became …{}", part(&old), part(&new))
}
