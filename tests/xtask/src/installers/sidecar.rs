//! The sidecar's package for Debian's systems: made, looked into, and served with where nothing else is installed.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::run::{root, run};

use super::{clean, compress, contents, licences, needs, output};

const NAME: &str = "helix-sidecar";

/// What is packed as it is: where it lies here, and where it is installed.
const AS_IT_IS: [(&str, &str); 3] = [
    (
        "src-tauri/sidecar/installers/helix-sidecar.service",
        "lib/systemd/system/helix-sidecar.service",
    ),
    (
        "src-tauri/sidecar/installers/copyright",
        "usr/share/doc/helix-sidecar/copyright",
    ),
    (
        "src-tauri/sidecar/sidecar.example.toml",
        "usr/share/doc/helix-sidecar/sidecar.example.toml",
    ),
];

/// What is packed compressed.
const COMPRESSED: [(&str, &str); 3] = [
    (
        "src-tauri/sidecar/installers/helix-sidecar.1",
        "usr/share/man/man1/helix-sidecar.1.gz",
    ),
    (
        "src-tauri/sidecar/README.md",
        "usr/share/doc/helix-sidecar/README.md.gz",
    ),
    (
        "src-tauri/CHANGELOG.md",
        "usr/share/doc/helix-sidecar/changelog.gz",
    ),
];

/// What runs when the package is installed or removed.
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

/// How exposed the service may be to what it does not need, of 100, as systemd counts.
const EXPOSURE: &str = "--threshold=15";

/// How long an answer may take; checking a password takes tenths of a second in a program for tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes the package of a program in this folder, which is emptied before.
pub(super) fn pack(program: &Path, folder: &Path) -> Result<PathBuf> {
    let tree = folder.join("tree");
    let at = |path: &str| -> Result<PathBuf> {
        let path = tree.join(path);
        let parent = path.parent().context("A path in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("Cannot make {}", parent.display()))?;
        Ok(path)
    };
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("Cannot empty {}", folder.display()))?;
    }
    let packed = at("usr/bin/helix-sidecar")?;
    run(Command::new("strip").arg("-o").arg(&packed).arg(program))?;
    for (source, path) in AS_IT_IS {
        put(&root().join(source), &at(path)?, "644")?;
    }
    for (source, path) in COMPRESSED {
        compress(&root().join(source), &at(path)?)?;
    }
    let licences = folder.join("THIRD-PARTY");
    fs::write(&licences, licences::of_sidecar()?)
        .with_context(|| format!("Cannot write {}", licences.display()))?;
    compress(
        &licences,
        &at("usr/share/doc/helix-sidecar/THIRD-PARTY.gz")?,
    )?;
    let needs = needs::of_debian(&packed)?;
    // Beside the program, where the tool that reads it wanted to stand.
    fs::remove_dir_all(packed.with_extension("source")).context("Cannot remove a folder")?;
    let sums = output(
        Command::new("sh")
            .current_dir(&tree)
            .args(["-c", "find * -type f | LC_ALL=C sort | xargs md5sum"]),
    )?;
    let size = output(Command::new("du").current_dir(&tree).args(["-sk", "."]))?;
    let size = size.split_whitespace().next().unwrap_or_default();
    let control = control(&needs.join(", "), size)?;
    for (name, text) in [("md5sums", &sums), ("control", &control)] {
        fs::write(at(&format!("DEBIAN/{name}"))?, text)
            .with_context(|| format!("Cannot write {name}"))?;
    }
    for script in SCRIPTS {
        let source = root().join("src-tauri/sidecar/installers").join(script);
        put(&source, &at(&format!("DEBIAN/{script}"))?, "755")?;
    }
    let deb = folder.join(format!("{NAME}_{}_{}.deb", version(), architecture()?));
    run(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(&tree))?;
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "--build"])
        .args([&tree, &deb]))?;
    Ok(deb)
}

/// Looks into the package; has it installed, served with and removed where nothing else is.
pub(super) fn check(deb: &Path, folder: &Path) -> Result<()> {
    let unpacked = contents::unpacked(deb)?;
    contents::manual(
        &unpacked,
        NAME,
        "src-tauri/sidecar/installers/helix-sidecar.1",
        &[&[], &["serve"]],
    )?;
    service(&unpacked)?;
    in_a_clean_system(deb, folder)
}

