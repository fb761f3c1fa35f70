//! Roles are the whole server's: what files say of them is kept where `manage.roles` says so, and others are left alone.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut all = Vec::new();
    for (&major, absent) in servers::majors() {
        let name = format!("roles::come_change_and_go::{major}");
        let own = trial(name, move || come_change_and_go(major));
        // Memberships are another thing since 16.
        let is_left_out = ![15, 16].contains(&major) && Some(major) != servers::newest();
        all.push(own.with_ignored_flag(absent.is_some() || is_left_out && !servers::everything()));
    }
    let Some(major) = servers::newest() else {
        return all;
    };
    all.push(trial("roles::those_of_others_are_left_alone", move || {
        of_others(major)
    }));
    all.push(trial("roles::one_that_is_needed_stays", move || {
        needed(major)
    }));
    all.push(trial("roles::whoever_may_make_them_does", move || {
        made_by_another(major)
    }));
    all.push(trial("roles::are_pulled", move || pulled(major)));
    all.push(trial("roles::from_one_state_to_another", move || {
        pairs(major)
    }));
    all.push(trial("roles::what_no_server_makes_is_refused", move || {
        refused(major)
    }));
    all.push(trial(
        "roles::managed_from_now_on_and_no_longer",
        move || switched(major),
    ));
    let is_older = major < 16;
    let granted = trial("roles::granted_by_others", move || by_others(major));
    all.push(granted.with_ignored_flag(is_older));
    all
}

const MANAGED: &str = "manage: { roles: true, owners: true }\n";

/// All that the server says of the roles of a test, which begin alike.
async fn there(database: &Database, prefix: &str) -> Result<String, Failed> {
    let sql = format!(
        "SELECT coalesce(string_agg(concat_ws(' ', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
            r.rolbypassrls, r.rolconnlimit, CASE WHEN r.rolvaliduntil < 'infinity' THEN r.rolvaliduntil::text END,
            (SELECT string_agg(s.own, ' ' ORDER BY s.own) FROM pg_db_role_setting d, unnest(d.setconfig) AS s (own) WHERE d.setrole = r.oid),
            (SELECT string_agg(concat_ws(' ', 'in', g.rolname, m.admin_option, to_jsonb(m) ->> 'inherit_option', to_jsonb(m) ->> 'set_option'), ' ' ORDER BY g.rolname)
               FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid),
            shobj_description(r.oid, 'pg_authid')), E'\\n' ORDER BY r.rolname), 'none')
           FROM pg_roles r WHERE starts_with(r.rolname, '{prefix}')"
    );
    database.value(&sql).await
}

/// Every attribute, there and back, with rows of a table that belongs to one of the roles.
async fn come_change_and_go(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let own = format!("r\"{}_", database.name);
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", MANAGED);
    let limited = if major >= 16 {
        "no inherit, no set"
    } else {
        "member"
    };
    let text = |roles: &str| {
        format!(
            "schema: app
roles:
{roles}
schemas: {{ app: {{ owner: '{own} owner' }} }}
tables:
  item:
    owner: '{own} owner'
    columns: {{ id: bigint }}
    grants: {{ '{own} group': [select] }}
    policies: {{ all: {{ for: select, to: ['{own} user'], using: 'id > 0' }} }}
"
        )
    };
    let first = text(&format!(
        "  '{own} owner': {{ comment: \"owns it's schema\" }}
  '{own} group':
  '{own} user': {{ login: true, member_of: {{ '{own} group': member, pg_monitor: admin }}, settings: {{ search_path: 'app,public', TimeZone: UTC }} }}"
    ));
    let second = text(&format!(
        "  '{own} owner': {{ superuser: true, createdb: true, createrole: true, replication: true, bypass_rls: true, connection_limit: 0 }}
  '{own} group': {{ no_inherit: true, valid_until: 2030-01-31, member_of: {{ pg_read_all_stats: '{limited}' }} }}
  '{own} user': {{ no_inherit: true, member_of: {{ '{own} owner': admin, '{own} group': admin, pg_monitor: member }}, settings: {{ search_path: app, work_mem: 8MB }}, comment: two }}"
    ));
    tool.declare("schema: app\n");
    tool.wants(0, &["apply", "--yes"])?;
    let none = there(&database, &own).await?;
    same("before", &none, "none")?;
    tool.declare(&first);
    tool.wants(0, &["plan", "--detailed-exitcode"])
        .err()
        .ok_or("nothing to do")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    database
        .run("INSERT INTO app.item VALUES (1), (2); ANALYZE app.item")
        .await?;
    let one = there(&database, &own).await?;
    tool.declare(&second);
    tool.wants(3, &["apply", "--yes"])?
        .says("privilege_change")?
        .says("What is done about roles was not")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    tool.wants(0, &["drift"])?;
    database
        .run(&format!(
            "ALTER ROLE \"{0} user\" LOGIN; REVOKE pg_monitor FROM \"{0} user\"",
            own.replace('"', "\"\"")
        ))
        .await?;
    tool.wants(2, &["drift"])?
        .says("(login, member_of) outside")?;
    // What others did meanwhile stays, in the same role too.
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same("after the way back", &there(&database, &own).await?, &one)?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same("what is left", &there(&database, &own).await?, "none")?;
    tool.declare(&first);
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    same("once more", &there(&database, &own).await?, &one)?;
    let rows = database
        .value("SELECT count(*)::text FROM app.item")
        .await?;
    same("rows", &rows, "2")?;
    clear(&database, &own).await
}

