//! The commands of the small kinds.

use crate::model::{
    Address, Clause, Defined, Definition, DefinitionAlteration, EVERYBODY, Expression, Kind,
    NO_OPERAND, Name, Options, Said,
};
use crate::sql::Sql;

use super::role;
use super::statement::Statement;

fn defined(address: &Address) -> Defined {
    let Kind::Defined(own) = address.kind() else {
        unreachable!("{address} is of no small kind");
    };
    own
}

pub(super) fn head(verb: &'static str, address: &Address) -> Sql {
    named(Sql::new(verb).push(defined(address).command()), address)
}

/// Names an object as the commands that change it do.
pub(super) fn named(sql: Sql, address: &Address) -> Sql {
    let types = types_of(address.arguments());
    match (defined(address), types.as_slice()) {
        (Defined::Cast, [source, target]) => {
            let sql = sql.push("(").glue("").join(source);
            sql.push("AS").join(target).glue(")")
        }
        (Defined::Operator, types) => {
            let sql = sql.operator(address.path()).push("(");
            sql.glue("").separated(types, ", ").glue(")")
        }
        (Defined::UserMapping, [_]) => {
            let user = &address.arguments()[0];
            let sql = sql.push("FOR");
            let sql = if user.as_str() == EVERYBODY {
                sql.push(EVERYBODY)
            } else {
                sql.name(&Name::unquoted(user.as_str()))
            };
            sql.push("SERVER").name(address.name())
        }
        (Defined::OperatorFamily | Defined::OperatorClass, [_]) => {
            let sql = sql.whole_path(address).push("USING");
            sql.name(&address.arguments()[0])
        }
        _ => sql.whole_path(address),
    }
}

/// Types as a server, or a person, spelled them.
fn types_of(all: &[Name]) -> Vec<Sql> {
    let text = |own: &Name| Sql::empty().verbatim(&Expression::new(own.as_str()));
    all.iter().map(text).collect()
}

