//! A private cluster: in a temporary folder, on a Unix socket, gone afterwards even when this process is killed.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use super::{Binaries, ProviderError, cache, file_error, tail};
use crate::model::ServerVersion;

const USER: &str = "postgres";
const PORT: u16 = 5432;
/// Begins the names of the folders, so that a later run finds what a killed one left.
const PREFIX: &str = "reconcile-";
/// The room a cluster wants in memory, in bytes.
const ROOM: u64 = 200 << 20;
/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for the end of this process (its standard input closes), then ends the server and removes the folder.
const WATCHDOG: &str = r#"
read nothing
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
fi
tries=0
while [ -e "$1" ] && [ $tries -lt 100 ]; do rm -rf "$1" 2>/dev/null; tries=$((tries + 1)); sleep 0.05; done
"#;

/// A private server, stopped and removed when dropped.
pub struct Cluster {
    server: Option<Child>,
    watchdog: Child,
    lifeline: Option<ChildStdin>,
    folder: Option<TempDir>,
    path: PathBuf,
    version: ServerVersion,
    /// Held as long as this process lives; whoever can take it may sweep the folder.
    _lock: File,
}

impl Cluster {
    /// Starts a cluster.
    pub(super) fn start(
        binaries: &Binaries,
        settings: &[(String, String)],
    ) -> Result<Self, ProviderError> {
        let base = base();
        sweep(&base);
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&base)
            .map_err(file_error("cannot make a folder in", &base))?;
        let path = folder.path().to_owned();
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(file_error("cannot make", &lock_path))?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| file_error("cannot lock", &lock_path)(error.into()))?;
        let user = server_user();
        if let Some((uid, gid)) = user {
            chown(&path, Some(uid), Some(gid)).map_err(file_error("cannot hand over", &path))?;
        }
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "reconcile-watchdog"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .map_err(file_error("cannot run", "sh"))?;
        let lifeline = watchdog.stdin.take();
        let mut cluster = Self {
            server: None,
            watchdog,
            lifeline,
            folder: Some(folder),
            path,
            version: binaries.version,
            _lock: lock,
        };
        let data = cluster.path.join("data");
        copy_template(binaries, user, &data)?;
        cluster.server = Some(cluster.launch(binaries, user, settings)?);
        cluster.wait()?;
        Ok(cluster)
    }

    fn launch(
        &self,
        binaries: &Binaries,
        user: Option<(u32, u32)>,
        settings: &[(String, String)],
    ) -> Result<Child, ProviderError> {
        let log = File::create(self.path.join("log"))
            .map_err(file_error("cannot make", self.path.join("log")))?;
        let second = log
            .try_clone()
            .map_err(file_error("cannot share", self.path.join("log")))?;
        let mut command = as_user(Command::new(binaries.folder.join("postgres")), user);
        command
            .arg("-D")
            .arg(self.path.join("data"))
            .arg("-k")
            .arg(&self.path);
        let fixed = [
            "listen_addresses=",
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "autovacuum=off",
            "jit=off",
            "shared_buffers=16MB",
            "max_connections=20",
            "max_locks_per_transaction=256",
            "min_wal_size=2MB",
            "max_wal_size=64MB",
            "checkpoint_timeout=1d",
            "dynamic_shared_memory_type=mmap",
            "huge_pages=off",
            "restart_after_crash=off",
        ];
        for setting in fixed {
            command.args(["-c", setting]);
        }
        if binaries.version.major() >= 18 {
            command.args(["-c", "io_method=sync"]);
        }
        for (name, value) in settings {
            command.args(["-c", &[name.as_str(), "=", value.as_str()].concat()]);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(second))
            .spawn()
            .map_err(file_error("cannot run", binaries.folder.join("postgres")))
    }

    /// Waits until a startup packet is answered with the request for nothing more: `R`.
    fn wait(&mut self) -> Result<(), ProviderError> {
        let begun = Instant::now();
        let socket = self.path.join(format!(".s.PGSQL.{PORT}"));
        loop {
            if answers(&socket) {
                return Ok(());
            }
            let ended = self
                .server
                .as_mut()
                .is_some_and(|server| matches!(server.try_wait(), Ok(Some(_))));
            if ended || begun.elapsed() > PATIENCE {
                return Err(ProviderError::Program {
                    program: "postgres".to_owned(),
                    output: tail(self.log().as_bytes()),
                });
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// Returns the folder of the Unix socket.
    pub fn socket_folder(&self) -> &Path {
        &self.path
    }

    /// Returns the port, which names the socket.
    pub fn port(&self) -> u16 {
        PORT
    }

    /// Returns the superuser's name.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Returns the URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        self.url_as(USER, database)
    }

    /// Returns the URL of one of its databases for another of its roles.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        format!(
            "postgresql://{role}@/{database}?host={}&port={PORT}",
            self.path.display()
        )
    }

    /// Returns the server's version.
    pub fn version(&self) -> ServerVersion {
        self.version
    }

    /// Returns the server's process.
    pub fn process_id(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// Returns what the server has logged.
    pub fn log(&self) -> String {
        std::fs::read(self.path.join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // Immediate shutdown: what it holds is thrown away.
            if let Some(pid) = i32::try_from(server.id()).ok().and_then(Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, Signal::QUIT);
            }
            let _ = server.wait();
        }
        drop(self.folder.take());
        drop(self.lifeline.take());
        let _ = self.watchdog.wait();
    }
}