/// Takes the roles of a test off the server; its prefix ends in a sign, as that of one test may begin that of another.
async fn clear(database: &Database, prefix: &str) -> Result<(), Failed> {
    database
        .run(&format!(
            "DO $$ DECLARE own name; BEGIN FOR own IN SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{prefix}') LOOP
                EXECUTE format('REASSIGN OWNED BY %I TO CURRENT_USER', own); EXECUTE format('DROP OWNED BY %I', own); EXECUTE format('DROP ROLE %I', own);
             END LOOP; END $$"
        ))
        .await
}

/// Nobody's roles are touched where nobody has declared them, and none at all where `manage.roles` is not set.
async fn of_others(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let own = format!("r{}_", database.name);
    database
        .run(&format!("CREATE ROLE \"{own} other\" LOGIN"))
        .await?;
    let tool = Tool::over(&database);
    tool.declare(&format!(
        "schema: app\nroles: {{ '{own} new': }}\ntables: {{ t: {{ columns: {{ id: bigint }} }} }}\n"
    ));
    tool.wants(0, &["apply", "--yes"])?.lacks("ROLE")?;
    tool.write(
        "reconcile.yaml",
        "manage: { roles: true, undeclared: retire }\n",
    );
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .says("CREATE ROLE")?
        .lacks("other")?;
    tool.wants(0, &["drift"])?.lacks("other")?;
    // Files may call it otherwise.
    tool.write(
        "reconcile.yaml",
        &format!("manage: {{ roles: true }}\nroles: {{ app: '{own} new' }}\n"),
    );
    tool.declare("schema: app\nroles: { app: { createdb: true } }\ntables: { t: { columns: { id: bigint } } }\n");
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .says("CREATEDB")?;
    tool.declare("schema: app\ntables: { t: { columns: { id: bigint } } }\n");
    tool.wants(3, &["apply", "--yes"])?.says("loses_data")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .says("DROP ROLE")?;
    clear(&database, &own).await
}

/// A role does not go while something names it, here or elsewhere.
async fn needed(major: u16) -> Result<(), Failed> {
    let (database, other) = (Database::make(major).await?, Database::make(major).await?);
    let own = format!("r{}_", database.name);
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", MANAGED);
    let owned = format!("schema: app\nschemas: {{ app: {{ owner: {own} }} }}\n");
    tool.declare(&format!("{owned}roles: {{ {own}: }}\n"));
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&owned);
    tool.wants(3, &["plan"])?
        .says("cannot go: it is named for")?;
    other
        .run(&format!("CREATE SCHEMA s AUTHORIZATION {own}"))
        .await?;
    tool.declare("schema: app\nschemas: { app: { owner: postgres } }\n");
    tool.wants(0, &["plan"])?
        .says("1 thing of another database, or of the server, belongs to it or names it")?;
    other.run("DROP SCHEMA s").await?;
    clear(&database, &own).await
}

