//! What the YAML reader says of mistakes, what it refuses to expand, and that what is written is read again.

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reconcile::desired;
use reconcile::model::{
    Address, Body, Check, Column, Comment, Deferrable, Enum, Expression, Function, Grants, Kind,
    Model, Name, Object, Parallel, Persistence, PrimaryKey, Schema, Table, Text as _, Validity,
    View, Volatility,
};

/// How privileges are written.
fn any() -> desired::Access {
    desired::Access {
        major: 18,
        role: Name::new("reader"),
        owners: false,
        grants: Grants::Listed,
    }
}

use crate::support::same;
use crate::support::tool::{Tool, root};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "desired::seventeen_mistakes_in_one_file",
            seventeen_mistakes,
        ),
        Trial::test("desired::an_alias_bomb_is_an_error_at_once", alias_bomb),
        Trial::test("desired::names_and_bodies_round_trip", round_trip),
    ]
}

/// The diagnostics of `tests/desired/faults.yaml`, as a person sees them. `RECONCILE_UPDATE_CASES=1` writes them anew.
fn seventeen_mistakes() -> Result<(), Failed> {
    let tool = Tool::alone();
    let folder = root().join("tests/desired");
    let text = std::fs::read_to_string(folder.join("faults.yaml")).unwrap();
    tool.write("schema/faults.yaml", &text);
    let outcome = tool.wants(1, &["validate"])?;
    outcome.says("17 faults in the files")?;
    let path = folder.join("faults.txt");
    if std::env::var_os("RECONCILE_UPDATE_CASES").is_some() {
        std::fs::write(&path, &outcome.stderr).unwrap();
    }
    same(
        "the diagnostics",
        &outcome.stderr,
        &std::fs::read_to_string(&path).unwrap_or_default(),
    )
}

fn alias_bomb() -> Result<(), Failed> {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let tool = Tool::alone();
    tool.write("schema/bomb.yaml", &text);
    let begun = Instant::now();
    tool.wants(1, &["validate"])?
        .says("aliases stand for more than 100000 nodes")?;
    if begun.elapsed() > Duration::from_secs(1) {
        return Err(Failed::from(format!("it took {:?}", begun.elapsed())));
    }
    Ok(())
}

/// A name as a catalog could hold it: anything of up to 63 bytes that is not ours.
fn names() -> impl Strategy<Value = Name> {
    let odd = prop_oneof![
        Just("null".to_owned()),
        Just("~".to_owned()),
        Just("<<".to_owned()),
        Just("true".to_owned()),
        Just("1.10".to_owned()),
        Just("- a".to_owned()),
        Just("a: b".to_owned()),
        Just("a #b".to_owned()),
        Just("f(x, y)".to_owned()),
        Just("\"quoted\"".to_owned()),
        Just("*alias &anchor !tag".to_owned()),
        Just("schema".to_owned()),
    ];
    let any = proptest::collection::vec(
        prop_oneof![
            3 => proptest::char::range('a', 'z'),
            1 => proptest::sample::select("\"'`#:,.[]{}()&*!|>%@-?\\ \t\nÄß漢🐘\u{7f}\u{85}\u{a0}\u{feff}".chars().collect::<Vec<_>>()),
        ],
        1..16,
    )
    .prop_map(|characters| characters.into_iter().collect::<String>());
    prop_oneof![1 => odd, 4 => any].prop_map(Name::new)
}

/// A text as a catalog could hold it.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("\n".to_owned()),
        Just(" ".to_owned()),
        Just("\t".to_owned()),
        Just("\r\n".to_owned()),
        Just(" # no comment".to_owned()),
        Just("  indented".to_owned()),
        Just("a: b, [c] {d}".to_owned()),
        Just("'it''s' \"q\" \\n".to_owned()),
        Just("SELECT 1".to_owned()),
        Just("---".to_owned()),
        Just("ß漢🐘\u{85}\u{2028}".to_owned()),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| ["x", &parts.concat()].concat())
}

