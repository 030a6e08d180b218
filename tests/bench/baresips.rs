//! Two baresips in a call, each at its own microphone and speaker: a soft phone of C threads, without a window.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::{
    chirps::{ANA, Desk, RAVI},
    cost::Program,
};

/// Both listen at the same port of an address of their own: baresip cannot tell which port the system gave it.
const ANA_AT: &str = "127.0.0.2:5060";
const RAVI_AT: &str = "127.0.0.3:5060";

/// What it writes when the far end has answered.
const ANSWERED: &str = "Call established";

/// Where Fedora and Debian keep its modules.
const MODULES: [&str; 2] = ["/usr/lib64/baresip/modules", "/usr/lib/baresip/modules"];

/// As the phone's own encoder: 32 kbit/s at complexity 6, one channel, 20 ms in a packet.
const SETTINGS: &str = "\
poll_method epoll
audio_txmode thread
audio_level no
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 1
auplay_channels 1
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
module stdio.so
module opus.so
module pulse.so
module_tmp uuid.so
module_tmp account.so
module dtls_srtp.so
module_app menu.so
statmode_default off
opus_bitrate 32000
opus_complexity 6
opus_stereo no
opus_sprop_stereo no
opus_application voip
";

/// Ana and Ravi, who talk.
pub struct Baresips {
    ana: Baresip,
    ravi: Baresip,
}

struct Baresip {
    child: Child,
    _home: TempDir,
}

impl Baresips {
    /// Ana calls Ravi, who answers by himself; Opus over DTLS-SRTP.
    pub fn in_call() -> Self {
        let (ravi, _) = Baresip::start("ravi", RAVI_AT, RAVI, None);
        let (ana, answered) = Baresip::start("ana", ANA_AT, ANA, Some(RAVI_AT));
        answered.join().unwrap();
        Self { ana, ravi }
    }

    pub fn program(&self) -> Program {
        Program::process(self.ana.child.id())
    }

    pub fn end(self) {
        for mut baresip in [self.ana, self.ravi] {
            baresip.child.kill().unwrap();
            baresip.child.wait().unwrap();
        }
    }
}

impl Baresip {
    /// The thread ends when a call is answered.
    fn start(
        name: &str,
        listen: &str,
        desk: Desk,
        calls: Option<&str>,
    ) -> (Self, thread::JoinHandle<()>) {
        let home = TempDir::new().unwrap();
        let Desk {
            microphone,
            speaker,
        } = desk;
        let modules = MODULES.into_iter().find(|it| Path::new(it).exists());
        let modules = modules.expect("baresip is installed");
        let write = |file: &str, text: String| fs::write(home.path().join(file), text).unwrap();
        write(
            "config",
            format!(
                "{SETTINGS}module_path {modules}\nsip_listen {listen}\naudio_source pulse,{microphone}\n\
                 audio_player pulse,{speaker}\naudio_alert pulse,{speaker}\n"
            ),
        );
        write(
            "accounts",
            format!(
                "<sip:{name}@{listen}>;regint=0;answermode=auto;mediaenc=dtls_srtp;audio_codecs=opus/48000/2\n"
            ),
        );
        write("contacts", String::new());
        let mut command = Command::new("baresip");
        command.arg("-f").arg(home.path());
        if let Some(target) = calls {
            command.args(["-e", &format!("/dial sip:ravi@{target}")]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let answered = thread::spawn(move || {
            let answered = lines.any(|line| line.unwrap().contains(ANSWERED));
            assert!(answered, "baresip ended without a call");
            // It waits where nobody reads what it says.
            thread::spawn(move || lines.for_each(drop));
        });
        (Self { child, _home: home }, answered)
    }
}
