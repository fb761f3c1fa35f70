//! The reference of the YAML format, made from its JSON Schema.

use serde_json::{Map, Value};

const HEAD: &str = "# The YAML format

Made from `schema/reconcile.schema.json` by `just update-documents`; a test holds it current. `reconcile json-schema` prints the
schema for editors: begin a file with `# yaml-language-server: $schema=…/reconcile.schema.json`.

A file holds one document or several, divided by `---`. Each says in which schema its unqualified names are, and files merge: a
name that is declared twice is an error with both places. Keys that may be left out are not marked; **required** ones are.

";

/// Writes the whole reference.
pub(super) fn markdown(schema: &Value) -> String {
    let definitions = schema["$defs"].as_object().cloned().unwrap_or_default();
    let mut out = HEAD.to_owned();
    out.push_str("## A document\n\n");
    out.push_str(&keys(schema));
    for (name, definition) in &definitions {
        out.push_str(&format!("\n## {name}\n\n{}\n\n", text(definition)));
        if definition.get("properties").is_some() {
            out.push_str(&keys(definition));
        } else {
            for form in forms(definition) {
                let word = match form.get("const").and_then(Value::as_str) {
                    Some(word) => format!("`{word}`"),
                    None => takes(form),
                };
                out.push_str(&format!("- {word}: {}\n", lower(&text(form))));
            }
        }
    }
    out
}

fn keys(of: &Value) -> String {
    let empty = Map::new();
    let properties = of["properties"].as_object().unwrap_or(&empty);
    let required: Vec<&str> = of["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut out = "| key | takes | what it is |\n|---|---|---|\n".to_owned();
    for (key, own) in properties {
        let needed = if required.contains(&key.as_str()) {
            "**required.** "
        } else {
            ""
        };
        out.push_str(&format!(
            "| `{key}` | {} | {needed}{} |\n",
            takes(own),
            text(own).replace('|', "\\|")
        ));
    }
    out
}

fn text(of: &Value) -> String {
    let own = of["description"].as_str().unwrap_or_default();
    own.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|own| own.to_lowercase().to_string());
    let is_word = text.chars().nth(1).is_some_and(char::is_lowercase);
    match first {
        Some(first) if is_word => first + characters.as_str(),
        _ => text.to_owned(),
    }
}

fn forms(of: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["anyOf", "oneOf"].map(|key| of[key].as_array());
    lists.into_iter().flatten().flatten()
}

/// Says what a value may be.
fn takes(of: &Value) -> String {
    if let Some(path) = of["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap_or(path);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let kinds: Vec<&str> = match (of["type"].as_str(), of["type"].as_array()) {
        (Some(kind), _) => vec![kind],
        (None, Some(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        (None, None) => {
            let forms: Vec<String> = forms(of)
                .filter(|own| own["type"] != "null")
                .map(takes)
                .collect();
            return forms.join(" or ");
        }
    };
    let kind = kinds.into_iter().find(|kind| *kind != "null");
    match kind {
        Some("array") => format!("list of {}", takes(&of["items"])),
        Some("object") if of.get("additionalProperties").is_some() => {
            format!("map of names to {}", takes(&of["additionalProperties"]))
        }
        Some("string") => "text".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "integer".to_owned(),
        other => other.unwrap_or("anything").to_owned(),
    }
}