/// A role that may make roles makes them; one that may not is told before anything is done.
async fn made_by_another(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let own = format!("r{}_", database.name);
    database
        .run(&format!(
            "CREATE ROLE {own}_maker LOGIN CREATEROLE; GRANT CREATE ON DATABASE \"{0}\" TO {own}_maker;
             CREATE ROLE {own}_poor LOGIN; GRANT CREATE ON DATABASE \"{0}\" TO {own}_poor",
            database.name
        ))
        .await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "manage: { roles: true }\n");
    tool.declare(&format!(
        "schema: app\nroles: {{ {own}_a: {{ comment: a }}, {own}_b: {{ member_of: {{ {own}_a: member }} }} }}\n"
    ));
    let url = |role: &str| database.url.replace("postgres@", &format!("{own}_{role}@"));
    tool.wants(3, &["apply", "--yes", "--url", &url("poor")])?
        .says("CREATEROLE")?;
    let maker = url("maker");
    tool.wants(0, &["apply", "--yes", "--url", &maker])?;
    tool.wants(0, &["plan", "--url", &maker])?
        .says("Nothing to do")?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all", "--url", &maker])?;
    let left = database
        .value(&format!(
            "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE starts_with(rolname, '{own}')"
        ))
        .await?;
    same("roles", &left, &format!("{own}_maker {own}_poor"))?;
    // What it takes from itself, it takes last: until then it needs that.
    tool.write("reconcile.yaml", MANAGED);
    tool.declare(&format!(
        "schema: app
roles:
  {own}_a:
  {own}_b: {{ member_of: {{ {own}_a: member }} }}
  {own}_maker: {{ login: true, createrole: true, member_of: {{ {own}_a: member }} }}
schemas: {{ app: {{ owner: {own}_a, grants: {{ {own}_b: [usage] }} }} }}
tables: {{ t: {{ owner: {own}_a, columns: {{ id: bigint }}, grants: {{ {own}_b: [select] }} }} }}
"
    ));
    for command in ["apply", "rollback", "apply"] {
        tool.wants(0, &[command, "--yes", "--allow", "all", "--url", &maker])?;
    }
    tool.wants(0, &["plan", "--url", &maker])?
        .says("Nothing to do")?;
    clear(&database, &own).await
}

/// What is pulled is what was declared.
async fn pulled(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let own = format!("r{}_", database.name);
    database
        .run(&format!(
            "CREATE ROLE {own}_a LOGIN NOINHERIT VALID UNTIL '2030-01-31 12:30:00+00'; COMMENT ON ROLE {own}_a IS 'a';
             CREATE ROLE {own}_b CONNECTION LIMIT 3; GRANT {own}_a TO {own}_b WITH ADMIN OPTION; ALTER ROLE {own}_b SET work_mem = '8MB'"
        ))
        .await?;
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "none"])?;
    if tool.path("none/roles.yaml").exists() {
        return Err(Failed::from("roles are pulled where nothing says so"));
    }
    tool.write("reconcile.yaml", "manage: { roles: true }\n");
    tool.wants(0, &["pull", "--out", "all"])?;
    let text = tool.read("all/roles.yaml");
    for part in [
        &format!(
            "  {own}_a:\n    comment: a\n    no_inherit: true\n    login: true\n    valid_until: "
        ),
        "2030-01-31 12:30:00+00",
        &format!(
            "  {own}_b:\n    connection_limit: 3\n    settings:\n      work_mem: \"8MB\"\n    member_of:\n      {own}_a: admin\n"
        ),
    ] {
        if !text.contains(part) {
            return Err(Failed::from(format!("no {part} in\n{text}")));
        }
    }
    clear(&database, &own).await
}