/// <https://www.postgresql.org/docs/current/sql-createrole.html>,
/// <https://www.postgresql.org/docs/current/sql-createconversion.html>,
/// <https://www.postgresql.org/docs/current/sql-createtsconfig.html>,
/// <https://www.postgresql.org/docs/current/sql-createforeigndatawrapper.html>,
/// <https://www.postgresql.org/docs/current/sql-createserver.html>,
/// <https://www.postgresql.org/docs/current/sql-createstatistics.html>,
/// <https://www.postgresql.org/docs/current/sql-createusermapping.html>
pub(crate) fn create(address: &Address, own: &Definition) -> Statement {
    let text = |clause| match own.says(clause) {
        Some(Said::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let path = |clause| match own.says(clause) {
        Some(Said::Path(path)) => path.as_slice(),
        _ => &[],
    };
    let sql = match own.kind {
        Defined::Conversion => {
            let verb = match own.says(Clause::Default) {
                Some(_) => "CREATE DEFAULT",
                None => "CREATE",
            };
            head(verb, address)
                .push("FOR")
                .literal_or_null(text(Clause::From))
                .push("TO")
                .literal_or_null(text(Clause::To))
                .push("FROM")
                .names_dotted(path(Clause::Function))
        }
        Defined::TextSearchParser
        | Defined::TextSearchTemplate
        | Defined::TextSearchDictionary
        | Defined::TextSearchConfiguration => {
            let mut all = Vec::new();
            for has in own.kind.clauses() {
                match own.says(has.clause) {
                    Some(Said::Path(path)) => {
                        all.push(Sql::new(keyword(has.clause)).push("=").names_dotted(path));
                    }
                    Some(Said::Options(pairs)) => {
                        all.extend(pairs.0.iter().map(|(name, value)| option(name, value)))
                    }
                    _ => {}
                }
            }
            let sql = head("CREATE", address).push("(").glue("");
            sql.separated(&all, ", ").glue(")")
        }
        Defined::Operator => operator(address, own),
        Defined::OperatorFamily => head("CREATE", address),
        Defined::OperatorClass => {
            let mut sql = Sql::new("CREATE OPERATOR CLASS").whole_path(address);
            if own.says(Clause::Default).is_some() {
                sql = sql.push("DEFAULT");
            }
            let said = |clause| Expression::new(text(clause).unwrap_or_default());
            let sql = sql.push("FOR TYPE").verbatim(&said(Clause::Type));
            let method = address.arguments().iter();
            let sql = method.fold(sql.push("USING"), Sql::name);
            let sql = sql.push("FAMILY").names_dotted(path(Clause::Family));
            let mut all = members(own.says(Clause::As));
            if let Some(Said::Text(storage)) = own.says(Clause::Storage) {
                all.push(Sql::new("STORAGE").verbatim(&Expression::new(storage.as_str())));
            }
            // One whose members are all its family's lists something all the same.
            if all.is_empty() {
                all.push(Sql::new("STORAGE").verbatim(&said(Clause::Type)));
            }
            sql.push("AS").separated(&all, ", ")
        }
        Defined::Cast => {
            let sql = head("CREATE", address);
            let sql = match (own.says(Clause::Function), own.says(Clause::Inout)) {
                (Some(Said::Routine(path, types)), _) => {
                    let types = types_of(types);
                    let sql = sql.push("WITH FUNCTION").names_dotted(path).push("(");
                    sql.glue("").separated(&types, ", ").glue(")")
                }
                (_, Some(_)) => sql.push("WITH INOUT"),
                _ => sql.push("WITHOUT FUNCTION"),
            };
            match text(Clause::Context) {
                Some("assignment") => sql.push("AS ASSIGNMENT"),
                Some(_) => sql.push("AS IMPLICIT"),
                None => sql,
            }
        }
        Defined::EventTrigger => {
            let event = Name::new(text(Clause::On).unwrap_or_default());
            let mut sql = head("CREATE", address).push("ON").name(&event);
            if let Some(Said::Texts(tags)) = own.says(Clause::Tags) {
                let tags: Vec<Sql> = tags.iter().map(|own| Sql::empty().literal(own)).collect();
                sql = sql
                    .push("WHEN TAG IN (")
                    .glue("")
                    .separated(&tags, ", ")
                    .glue(")");
            }
            let sql = sql
                .push("EXECUTE FUNCTION")
                .names_dotted(path(Clause::Function));
            sql.glue("()")
        }
        Defined::ForeignDataWrapper => {
            let mut sql = head("CREATE", address);
            for clause in [Clause::Handler, Clause::Validator] {
                if let Some(Said::Path(path)) = own.says(clause) {
                    sql = sql.push(keyword(clause)).names_dotted(path);
                }
            }
            options(sql, None, pairs(own.says(Clause::Options)))
        }
        Defined::AccessMethod => {
            let words = match text(Clause::Type) {
                Some("index") => "TYPE INDEX HANDLER",
                _ => "TYPE TABLE HANDLER",
            };
            head("CREATE", address)
                .push(words)
                .names_dotted(path(Clause::Handler))
        }
        Defined::Publication => {
            let sql = head("CREATE", address);
            let sql = match own.says(Clause::AllTables) {
                Some(_) => sql.push("FOR ALL TABLES"),
                None => sql,
            };
            let said = own.clauses.iter();
            let said = said.filter_map(|(clause, said)| published(*clause, Some(said)));
            let all: Vec<Sql> = said.collect();
            if all.is_empty() {
                sql
            } else {
                sql.push("WITH (").glue("").separated(&all, ", ").glue(")")
            }
        }
        Defined::UserMapping => options(
            head("CREATE", address),
            None,
            pairs(own.says(Clause::Options)),
        ),
        Defined::Statistics => {
            let mut sql = head("CREATE", address);
            if let Some(Said::Texts(kinds)) = own.says(Clause::Kinds) {
                let kinds: Vec<Sql> = kinds
                    .iter()
                    .map(|own| Sql::empty().name(&Name::new(own)))
                    .collect();
                sql = sql.push("(").glue("").separated(&kinds, ", ").glue(")");
            }
            let all: &[String] = match own.says(Clause::Columns) {
                Some(Said::Texts(texts)) => texts,
                _ => &[],
            };
            let one = |text: &String| {
                let is_word = |text: &str| {
                    text.chars()
                        .all(|c| c.is_alphanumeric() || c == '_' || c == '$')
                };
                let quoted = text.strip_prefix('"').and_then(|own| own.strip_suffix('"'));
                let is_quoted = quoted.is_some_and(|own| !own.replace("\"\"", "").contains('"'));
                let is_column = is_quoted || is_word(text);
                let text = Expression::new(text.as_str());
                if is_column {
                    Sql::empty().verbatim(&text)
                } else {
                    Sql::empty().expression(&text)
                }
            };
            let all: Vec<Sql> = all.iter().map(one).collect();
            sql.push("ON")
                .separated(&all, ", ")
                .push("FROM")
                .names_dotted(path(Clause::Table))
        }
        Defined::Server => {
            let mut sql = head("CREATE", address);
            for clause in [Clause::Type, Clause::Version] {
                if let Some(text) = text(clause) {
                    sql = sql.push(keyword(clause)).literal(text);
                }
            }
            let sql = sql
                .push("FOREIGN DATA WRAPPER")
                .names_dotted(path(Clause::Wrapper));
            options(sql, None, pairs(own.says(Clause::Options)))
        }
        Defined::Role => {
            let said = own.clauses.iter();
            said.fold(head("CREATE", address), |sql, (clause, said)| {
                role::attribute(sql, *clause, Some(said))
            })
        }
    };
    let statement = Statement {
        lookup: own.lookup.clone(),
        ..Statement::catalog(sql)
    };
    if own.kind == Defined::UserMapping {
        let users: Vec<Name> = address.mapped_users().collect();
        statement.naming(users.iter())
    } else {
        statement
    }
}

/// What a publication tells of what happens, as its commands take it.
fn published(clause: Clause, said: Option<&Said>) -> Option<Sql> {
    if clause == Clause::Publish {
        let all = ["insert", "update", "delete", "truncate"];
        let named = match said {
            Some(Said::Texts(texts)) => texts.join(", "),
            _ => all.join(", "),
        };
        return Some(Sql::new("publish =").literal(&named));
    }
    let (word, values) = if clause == Clause::ViaRoot {
        ("publish_via_partition_root =", ["true", "false"])
    } else if clause == Clause::Generated {
        ("publish_generated_columns =", ["stored", "none"])
    } else {
        return None;
    };
    Some(Sql::new(word).push(if said.is_some() { values[0] } else { values[1] }))
}

/// Operators and functions of a class or family, as the command lists them.
fn members(said: Option<&Said>) -> Vec<Sql> {
    let texts: &[String] = match said {
        Some(Said::Texts(texts)) => texts,
        _ => &[],
    };
    let one = |own: &String| Sql::empty().verbatim(&Expression::new(own.as_str()));
    texts.iter().map(one).collect()
}

/// <https://www.postgresql.org/docs/current/sql-createoperator.html>
fn operator(address: &Address, own: &Definition) -> Sql {
    let mut all = Vec::new();
    for has in own.kind.clauses() {
        let word = Sql::new(keyword(has.clause));
        match (has.clause, own.says(has.clause)) {
            (Clause::Commutator | Clause::Negator, Some(Said::Path(path))) => {
                let word = word.push("= OPERATOR(").glue("");
                all.push(word.operator(path).glue(")"));
            }
            (_, Some(Said::Path(path))) => all.push(word.push("=").names_dotted(path)),
            (_, Some(_)) => all.push(word),
            (_, None) => {}
        }
        if has.clause == Clause::Function {
            let words = ["LEFTARG =", "RIGHTARG ="]
                .into_iter()
                .zip(address.arguments());
            let there = words.filter(|(_, own)| own.as_str() != NO_OPERAND);
            all.extend(
                there.map(|(word, own)| Sql::new(word).verbatim(&Expression::new(own.as_str()))),
            );
        }
    }
    let sql = Sql::new("CREATE OPERATOR")
        .operator(address.path())
        .push("(");
    sql.glue("").separated(&all, ", ").glue(")")
}

/// The word of a clause in the commands, where it has one.
fn keyword(clause: Clause) -> &'static str {
    match clause {
        Clause::Start => "START",
        Clause::Gettoken => "GETTOKEN",
        Clause::End => "END",
        Clause::Lextypes => "LEXTYPES",
        Clause::Headline => "HEADLINE",
        Clause::Init => "INIT",
        Clause::Lexize => "LEXIZE",
        Clause::Template => "TEMPLATE",
        Clause::Parser => "PARSER",
        Clause::Handler => "HANDLER",
        Clause::Validator => "VALIDATOR",
        Clause::Type => "TYPE",
        Clause::Version => "VERSION",
        Clause::Function => "FUNCTION",
        Clause::Commutator => "COMMUTATOR",
        Clause::Negator => "NEGATOR",
        Clause::Restrict => "RESTRICT",
        Clause::Join => "JOIN",
        Clause::Hashes => "HASHES",
        Clause::Merges => "MERGES",
        Clause::From
        | Clause::To
        | Clause::Default
        | Clause::Mappings
        | Clause::Wrapper
        | Clause::Inout
        | Clause::Context
        | Clause::On
        | Clause::Tags
        | Clause::Enabled
        | Clause::Family
        | Clause::Storage
        | Clause::As
        | Clause::Table
        | Clause::Kinds
        | Clause::Columns
        | Clause::Target
        | Clause::AllTables
        | Clause::Publish
        | Clause::ViaRoot
        | Clause::Generated
        | Clause::Superuser
        | Clause::Createdb
        | Clause::Createrole
        | Clause::Login
        | Clause::NoInherit
        | Clause::Replication
        | Clause::BypassRls
        | Clause::ConnectionLimit
        | Clause::ValidUntil
        | Clause::Settings
        | Clause::MemberOf
        | Clause::Options => unreachable!("{} is written in another way", clause.word()),
    }
}

/// Returns the options that a clause says.
fn pairs(said: Option<&Said>) -> Option<&Options> {
    match said {
        Some(Said::Options(pairs)) => Some(pairs),
        _ => None,
    }
}

/// An option of a dictionary; the server tells a number from a text.
fn option(name: &Name, value: &str) -> Sql {
    Sql::empty().name(name).push("=").literal_number(value)
}

/// Appends what gives the options `to` to something that has `from`.
pub(super) fn options(sql: Sql, from: Option<&Options>, to: Option<&Options>) -> Sql {
    let [from_pairs, to_pairs] = [from, to].map(|own| own.map_or(&[][..], |own| &own.0));
    let mut all = Vec::new();
    for (name, _) in from_pairs {
        if !to_pairs.iter().any(|(own, _)| own == name) {
            all.push(Sql::new("DROP").name(name));
        }
    }
    for (name, value) in to_pairs {
        let verb = match from_pairs.iter().find(|(own, _)| own == name) {
            Some((_, held)) if held == value => continue,
            Some(_) => Sql::new("SET"),
            None if from.is_some() => Sql::new("ADD"),
            None => Sql::empty(),
        };
        all.push(verb.name(name).literal(value));
    }
    if all.is_empty() {
        return sql;
    }
    sql.push("OPTIONS (")
        .glue("")
        .separated(&all, ", ")
        .glue(")")
}

/// <https://www.postgresql.org/docs/current/sql-altertsdictionary.html>,
/// <https://www.postgresql.org/docs/current/sql-altertsconfig.html>,
/// <https://www.postgresql.org/docs/current/sql-alterforeigndatawrapper.html>,
/// <https://www.postgresql.org/docs/current/sql-alterserver.html>
pub(crate) fn alter(
    address: &Address,
    alteration: &DefinitionAlteration,
    lookup: &[Name],
) -> Option<Statement> {
    let sql = head("ALTER", address);
    let sql = match alteration {
        DefinitionAlteration::Another(_) => return None,
        DefinitionAlteration::Entry {
            clause,
            name,
            from,
            to,
        } => {
            let values = [from, to].map(|own| own.as_deref());
            return Some(role::entry(address, *clause, name, values));
        }
        DefinitionAlteration::Clause { clause, to, .. } if defined(address) == Defined::Role => {
            role::attribute(sql, *clause, to.as_ref())
        }
        DefinitionAlteration::Mapping { name, stands, to } => {
            let paths: Vec<Sql> = to
                .iter()
                .map(|own| Sql::empty().names_dotted(own))
                .collect();
            let verb = match (stands, to.is_empty()) {
                (_, true) => "DROP MAPPING FOR",
                (true, false) => "ALTER MAPPING FOR",
                (false, false) => "ADD MAPPING FOR",
            };
            let sql = sql.push(verb).name(name);
            if to.is_empty() {
                sql
            } else {
                sql.push("WITH").separated(&paths, ", ")
            }
        }
        DefinitionAlteration::Clause { clause, from, to } => match (clause, to) {
            // A dictionary forgets an option that is named without a value.
            (Clause::Options, _) if defined(address) == Defined::TextSearchDictionary => {
                let none = Options::default();
                let [from, to] = [from, to].map(|own| pairs(own.as_ref()).unwrap_or(&none));
                let gone = from.0.iter().filter(|(name, _)| to.get(name).is_none());
                let new = to.0.iter().filter(|pair| !from.0.contains(*pair));
                let mut all: Vec<Sql> = gone.map(|(name, _)| Sql::empty().name(name)).collect();
                all.extend(new.map(|(name, value)| option(name, value)));
                sql.push("(").glue("").separated(&all, ", ").glue(")")
            }
            (Clause::Options, _) => {
                let none = Options::default();
                let from = pairs(from.as_ref()).unwrap_or(&none);
                options(sql, Some(from), pairs(to.as_ref()))
            }
            (Clause::Enabled, to) => sql.push(match to {
                Some(Said::Text(word)) if word == "disabled" => "DISABLE",
                Some(Said::Text(word)) if word == "replica" => "ENABLE REPLICA",
                Some(_) => "ENABLE ALWAYS",
                None => "ENABLE",
            }),
            (Clause::Restrict | Clause::Join, to) => {
                let sql = sql.push("SET (").glue("").push(if *clause == Clause::Join {
                    "JOIN ="
                } else {
                    "RESTRICT ="
                });
                match to {
                    Some(Said::Path(path)) => sql.names_dotted(path).glue(")"),
                    _ => sql.push("NONE)"),
                }
            }
            (Clause::Target, to) => match to {
                Some(Said::Text(target)) => sql.push("SET STATISTICS").literal_number(target),
                _ => sql.push("SET STATISTICS -1"),
            },
            (Clause::Publish | Clause::ViaRoot | Clause::Generated, to) => {
                let own = published(*clause, to.as_ref()).unwrap_or_else(Sql::empty);
                sql.push("SET (").glue("").join(&own).glue(")")
            }
            (Clause::As, to) => sql.push("ADD").separated(&members(to.as_ref()), ", "),
            (Clause::Version, None) => sql.push("VERSION NULL"),
            (Clause::Handler, None) => sql.push("NO HANDLER"),
            (Clause::Validator, None) => sql.push("NO VALIDATOR"),
            (clause, Some(Said::Path(path))) => sql.push(keyword(*clause)).names_dotted(path),
            (clause, Some(Said::Text(text))) => sql.push(keyword(*clause)).literal(text),
            (clause, _) => unreachable!("{} is not changed in place", clause.word()),
        },
    };
    Some(Statement {
        lookup: lookup.to_vec(),
        ..Statement::catalog(sql)
    })
}

/// <https://www.postgresql.org/docs/current/sql-dropconversion.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(head("DROP", address))
}

/// <https://www.postgresql.org/docs/current/sql-alterconversion.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    Statement::catalog(head("ALTER", address).push("RENAME TO").name(to))
}

/// <https://www.postgresql.org/docs/current/sql-alterconversion.html> (SET SCHEMA)
pub(crate) fn set_schema(address: &Address, to: &Name) -> Statement {
    Statement::catalog(head("ALTER", address).push("SET SCHEMA").name(to))
}