fn models() -> impl Strategy<Value = Model<Expression>> {
    let names = proptest::collection::btree_set(names(), 8..9)
        .prop_map(|names| names.into_iter().collect::<Vec<_>>())
        .prop_shuffle();
    (names, proptest::collection::vec(texts(), 8..9)).prop_map(|(names, texts)| {
        let mut model = Model::default();
        let schema = names[0].clone();
        let at = |kind, name: &Name| Address::new(kind, [schema.clone(), name.clone()]);
        let mut put = |address: &Address, object: Object<Expression>, comment: Option<&String>| {
            model.objects.insert(address.clone(), object);
            if let Some(text) = comment {
                let text = text.clone();
                let comment = Object::Comment(Comment {
                    text,
                    key: None,
                    on_foreign: false,
                });
                model.objects.insert(Address::comment_on(address), comment);
            }
        };
        put(
            &Address::new(Kind::Schema, [schema.clone()]),
            Object::Schema(Schema {}),
            texts.first(),
        );
        let labels = names.iter().map(|own| own.as_str().to_owned());
        put(
            &at(Kind::Enum, &names[1]),
            Object::Enum(Enum {
                values: labels.collect(),
            }),
            None,
        );
        let table = at(Kind::Table, &names[2]);
        let persistence = Persistence::Unlogged;
        put(
            &table,
            Object::Table(Table::plain(persistence)),
            texts.get(1),
        );
        for name in &names[3..6] {
            let column = Column {
                type_name: Expression::new("numeric(10,2)"),
                collation: Some(names[..2].to_vec()),
                generated: None,
                is_virtual: false,
            };
            put(
                &table.part(Kind::Column, name),
                Object::Column(column),
                texts.get(2),
            );
        }
        let key = PrimaryKey {
            name: Some(names[6].clone()),
            columns: names[3..5].to_vec(),
            include: names[5..6].to_vec(),
            without_overlaps: false,
            deferrable: Deferrable::No,
        };
        put(
            &table.with_kind(Kind::PrimaryKey),
            Object::PrimaryKey(key),
            None,
        );
        let check = Check {
            expression: Expression::new([&texts[3], "x"].concat()),
            validity: Validity::NotValid,
            no_inherit: true,
        };
        put(
            &table.part(Kind::Check, &names[7]),
            Object::Check(check),
            texts.get(4),
        );
        let view = View {
            query: Expression::new([&texts[5], "x"].concat()),
            options: Default::default(),
            columns: Vec::new(),
            defaults: Default::default(),
        };
        put(&at(Kind::View, &names[4]), Object::View(view), None);
        let function = Function {
            arguments: Expression::new(""),
            returns: Some(Expression::new("integer")),
            language: names[6].clone(),
            body: Body::String(texts[6].clone()),
            window: false,
            volatility: Volatility::Stable,
            parallel: Parallel::Safe,
            strict: true,
            security_definer: false,
            leakproof: false,
            cost: None,
            rows: None,
            support: None,
            set: Default::default(),
        };
        let address = Address::function(schema.clone(), names[5].clone(), []);
        put(&address, Object::Function(function), texts.get(7));
        for (position, name) in (1..).zip(&names[3..6]) {
            model
                .position
                .insert(table.part(Kind::Column, name), position);
        }
        model
    })
}

fn round_trip() -> Result<(), Failed> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config = Config {
        cases: 500,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new_with_rng(config, rng).run(&models(), |model| {
        let files: Vec<(String, String)> = desired::write(&model, Default::default(), any())
            .into_iter()
            .map(|file| (file.name, file.text))
            .collect();
        let shown: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
        let shown = shown.join("\n---\n");
        let loaded = desired::declare(&[files])
            .map_err(|faults| TestCaseError::fail(format!("{:?}\n{shown}", faults.faults)))?;
        let written = &loaded.declared.written.objects;
        for (address, object) in &model.objects {
            let Some(found) = written.get(address) else {
                return Err(TestCaseError::fail(format!("{address} is lost:\n{shown}")));
            };
            let found = found.map(&mut |text| Expression::new(text.sql()));
            prop_assert_eq!(object, &found, "{}:\n{}", address, shown);
        }
        Ok(())
    });
    outcome.map_err(|error| Failed::from(error.to_string()))
}