/// States of which each is reached from the other, and given up again.
const PAIRS: [(&str, [&str; 2]); 7] = [
    (
        "a comment goes beside other changes",
        [
            "roles: { OWN_a: { comment: one } }",
            "roles: { OWN_a: { login: true } }\ntables: { t: { columns: { id: int } } }",
        ],
    ),
    (
        "default privileges by what comes",
        [
            "roles: {}",
            "roles: { OWN_a: }\ndefault_privileges: { OWN_a: { tables: { public: [select] } } }",
        ],
    ),
    (
        "what was set aside belongs to what goes",
        [
            "roles: { OWN_a: }\ntables: { t: { owner: OWN_a, columns: { id: int } } }\nsequences: { s: { owner: OWN_a } }",
            "roles: { OWN_a: }\n---\nroles: {}",
        ],
    ),
    (
        "settings as the server spells them",
        [
            "roles: { OWN_a: { settings: { search_path: '' } }, OWN_b: { settings: { search_path: App } } }",
            "roles: { OWN_a: { settings: { search_path: '\"$user\",public' } }, OWN_b: { settings: { search_path: '\"a b\"', temp_tablespaces: '' } } }",
        ],
    ),
    (
        "a membership is turned round",
        [
            "roles: { OWN_a: , OWN_b: { member_of: { OWN_a: member } } }",
            "roles: { OWN_a: { member_of: { OWN_b: member } }, OWN_b: }",
        ],
    ),
    (
        "memberships pass from one to another",
        [
            "roles: { OWN_a: , OWN_b: { member_of: { OWN_a: admin } }, OWN_c: { createdb: true, valid_until: '2030-01-31 12:00:00.25+00' } }",
            "roles: { OWN_a: , OWN_b: , OWN_c: { member_of: { OWN_a: member, OWN_b: admin } } }",
        ],
    ),
    (
        "an owner comes and goes with what it owns",
        [
            "roles: { OWN_b: { member_of: { pg_monitor: member } } }\nschemas: { app: { owner: postgres } }",
            "roles: { OWN_a: , OWN_b: { member_of: { OWN_a: member } } }\nschemas: { app: { owner: OWN_a, grants: { OWN_b: [usage] } } }",
        ],
    ),
];

async fn pairs(major: u16) -> Result<(), Failed> {
    for (what, texts) in PAIRS {
        for back in [false, true] {
            let database = Database::make(major).await?;
            let own = format!("r{}_", database.name);
            let tool = Tool::over(&database);
            tool.write("reconcile.yaml", MANAGED);
            let mut texts = texts;
            if back {
                texts.reverse();
            }
            let told = |error: Failed| {
                let text = error.message().unwrap_or_default();
                Failed::from(format!(
                    "{what}, {}: {text}",
                    if back { "back" } else { "there" }
                ))
            };
            let mut states = Vec::new();
            for text in texts.iter().flat_map(|own| own.split("---\n")) {
                tool.declare(&format!("schema: app\n{}\n", text.replace("OWN", &own)));
                tool.wants(0, &["apply", "--yes", "--allow", "all"])
                    .map_err(told)?;
                tool.wants(0, &["plan"])
                    .and_then(|own| own.says("Nothing to do").map(|_| ()))
                    .map_err(told)?;
                tool.wants(0, &["drift"]).map_err(told)?;
                states.push(there(&database, &own).await?);
            }
            states.pop();
            while let Some(state) = states.pop() {
                tool.wants(0, &["rollback", "--yes", "--allow", "all"])
                    .map_err(told)?;
                same(what, &there(&database, &own).await?, &state)?;
            }
            tool.wants(0, &["purge", "--all", "--yes"]).map_err(told)?;
            clear(&database, &own).await?;
        }
    }
    Ok(())
}

