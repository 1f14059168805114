//! Audits whose rows stop a run, and those of which they are only told.

use super::{amounts, audits_passed, owned, project};
use crate::cli::{code, err};

/// Rows of an audit that selects `'warn' AS severity` are told, and stop nothing.
#[test]
fn an_audit_may_warn() {
    let run = ["run", "--as-of", "2026-01-20"];
    let audit = |severity: &str| {
        let sql =
            format!("SELECT '{severity}' AS severity, account_id, as_of_date FROM metrics.m WHERE n = 7");
        project(&[amounts(), owned("sql/audits/found.sql", &sql)])
    };
    let passed = audits_passed(&project(&[amounts()]), &run);
    let warned = audit("warn").hale(&run);
    assert_eq!(code(&warned), 0, "{}", err(&warned));
    assert!(err(&warned).contains("warning[audit]: audit found is broken by 1 row"), "{}", err(&warned));
    assert!(err(&warned).contains("account_id = 'b'"), "{}", err(&warned));
    assert_eq!(audits_passed(&audit("warn"), &run), passed, "what is warned of has not passed");
    let stopped = audit("error").hale(&run);
    assert_eq!(code(&stopped), 3, "{}", err(&stopped));
    let refused = audit("warning").hale(&["check"]);
    assert_eq!(code(&refused), 1);
    let said = err(&refused);
    assert!(said.contains("the severity of an audit is 'warn' or 'error', not 'warning'"), "{said}");
    assert!(said.contains("sql/audits/found.sql:1:8"), "{said}");
    // A column of that name which the rows bring along says nothing.
    let own =
        "SELECT n AS severity, account_id FROM metrics.m WHERE n = 7 AND as_of_date = DATE '2026-01-20'";
    assert_eq!(code(&project(&[amounts(), owned("sql/audits/found.sql", own)]).hale(&run)), 3);
}
