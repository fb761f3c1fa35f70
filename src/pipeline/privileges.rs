//! Whether the applier may do what a plan does, asked before its first step.

use super::{Live, PipelineError, Project, live};
use crate::catalog::{self, Connection};
use crate::model::{Expression, Model, Name, Server};
use crate::plan::needs::{Need, needs};
use crate::plan::{Act, Plan};
use crate::sql::Sql;

/// A privilege that the applier lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// What needs it.
    pub why: String,
    /// The statement that gives it.
    pub grant: String,
}

/// Asks whether the role may carry a plan out, as `apply` does before its first step.
///
/// # Errors
/// Fails with what it lacks, and when the server cannot be asked.
pub async fn may_apply(project: &Project, plan: &Plan) -> Result<(), PipelineError> {
    let Live {
        mut connection,
        read,
        history,
    } = live(project).await?;
    check(
        &mut connection,
        plan,
        &read.model,
        &read.server,
        history.installed,
    )
    .await
}

/// Refuses a plan whose steps the role may not carry out.
pub(super) async fn check(
    connection: &mut Connection,
    plan: &Plan,
    before: &Model<Expression>,
    server: &Server,
    journal_is_there: bool,
) -> Result<(), PipelineError> {
    let mut needs = needs(&plan.decision, before);
    let first = plan
        .decision
        .stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .next();
    if let (false, Some(step)) = (journal_is_there, first) {
        needs
            .entry(Need::CreateInDatabase)
            .or_insert_with(|| step.address.clone());
    }
    let asked: Vec<catalog::Asked> = needs.keys().map(question).collect();
    let held = catalog::held(connection, &asked).await?;
    let (role, database) = (Name::new(&server.role), Name::new(&server.database));
    let lacking: Vec<Lacking> = needs
        .iter()
        .zip(held)
        .filter(|(_, held)| !held)
        .map(|((need, by), _)| Lacking {
            why: because(
                need,
                by.target()
                    .map_or_else(|| by.clone(), |own| own.lists_privileges())
                    .to_string(),
            ),
            grant: need.grant(&role, &database).to_string(),
        })
        .collect();
    let mut lacking = lacking;
    if fills_without_triggers(plan) && !catalog::may_rest_triggers(connection).await? {
        let setting = Name::new("session_replication_role");
        let grant = Sql::new("GRANT SET ON PARAMETER").name(&setting).push("TO");
        lacking.push(Lacking {
            why: "backfill.triggers: skip lets triggers rest while rows are filled; before PostgreSQL 15 only a superuser may".to_owned(),
            grant: grant.name(&role).to_string(),
        });
    }
    if lacking.is_empty() {
        Ok(())
    } else {
        Err(PipelineError::Lacking {
            role: server.role.clone(),
            lacking,
        })
    }
}

fn fills_without_triggers(plan: &Plan) -> bool {
    let mut steps = plan.decision.stages.iter().flat_map(|stage| &stage.steps);
    steps.any(|step| matches!(&step.does, Act::Backfill(own) if own.skips_triggers))
}

/// Spells what the server is asked.
fn question(need: &Need) -> catalog::Asked {
    let (kind, schema, name) = match need {
        Need::Member(role) => ("member", None, role.as_str().to_owned()),
        Need::Use(schema) => ("use", Some(schema), String::new()),
        Need::CreateRole => ("createrole", None, String::new()),
        Need::Role(role) => ("role", None, role.as_str().to_owned()),
        Need::CreateIn(schema) => ("create_in", Some(schema), String::new()),
        Need::CreateInDatabase => ("create_in_database", None, String::new()),
        Need::References(table) => (
            "references",
            Some(table),
            Sql::empty().path(table).to_string(),
        ),
        Need::Select(relation) => (
            "select",
            Some(relation),
            Sql::empty().path(relation).to_string(),
        ),
        Need::Execute(function) => (
            "execute",
            Some(function),
            Sql::empty().routine(function).to_string(),
        ),
        Need::Tablespace(name) => ("tablespace", None, name.as_str().to_owned()),
        Need::UseServer(server) => ("server", None, server.name().as_str().to_owned()),
        Need::Superuser => ("superuser", None, String::new()),
        Need::Extension(extension) => ("extension", None, extension.name().as_str().to_owned()),
    };
    let schema = schema.map(|own| own.schema_name().as_str().to_owned());
    (kind, schema.unwrap_or_default(), name)
}

fn because(need: &Need, by: String) -> String {
    match need {
        Need::Member(owner) => format!("{by} is changed, which belongs to {owner}"),
        Need::Use(schema) => format!("{by} lies in {schema}"),
        Need::CreateRole => format!("{by} is made or changed"),
        Need::Role(role) => format!("there is no role {role}, which is named for {by}"),
        Need::CreateIn(schema) => format!("{by} is made or named in {schema}"),
        Need::CreateInDatabase => format!("a schema is made: for {by}, or for the journal"),
        Need::References(table) => format!("{by} refers to {table}"),
        Need::Select(relation) => format!("{by} is filled from {relation}"),
        Need::Tablespace(name) => {
            format!(
                "{by} is to lie in the tablespace {name}, which is not there or not open to the role"
            )
        }
        Need::Execute(own) | Need::UseServer(own) => format!("the plan leans on {own}"),
        Need::Superuser if by.starts_with("role ") => {
            format!("only a superuser makes one, or takes that away: {by}")
        }
        Need::Superuser if by.starts_with("published schema") => {
            format!("only a superuser publishes whatever lies in a schema: {by}")
        }
        Need::Superuser => format!(
            "the functions that make the values of {by} get another name or schema with it, and belong to a superuser whoever made it"
        ),
        Need::Extension(extension) => {
            format!("{extension} is not trusted: a superuser has to make it")
        }
    }
}
