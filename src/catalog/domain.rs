//! Domains and their constraints.

use sqlx::PgConnection;

use super::rows::{get, name, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Domain, DomainCheck, Expression, Kind, Name, Object, Validity};

pub(super) async fn domains(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("domain.sql"))
        .fetch_all(&mut *connection)
        .await?
    {
        let address = Address::new(Kind::Domain, [name(&row, "schema")?, name(&row, "name")?]);
        let own = oid(&row)?;
        into.addresses
            .insert((own.0, get(&row, "array_objid")?, 0), address.clone());
        let collation: [Option<&str>; 2] =
            [get(&row, "collation_schema")?, get(&row, "collation_name")?];
        let default: Option<&str> = get(&row, "expression")?;
        let domain = Domain {
            type_name: Expression::new(get::<&str>(&row, "type_name")?),
            collation: collation
                .into_iter()
                .map(|own| own.map(Name::new))
                .collect(),
            default: default.map(Expression::new),
            not_null: get(&row, "not_null")?,
        };
        into.put(own, address, Object::Domain(domain));
    }
    for row in sqlx::query(include_str!("domain_check.sql"))
        .fetch_all(connection)
        .await?
    {
        let path = [name(&row, "schema")?, name(&row, "domain")?];
        let domain = Address::new(Kind::Domain, path);
        // That of an extension is its own.
        if !into.model.objects.contains_key(&domain) {
            continue;
        }
        if get::<&str>(&row, "type")? == "n" {
            into.addresses.insert(oid(&row)?, domain);
            continue;
        }
        let check = DomainCheck {
            expression: Expression::new(get::<&str>(&row, "expression")?),
            validity: Validity::from_flag(get(&row, "validated")?),
        };
        let address = domain.part(Kind::DomainCheck, &name(&row, "name")?);
        into.put(oid(&row)?, address, Object::DomainCheck(check));
    }
    Ok(())
}
