//! Primary keys, unique constraints, foreign keys, checks, and the NOT NULLs that have names (18 and later).

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::rows::{code, get, name, names, oid};
use super::{CatalogError, Gathering};
use crate::model::{
    Action, Address, Check, Deferrable, Expression, ForeignKey, Kind, Match, NotNull, Object,
    PrimaryKey, Unique, Validity,
};

const ACTIONS: [(&str, Action); 5] = [
    ("a", Action::NoAction),
    ("r", Action::Restrict),
    ("c", Action::Cascade),
    ("n", Action::SetNull),
    ("d", Action::SetDefault),
];

pub(super) async fn constraints(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("constraint.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        if !into.model.objects.contains_key(&table) {
            continue;
        }
        let own_name = name(&row, "name")?;
        let validity = if get(&row, "enforced")? {
            Validity::from_flag(get(&row, "validated")?)
        } else {
            Validity::NotEnforced
        };
        let inherited: bool = get(&row, "inherited")?;
        match get::<&str>(&row, "type")? {
            "u" => {
                let address = table.part(Kind::Unique, &own_name);
                let index: i64 = get(&row, "index_objid")?;
                let index = (get(&row, "index_classid")?, index, 0);
                into.put_index(inherited, index, &address);
                let unique = Unique {
                    columns: names(&row, "columns")?,
                    include: names(&row, "include")?,
                    nulls_not_distinct: get(&row, "nulls_not_distinct")?,
                    without_overlaps: get(&row, "temporal")?,
                    deferrable: deferrable(&row)?,
                };
                into.put_part(inherited, Some(oid(&row)?), address, Object::Unique(unique));
            }
            "f" => {
                let references = [
                    name(&row, "referenced_schema")?,
                    name(&row, "referenced_table")?,
                ];
                let key = ForeignKey {
                    columns: names(&row, "columns")?,
                    references: references.to_vec(),
                    referenced_columns: names(&row, "referenced_columns")?,
                    period: get(&row, "temporal")?,
                    matching: code(
                        &row,
                        "matching",
                        &[("f", Match::Full), ("s", Match::Simple)],
                    )?,
                    on_update: code(&row, "on_update", &ACTIONS)?,
                    on_delete: code(&row, "on_delete", &ACTIONS)?,
                    set_columns: names(&row, "set_columns")?,
                    deferrable: deferrable(&row)?,
                    validity,
                };
                let address = table.part(Kind::ForeignKey, &own_name);
                into.put_part(
                    inherited,
                    Some(oid(&row)?),
                    address,
                    Object::ForeignKey(key),
                );
            }
            "p" => {
                let address = table.with_kind(Kind::PrimaryKey);
                let index: i64 = get(&row, "index_objid")?;
                let index = (get(&row, "index_classid")?, index, 0);
                into.put_index(inherited, index, &address);
                let key = PrimaryKey {
                    name: Some(own_name),
                    columns: names(&row, "columns")?,
                    include: names(&row, "include")?,
                    without_overlaps: get(&row, "temporal")?,
                    deferrable: deferrable(&row)?,
                };
                into.put_part(
                    inherited,
                    Some(oid(&row)?),
                    address,
                    Object::PrimaryKey(key),
                );
            }
            "c" => {
                let check = Check {
                    expression: Expression::new(get::<&str>(&row, "expression")?),
                    validity,
                    no_inherit: get(&row, "no_inherit")?,
                };
                if inherited && get(&row, "own")? {
                    let own = into.model.inherited.entry(table.clone()).or_default();
                    own.own.insert(table.part(Kind::Check, &own_name));
                }
                into.put_part(
                    inherited,
                    Some(oid(&row)?),
                    table.part(Kind::Check, &own_name),
                    Object::Check(check),
                );
            }
            "n" => {
                for column in names(&row, "columns")? {
                    let address = table.part(Kind::NotNull, &column);
                    let not_null = NotNull {
                        name: Some(own_name.clone()),
                        validity,
                        no_inherit: get(&row, "no_inherit")?,
                    };
                    if inherited && get(&row, "own")? {
                        let own = into.model.inherited.entry(table.clone()).or_default();
                        own.own.insert(address.clone());
                    }
                    // One of its own beside the parent's stays with the column.
                    let is_part = inherited || !into.model.objects.contains_key(&address.column());
                    into.put_part(
                        is_part,
                        Some(oid(&row)?),
                        address,
                        Object::NotNull(not_null),
                    );
                }
            }
            other => {
                return Err(CatalogError::UnknownCode {
                    column: "type",
                    code: other.to_owned(),
                });
            }
        }
    }
    Ok(())
}

pub(super) fn deferrable(row: &PgRow) -> Result<Deferrable, CatalogError> {
    Ok(match (get(row, "deferrable")?, get(row, "deferred")?) {
        (false, _) => Deferrable::No,
        (true, false) => Deferrable::Immediate,
        (true, true) => Deferrable::Deferred,
    })
}
