use std::{
    io::{self, BufRead},
    thread,
};

use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// The longest line that is taken, in bytes without its line end.
pub(crate) const MAX_LINE: usize = 64 * 1024;

/// How many lines may wait for the phone; whoever writes more waits.
const BACKLOG: usize = 16;

/// One line of the input, without its line end; it may hold a password and is overwritten when it
/// is dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Counts from 1.
    pub(crate) number: u64,
    /// `None`: it was longer than [`MAX_LINE`] and has been skipped.
    pub(crate) text: Option<Zeroizing<Vec<u8>>>,
}

/// Reads lines on a thread of its own until the input ends, which the receiver learns by its own
/// end.
pub(crate) fn start(mut source: impl BufRead + Send + 'static) -> mpsc::Receiver<Line> {
    let (lines, lines_rx) = mpsc::channel(BACKLOG);
    thread::spawn(move || {
        let mut number = 0;
        loop {
            number += 1;
            match read_line(&mut source, number) {
                Ok(Some(line)) => {
                    if lines.blocking_send(line).is_err() {
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "the input cannot be read any more");
                    return;
                }
            }
        }
    });
    lines_rx
}

/// Reads up to the next line end, or to the end of the input; memory stays bounded whatever comes.
fn read_line(source: &mut impl BufRead, number: u64) -> io::Result<Option<Line>> {
    // All the room from the beginning: growing would leave copies of a password behind.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_LINE));
    let mut is_too_long = false;
    let mut is_empty = true;
    loop {
        let available = match source.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if available.is_empty() {
            if is_empty {
                return Ok(None);
            }
            break;
        }
        is_empty = false;

        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        if text.len() + part.len() > MAX_LINE {
            is_too_long = true;
        } else {
            text.extend_from_slice(part);
        }
        let used = end.map_or(available.len(), |end| end + 1);
        source.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(Some(Line {
        number,
        text: (!is_too_long).then_some(text),
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{BufReader, Cursor};

    use super::*;

    #[tokio::test]
    async fn lines_come_one_by_one_and_the_last_needs_no_end() {
        assert_eq!(
            lines(b"one\n\ntwo".to_vec()).await,
            [
                Some("one".to_owned()),
                Some(String::new()),
                Some("two".to_owned())
            ]
        );
        assert_eq!(lines(Vec::new()).await, []);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let mut input = vec![b'x'; MAX_LINE + 1];
        input.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(input).await, [None, Some("next".to_owned())]);
    }

    #[tokio::test]
    async fn a_line_of_exactly_the_limit_is_read() {
        let mut input = vec![b'x'; MAX_LINE];
        input.push(b'\n');
        let read = lines(input).await;
        assert_eq!(read[0].as_ref().unwrap().len(), MAX_LINE);
    }

    async fn lines(input: Vec<u8>) -> Vec<Option<String>> {
        let source = BufReader::with_capacity(7, Cursor::new(input));
        let mut lines = start(source);
        let mut all = Vec::new();
        while let Some(line) = lines.recv().await {
            assert_eq!(line.number, all.len() as u64 + 1);
            all.push(
                line.text
                    .map(|text| String::from_utf8(text.to_vec()).unwrap()),
            );
        }
        all
    }
}