/// Says whether a server answers on the socket.
fn answers(socket: &Path) -> bool {
    use std::io::Write;
    let Ok(mut stream) = std::os::unix::net::UnixStream::connect(socket) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let body = [
        &196_608_i32.to_be_bytes()[..],
        b"user\0",
        USER.as_bytes(),
        b"\0\0",
    ]
    .concat();
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let packet = [&length.to_be_bytes()[..], &body].concat();
    let mut first = [0_u8; 1];
    stream.write_all(&packet).is_ok() && stream.read_exact(&mut first).is_ok() && first == *b"R"
}

/// Returns the folder for clusters: the one that TMPDIR names, where a socket's path (107 bytes) has room below it; memory,
/// where there is enough; the system's.
fn base() -> PathBuf {
    let named = std::env::var_os("TMPDIR").map(PathBuf::from);
    if let Some(folder) = named.filter(|own| own.is_dir() && own.as_os_str().len() <= 60) {
        return folder;
    }
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory)
        .map(|stat| stat.f_bavail * stat.f_frsize)
        .unwrap_or(0);
    if room >= ROOM && tempfile::tempfile_in(memory).is_ok() {
        return memory.to_owned();
    }
    std::env::temp_dir()
}

/// The uid and gid that a server started by root runs under; none where we are somebody else.
fn server_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    // initdb refuses a uid without an entry there.
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let entry = |name: &str| {
        passwd.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            match fields.as_slice() {
                [own, _, uid, gid, ..] if *own == name => {
                    Some((uid.parse().ok()?, gid.parse().ok()?))
                }
                _ => None,
            }
        })
    };
    entry("postgres").or_else(|| entry("nobody"))
}

fn as_user(mut command: Command, user: Option<(u32, u32)>) -> Command {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    // A group of its own keeps Ctrl-C from reaching the server.
    command
        .current_dir("/")
        .process_group(0)
        .env_remove("PGDATA");
    command
}

/// Copies the data directory that was made once for these binaries.
fn copy_template(
    binaries: &Binaries,
    user: Option<(u32, u32)>,
    data: &Path,
) -> Result<(), ProviderError> {
    let templates = cache().join("templates");
    let owner = user.map_or_else(|| rustix::process::geteuid().as_raw(), |(uid, _)| uid);
    let key = crate::model::Hash::of(&(
        binaries.folder.display().to_string(),
        binaries.version,
        owner,
    ));
    let template = templates.join([&binaries.version.to_string(), "-", key.short(8)].concat());
    if !template.exists() && make_template(binaries, user, &templates, &template).is_err() {
        // A cache that cannot be written is only slow.
        return initdb(binaries, user, data);
    }
    let mut copy = Command::new("cp");
    copy.arg("-Rp").arg(&template).arg(data);
    match copy.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(_) | Err(_) => {
            let _ = std::fs::remove_dir_all(data);
            initdb(binaries, user, data)
        }
    }
}

fn make_template(
    binaries: &Binaries,
    user: Option<(u32, u32)>,
    templates: &Path,
    template: &Path,
) -> Result<(), ProviderError> {
    std::fs::create_dir_all(templates).map_err(file_error("cannot make", templates))?;
    let work = tempfile::Builder::new()
        .prefix("initdb.tmp.")
        .tempdir_in(templates)
        .map_err(file_error("cannot make a folder in", templates))?;
    if let Some((uid, gid)) = user {
        chown(work.path(), Some(uid), Some(gid))
            .map_err(file_error("cannot hand over", work.path()))?;
        // The server's user walks through these, and sees nothing of ours there.
        for folder in [cache().as_path(), templates] {
            let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
        }
    }
    let data = work.path().join("data");
    initdb(binaries, user, &data)?;
    // Another run may have been faster: one of both stays.
    let _ = std::fs::rename(&data, template);
    Ok(())
}

fn initdb(binaries: &Binaries, user: Option<(u32, u32)>, data: &Path) -> Result<(), ProviderError> {
    let mut command = as_user(Command::new(binaries.folder.join("initdb")), user);
    command.arg("-D").arg(data).args([
        "-U",
        USER,
        "-A",
        "trust",
        "-N",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-instructions",
        "--wal-segsize=1",
    ]);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(file_error("cannot run", binaries.folder.join("initdb")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(ProviderError::Program {
        program: "initdb".to_owned(),
        output: tail(&[output.stdout, output.stderr].concat()),
    })
}

/// Removes what killed runs left whose watchdogs were killed too: folders of ours that nobody holds a lock in.
fn sweep(base: &Path) {
    let Ok(entries) = std::fs::read_dir(base) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let ours = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        let Ok(lock) = File::open(path.join("lock")) else {
            continue;
        };
        // A lock file that is younger than a minute may not be locked yet.
        let is_young = lock
            .metadata()
            .and_then(|meta| meta.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        let is_mine = lock
            .metadata()
            .is_ok_and(|meta| meta.uid() == rustix::process::geteuid().as_raw());
        if !ours || !is_mine || is_young.is_none_or(|age| age < Duration::from_secs(60)) {
            continue;
        }
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        let pid = std::fs::read_to_string(path.join("data").join("postmaster.pid"))
            .ok()
            .and_then(|text| {
                text.lines()
                    .next()
                    .and_then(|line| line.trim().parse().ok())
            })
            .and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, Signal::QUIT);
            std::thread::sleep(Duration::from_millis(200));
        }
        let _ = std::fs::remove_dir_all(&path);
    }
}