/// Nothing is built on scratch to find it out.
async fn refused(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", MANAGED);
    for (text, why) in [
        (
            "{ a: { member_of: { b: member } }, b: { member_of: { a: member } } }",
            "it would be a member of itself",
        ),
        ("{ pg_own: }", "the name is reserved"),
        (
            "{ a: { member_of: { public: member } } }",
            "everybody is no role",
        ),
    ] {
        tool.declare(&format!("schema: app\nroles: {text}\n"));
        tool.wants(1, &["validate"])?.says(why)?;
        tool.wants(1, &["plan"])?.says(why)?;
    }
    for (text, why) in [
        ("{ a: { valid_until: 2030-02-30 } }", "no moment in UTC"),
        (
            "{ a: { member_of: { b: boss } } }",
            "does not say how it is a member of b",
        ),
        (
            "{ a: { settings: { search_path: a b } } }",
            "no list of names",
        ),
        (
            "{ a: { settings: { Work_Mem: 8MB, work_mem: 9MB } } }",
            "said twice",
        ),
        (
            "{ a: { connection_limit: -1 } }",
            "a whole number of sessions",
        ),
    ] {
        tool.declare(&format!("schema: app\nroles: {text}\n"));
        tool.wants(1, &["validate"])?.says(why)?;
    }
    tool.write(
        "reconcile.yaml",
        &format!("{MANAGED}roles: {{ a: one, b: one }}\n"),
    );
    tool.declare("schema: app\nroles: { a: { createdb: true }, b: { login: true } }\n");
    tool.wants(1, &["plan"])?
        .says("b and a are both one here")?;
    tool.write("reconcile.yaml", MANAGED);
    tool.declare("schema: app\nroles: { postgres: { login: true } }\n");
    tool.wants(3, &["apply", "--yes"])?
        .says("the role that the server was made with")?;
    // What is a member of it still names it.
    let own = format!("r{}_", database.name);
    let two = format!("{own}_b: {{ member_of: {{ {own}_a: member }} }}");
    tool.declare(&format!("schema: app\nroles: {{ {own}_a: , {two} }}\n"));
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&format!("schema: app\nroles: {{ {two} }}\n"));
    tool.wants(3, &["plan"])?
        .says("cannot go: it is named for")?;
    clear(&database, &own).await
}

/// What files say of roles while nobody asked for it, is nobody's; and what others have on the server stays out of the journal.
async fn switched(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let own = format!("r{}_", database.name);
    database
        .run(&format!(
            "CREATE ROLE {own}_a LOGIN; CREATE ROLE {own}_other; ALTER ROLE {own}_other SET my.secret = 'hunter2'"
        ))
        .await?;
    let tool = Tool::over(&database);
    let with = format!("schema: app\nroles: {{ {own}_a: {{ login: true }} }}\n");
    tool.declare(&with);
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["drift"])?;
    tool.declare("schema: app\n");
    tool.write("reconcile.yaml", MANAGED);
    tool.wants(0, &["plan"])?.lacks("DROP ROLE")?;
    tool.declare(&with.replace("login: true", "login: true, createdb: true"));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .says("CREATEDB")?;
    let journal = "SELECT string_agg(to_jsonb(r)::text, '') FROM reconcile.revision r";
    if database.value(journal).await?.contains("hunter2") {
        return Err(Failed::from("the journal knows what is another's"));
    }
    tool.write("reconcile.yaml", "project: default\n");
    database.run(&format!("ALTER ROLE {own}_a NOLOGIN")).await?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    // The way back goes back in what the revision did.
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?
        .says("NOCREATEDB")?;
    clear(&database, &own).await
}

/// Since 16 a membership has a grantor, who alone takes it away.
async fn by_others(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let own = format!("r{}_", database.name);
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", MANAGED);
    let text = |c: &str| {
        format!(
            "schema: app\nroles: {{ {own}_a: , {own}_b: {{ member_of: {{ {own}_a: admin }} }}, {own}_c: {{ member_of: {{ {c} }} }} }}\n"
        )
    };
    tool.declare(&text(&format!("{own}_a: member")));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(&format!(
            "SET ROLE {own}_b; GRANT {own}_a TO {own}_c WITH INHERIT FALSE, SET FALSE"
        ))
        .await?;
    tool.declare(&text(""));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("was granted by another role")?;
    database
        .run(&format!("REVOKE {own}_a FROM {own}_c GRANTED BY {own}_b"))
        .await?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    clear(&database, &own).await
}
