# What CI runs, one by one.
format:
    cargo fmt --check
lint:
    cargo clippy --all-targets -- -D warnings
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
test *ARGS:
    cargo test {{ARGS}}
# Writes the plans that cases expect, and the case files' schema; read the difference before committing it.
update-cases FILTER="cases":
    RECONCILE_UPDATE_CASES=1 cargo test --test tests -- {{FILTER}}
# Writes the JSON Schema of the YAML format.
update-schema:
    cargo run --quiet -- json-schema > schema/reconcile.schema.json
# Writes the outputs that README shows, the plan of the example, and the reference of the YAML format.
update-documents:
    RECONCILE_UPDATE_CASES=1 cargo test --test tests -- documents
