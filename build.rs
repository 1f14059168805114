//! `hale init` carries the bundled project: a file that is new in it must reach the next build.

fn main() {
    for part in ["hale.yml", "sql", "data", "src/templates"] {
        println!("cargo:rerun-if-changed={part}");
    }
}
