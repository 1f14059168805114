//! Names of columns as SQL reads them back.

use datafusion::sql::sqlparser::keywords::ALL_KEYWORDS;

/// A name as SQL: as it is where it is a plain word of lower case that SQL has no use for, else in quotes.
pub(crate) fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && name.chars().all(plain);
    let is_keyword = ALL_KEYWORDS.binary_search(&name.to_uppercase().as_str()).is_ok();
    if is_plain && !is_keyword { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn a_name_is_read_back_as_what_it_was() {
        let names = ["account_id", "select", "Account", "day \"one\"", "1st", ""];
        let written = ["account_id", "\"select\"", "\"Account\"", "\"day \"\"one\"\"\"", "\"1st\"", "\"\""];
        assert_eq!(names.map(identifier), written);
    }
}
