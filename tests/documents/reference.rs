//! The reference of the YAML format, made from its JSON Schema.

use serde_json::{Map, Value};

const HEAD: &str = "# The YAML format

A file holds one document or several, divided by `---`. Each says in which schema its unqualified names are, and files merge: a
name that is declared twice is an error with both places. Keys that may be left out are not marked; **required** ones are.
`reconcile json-schema` prints the schema for editors: begin a file with `# yaml-language-server: $schema=…/reconcile.schema.json`.

A page for each family says what becomes of it, with examples that a test applies, and lists every key:

";

/// What stands above the tables that are made.
const MADE: &str = "<!-- What follows is made from schema/reconcile.schema.json by `just update-documents`; a test holds it current. -->";

/// The pages below `docs/yaml`, each with its title and the definitions that it lists.
pub(super) const PAGES: [(&str, &str, &[&str]); 10] = [
    (
        "schemas.md",
        "Schemas, extensions and privileges",
        &[
            "Schema",
            "Extension",
            "PrivilegeForm",
            "Privilege",
            "DefaultPrivileges",
            "DefaultPrivilegesInSchema",
            "Role",
            "Reference",
            "Scalar",
        ],
    ),
    (
        "types.md",
        "Types and collations",
        &[
            "EnumForm",
            "Enum",
            "EnumValue",
            "RenamedValue",
            "DomainForm",
            "Domain",
            "DomainCheckForm",
            "DomainCheck",
            "Composite",
            "AttributeForm",
            "Attribute",
            "RangeForm",
            "Range",
            "Collation",
            "Provider",
        ],
    ),
    (
        "routines.md",
        "Functions, procedures, aggregates, event triggers",
        &[
            "Function",
            "Volatility",
            "Parallel",
            "Procedure",
            "Aggregate",
            "FinalModify",
            "EventTrigger",
            "EventTriggerEnabled",
        ],
    ),
    (
        "tables.md",
        "Tables, statistics and sequences",
        &[
            "Table",
            "ColumnForm",
            "Column",
            "NotNullForm",
            "NotNull",
            "IdentityForm",
            "Generated",
            "Identity",
            "Storage",
            "Compression",
            "PrimaryKeyForm",
            "PrimaryKey",
            "Deferrable",
            "UniqueForm",
            "Unique",
            "Exclusion",
            "ForeignKey",
            "Match",
            "Action",
            "CheckForm",
            "Check",
            "IndexForm",
            "Index",
            "Trigger",
            "Event",
            "ForEach",
            "Rule",
            "RuleEvent",
            "Policy",
            "PolicyKind",
            "PolicyCommand",
            "Roles",
            "ReplicaIdentityForm",
            "ReplicaIdentity",
            "ReplicaIndex",
            "Statistics",
            "StatisticsKind",
            "Sequence",
        ],
    ),
    (
        "partitions.md",
        "Partitions and inheritance",
        &[
            "PartitionsForm",
            "Unmanaged",
            "PartitionForm",
            "Partition",
            "NotNullNamesForm",
            "Own",
            "InheritsForm",
        ],
    ),
    (
        "views.md",
        "Views and materialized views",
        &[
            "ViewForm",
            "View",
            "CheckOption",
            "ViewColumn",
            "MaterializedViewForm",
            "MaterializedView",
            "MaterializedViewColumn",
        ],
    ),
    (
        "text-search.md",
        "Text search",
        &[
            "TextSearchParser",
            "TextSearchTemplate",
            "TextSearchDictionary",
            "TextSearchConfiguration",
            "DictionariesForm",
        ],
    ),
    (
        "foreign-data.md",
        "Foreign data",
        &["ForeignDataWrapper", "Server", "UserMapping", "Foreign"],
    ),
    (
        "operators.md",
        "Operators, casts, conversions, access methods",
        &[
            "Operator",
            "OperatorFamily",
            "OperatorClass",
            "Cast",
            "CastContext",
            "Conversion",
            "AccessMethod",
            "AccessMethodType",
        ],
    ),
    (
        "publications.md",
        "Publications",
        &["Publication", "PublishedTable", "PublishedColumns"],
    ),
];

/// Writes the first page: what a document holds, and the pages.
pub(super) fn first(schema: &Value) -> String {
    let pages = PAGES.map(|(page, title, _)| format!("- [{title}](yaml/{page})\n"));
    let keys = keys(schema, None);
    [
        HEAD,
        &pages.concat(),
        "\n",
        MADE,
        "\n\n## A document\n\n",
        &keys,
    ]
    .concat()
}

/// Writes a page anew, below what a person wrote.
pub(super) fn page(schema: &Value, page: &str, names: &[&str], text_of_page: &str) -> String {
    let written = text_of_page.split(MADE).next().unwrap_or_default();
    let mut out = [written.trim_end(), "\n\n", MADE, "\n"].concat();
    for name in names {
        let definition = &schema["$defs"][name];
        out.push_str(&format!("\n## {name}\n\n{}\n\n", text(definition)));
        if definition.get("properties").is_some() {
            out.push_str(&keys(definition, Some(page)));
        } else {
            for form in forms(definition) {
                let word = match form.get("const").and_then(Value::as_str) {
                    Some(word) => format!("`{word}`"),
                    None => takes(form, Some(page)),
                };
                out.push_str(&format!("- {word}: {}\n", lower(&text(form))));
            }
        }
    }
    out
}

/// Returns the definitions that stand on no page, or on several.
pub(super) fn misplaced(schema: &Value) -> Vec<String> {
    let definitions = schema["$defs"].as_object().cloned().unwrap_or_default();
    let named = || PAGES.iter().flat_map(|(_, _, names)| names.iter());
    let known = definitions.keys().map(String::as_str);
    let unknown = named()
        .filter(|own| !definitions.contains_key(**own))
        .copied();
    known
        .filter(|name| named().filter(|own| *own == name).count() != 1)
        .chain(unknown)
        .map(str::to_owned)
        .collect()
}

/// Says where a definition is, as seen from a page, or from the first one.
fn place(name: &str, seen_from: Option<&str>) -> String {
    let page = PAGES.iter().find(|(_, _, names)| names.contains(&name));
    let anchor = name.to_lowercase();
    match (page, seen_from) {
        (Some((page, _, _)), Some(from)) if *page == from => format!("#{anchor}"),
        (Some((page, _, _)), Some(_)) => format!("{page}#{anchor}"),
        (Some((page, _, _)), None) => format!("yaml/{page}#{anchor}"),
        (None, _) => format!("#{anchor}"),
    }
}

fn keys(of: &Value, seen_from: Option<&str>) -> String {
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
            takes(own, seen_from),
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
fn takes(of: &Value, seen_from: Option<&str>) -> String {
    if let Some(path) = of["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap_or(path);
        return format!("[{name}]({})", place(name, seen_from));
    }
    let kinds: Vec<&str> = match (of["type"].as_str(), of["type"].as_array()) {
        (Some(kind), _) => vec![kind],
        (None, Some(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        (None, None) => {
            let forms: Vec<String> = forms(of)
                .filter(|own| own["type"] != "null")
                .map(|own| takes(own, seen_from))
                .collect();
            return forms.join(" or ");
        }
    };
    let kind = kinds.into_iter().find(|kind| *kind != "null");
    match kind {
        Some("array") => format!("list of {}", takes(&of["items"], seen_from)),
        Some("object") if of.get("additionalProperties").is_some() => {
            format!(
                "map of names to {}",
                takes(&of["additionalProperties"], seen_from)
            )
        }
        Some("string") => "text".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "integer".to_owned(),
        other => other.unwrap_or("anything").to_owned(),
    }
}