/// systemd understands the service, which can do little beyond its work.
fn service(unpacked: &Path) -> Result<()> {
    let unit = unpacked.join("lib/systemd/system/helix-sidecar.service");
    // The program lies where the package is unpacked, and not where the unit will find it.
    let text = fs::read_to_string(&unit).context("No unit")?;
    let here = unpacked.join("usr/bin").join(NAME);
    let copy = unpacked
        .with_extension("service")
        .join("helix-sidecar.service");
    let copies = copy.parent().context("A path in a folder")?;
    fs::create_dir_all(copies).with_context(|| format!("Cannot make {}", copies.display()))?;
    fs::write(
        &copy,
        text.replace("/usr/bin/helix-sidecar", &here.display().to_string()),
    )
    .with_context(|| format!("Cannot write {}", copy.display()))?;
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(&copy)
        .output()
        .context("Cannot start systemd-analyze")?;
    let complaints = String::from_utf8_lossy(&verified.stderr);
    if !verified.status.success() || complaints.contains("helix-sidecar.service:") {
        bail!("systemd complains of the service: {complaints}");
    }
    let rated = output(
        Command::new("systemd-analyze")
            .args(["security", "--offline=true", EXPOSURE, "--no-pager"])
            .arg(&copy),
    )?;
    println!("{}", rated.lines().last().unwrap_or_default());
    Ok(())
}

fn in_a_clean_system(deb: &Path, folder: &Path) -> Result<()> {
    let clean = folder.join("clean");
    fs::create_dir_all(&clean).with_context(|| format!("Cannot make {}", clean.display()))?;
    let clean = clean.canonicalize().context("No folder")?;
    let deb = deb.canonicalize().context("No package")?;
    let mut system = clean::system(&clean, "sidecar")
        .arg(deb)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("Cannot start unshare")?;
    let mut lines = BufReader::new(system.stdout.take().context("No standard output")?).lines();
    let address = loop {
        let line = lines
            .next()
            .context("The installed sidecar does not serve")?;
        let line = line.context("The clean system cannot be read")?;
        match line.strip_prefix("listening on http://") {
            Some(address) => break address.to_owned(),
            None => println!("{line}"),
        }
    };
    let signed_in = sign_in(&address);
    // It serves until it is told that all was seen, also where that went wrong.
    drop(system.stdin.take());
    let status = system.wait().context("The clean system is gone")?;
    signed_in?;
    if !status.success() {
        bail!("The clean system ended with {status}");
    }
    println!("The installed sidecar signs in, is stopped and removed");
    run(&mut clean::system(&clean, "discard"))
}

/// Somebody of the example signs in on one device, and not on a second one.
pub(super) fn sign_in(address: &str) -> Result<()> {
    for (device, password, status) in [
        ("desk", "a wrong password", "401"),
        ("desk", "ana-demo-password", "201"),
        ("laptop", "ana-demo-password", "409"),
    ] {
        let body = format!(r#"{{"email":"ana@helix.example","password":"{password}"}}"#);
        let headers = format!("content-type: application/json\r\nx-device-id: {device}\r\n");
        expect(
            address,
            status,
            "POST /auth/login HTTP/1.1",
            &headers,
            &body,
        )
        .with_context(|| format!("A sign-in on {device}"))?;
    }
    Ok(())
}

/// Makes a call, which is to have this status.
pub(super) fn expect(
    address: &str,
    status: &str,
    line: &str,
    headers: &str,
    body: &str,
) -> Result<()> {
    let call = format!(
        "{line}\r\nhost: {address}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).context("The sidecar is gone")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(call.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.starts_with(&format!("HTTP/1.1 {status} ")) {
        bail!("Not {status}, but {answer}");
    }
    Ok(())
}

fn put(source: &Path, target: &Path, mode: &str) -> Result<()> {
    run(Command::new("install")
        .args(["-m", mode])
        .args([source, target]))
}

fn control(needs: &str, size: &str) -> Result<String> {
    Ok(format!(
        "Package: {NAME}\n\
         Version: {}\n\
         Architecture: {}\n\
         Maintainer: The Helix Phone developers <phone@helix.example>\n\
         Installed-Size: {size}\n\
         Depends: ca-certificates, {needs}\n\
         Recommends: systemd\n\
         Suggests: redis-server, haproxy\n\
         Section: net\n\
         Priority: optional\n\
         Description: server that agents of Helix Phone sign in at\n \
         Hands out phone accounts and keeps each agent on one device. Users come\n \
         from a file or from a CRM; with Redis any number of servers serve side by\n \
         side.\n",
        version(),
        architecture()?
    ))
}

/// All packages of the workspace have one version.
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn architecture() -> Result<String> {
    let name = output(Command::new("dpkg").arg("--print-architecture"))?;
    Ok(name.trim().to_owned())
}
