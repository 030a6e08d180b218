//! rtpengine's control protocol: a cookie and a bencoded dictionary in a datagram, each way.

use super::network::{RTPENGINE, ask};

/// A call at rtpengine.
pub struct RtpengineCall {
    id: &'static str,
    requests: u32,
}

impl RtpengineCall {
    /// Begins when rtpengine is there.
    pub async fn new(id: &'static str) -> Self {
        ask(
            RTPENGINE,
            format!("{id}-ping {}", dictionary(&[("command", text("ping"))])).as_bytes(),
        )
        .await;
        Self { id, requests: 0 }
    }

    /// Gives it an offer; returns the one that it makes of it, with ICE-lite.
    pub async fn offer(&mut self, sdp: &str) -> String {
        self.describe("offer", sdp, &[("DTLS", text("passive"))])
            .await
    }

    /// Gives it the answer to its offer; returns the one that it makes of it. It begins DTLS unless it is to be `passive`.
    pub async fn answer(&mut self, sdp: &str, passive: bool) -> String {
        let mut options = vec![("to-tag", text("callee"))];
        if passive {
            options.push(("DTLS", text("passive")));
        }
        self.describe("answer", sdp, &options).await
    }

    pub async fn delete(mut self) {
        self.request(&[("command", text("delete")), ("from-tag", text("caller"))])
            .await;
    }

    async fn describe(&mut self, command: &str, sdp: &str, options: &[(&str, String)]) -> String {
        let mut entries = vec![
            ("command", text(command)),
            ("from-tag", text("caller")),
            ("sdp", text(sdp)),
            ("ICE", text("force")),
            ("ICE-lite", text("both")),
            ("transport-protocol", text("UDP/TLS/RTP/SAVPF")),
            ("SDES", list(&["off"])),
            ("rtcp-mux", list(&["require"])),
        ];
        entries.extend_from_slice(options);
        let answer = self.request(&entries).await;
        find(&answer, "sdp").unwrap_or_else(|| panic!("rtpengine answers {answer}"))
    }

    async fn request(&mut self, entries: &[(&str, String)]) -> String {
        self.requests += 1;
        let mut entries = entries.to_vec();
        entries.push(("call-id", text(self.id)));
        let question = format!("{}-{} {}", self.id, self.requests, dictionary(&entries));
        // The cookie makes a question that is asked twice one.
        String::from_utf8(ask(RTPENGINE, question.as_bytes()).await).unwrap()
    }
}

fn text(text: &str) -> String {
    format!("{}:{text}", text.len())
}

fn list(texts: &[&str]) -> String {
    let texts: String = texts.iter().map(|it| text(it)).collect();
    format!("l{texts}e")
}

fn dictionary(entries: &[(&str, String)]) -> String {
    let mut entries = entries.to_vec();
    entries.sort();
    let entries: String = entries
        .iter()
        .map(|(key, value)| text(key) + value)
        .collect();
    format!("d{entries}e")
}

/// Returns the text that `key` has in a bencoded dictionary.
fn find(dictionary: &str, key: &str) -> Option<String> {
    let (_, value) = dictionary.split_once(&text(key))?;
    let (length, value) = value.split_once(':')?;
    Some(value.get(..length.parse().ok()?)?.to_owned())
}
