//! Server-sent events, read from the bytes of an answer (HTML Living Standard, "Server-sent events").
//!
//! Written here because it is small, and because what comes is bounded: the crates that there are keep an event of any size. `id` and `retry`
//! are passed over: each stream begins with all that is, and when it is opened again is the phone's to decide.

/// An event is some hundred bytes; a line or an event above this ends the stream.
const LARGEST: usize = 16 * 1024;

/// One event: its name, and its data with lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// More bytes than an event may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Takes the bytes in pieces of any size.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_return: bool,
    /// Some byte came already: a mark of the byte order can only be the first thing.
    begun: bool,
}

impl Reader {
    /// Adds the events that `bytes` complete to `messages`.
    pub(crate) fn read(
        &mut self,
        bytes: &[u8],
        messages: &mut Vec<Message>,
    ) -> Result<(), TooLarge> {
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(messages)?,
                _ if self.line.len() == LARGEST => return Err(TooLarge),
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    fn end_line(&mut self, messages: &mut Vec<Message>) -> Result<(), TooLarge> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let is_first = !std::mem::replace(&mut self.begun, true);
        let line = match line.strip_prefix('\u{feff}') {
            Some(rest) if is_first => rest,
            Some(_) | None => &line,
        };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            if let Some(data) = self.data.take() {
                messages.push(Message { name, data });
            }
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                let data = match &mut self.data {
                    None => self.data.insert(String::new()),
                    Some(data) => {
                        data.push('\n');
                        data
                    }
                };
                if data.len() + value.len() >= LARGEST {
                    return Err(TooLarge);
                }
                data.push_str(value);
            }
            // A comment has no name at all.
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn events_are_read_wherever_the_bytes_are_cut() {
        let text = "\u{feff}: hello\r\nretry: 2000\r\n\r\nid: 7\revent: takeover\rdata: {\"request\":\rdata: null}\r\r\
                    data:plain\n\n: still there\n\nevent: gone\n\nevent:lost\ndata\ndata: ä\n\ndata: never ended";
        let wanted = [
            ("takeover", "{\"request\":\nnull}"),
            ("", "plain"),
            ("lost", "\nä"),
        ];
        for size in 1..=text.len() {
            let read = read_in_pieces(text.as_bytes(), size).unwrap();
            let read: Vec<_> = read.iter().map(|it| (&*it.name, &*it.data)).collect();
            assert_eq!(read, wanted, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_text_is_read_as_far_as_it_is() {
        let read = read_in_pieces(b"data: \xff\xfe{\n\n", 3).unwrap();
        assert_eq!(read[0].data, "\u{fffd}\u{fffd}{");
    }

    #[test]
    fn a_line_and_an_event_without_end_are_refused() {
        let line = format!("data: {}", "x".repeat(LARGEST));
        assert_eq!(read_in_pieces(line.as_bytes(), 100), Err(TooLarge));
        let lines = "data: 0123456789\n".repeat(LARGEST / 10);
        assert_eq!(read_in_pieces(lines.as_bytes(), 100), Err(TooLarge));
        let empty = "data\n".repeat(2 * LARGEST);
        assert_eq!(read_in_pieces(empty.as_bytes(), 100), Err(TooLarge));
        // Comments may go on for ever.
        let comments = ": still there\n".repeat(LARGEST);
        assert_eq!(read_in_pieces(comments.as_bytes(), 100), Ok(Vec::new()));
    }

    fn read_in_pieces(bytes: &[u8], size: usize) -> Result<Vec<Message>, TooLarge> {
        let mut reader = Reader::default();
        let mut messages = Vec::new();
        for piece in bytes.chunks(size) {
            reader.read(piece, &mut messages)?;
        }
        Ok(messages)
    }
}
