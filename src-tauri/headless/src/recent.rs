use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// What somebody reads who looks for a cause; a day of calls has about a tenth of it.
const MOST_BYTES: usize = 256 * 1024;

/// The end of the log, kept in memory for whoever helps.
#[derive(Debug, Clone, Default)]
pub struct RecentLog(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl RecentLog {
    /// Returns it as text, the oldest line first.
    pub fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<u8> = kept.lines.iter().flatten().copied().collect();
        String::from_utf8_lossy(&all).into_owned()
    }
}

/// Each call brings one line.
impl Write for RecentLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += line.len();
        kept.lines.push_back(line.to_vec());
        while kept.bytes > MOST_BYTES
            && let Some(oldest) = kept.lines.pop_front()
        {
            kept.bytes -= oldest.len();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_end_of_the_log_is_kept_in_whole_lines() {
        let mut log = RecentLog::default();
        writeln!(log.clone(), "first").unwrap();
        for number in 0..10_000 {
            let line = format!("{number:>50}\n");
            log.write_all(line.as_bytes()).unwrap();
        }
        let text = log.text();
        assert!(text.len() <= MOST_BYTES && text.len() > MOST_BYTES - 51);
        assert!(text.ends_with("9999\n"), "{text}");
        assert!(text.lines().all(|it| it.len() == 50));
    }

    #[test]
    fn a_line_that_is_too_long_is_not_kept() {
        let mut log = RecentLog::default();
        log.write_all(&vec![b'x'; MOST_BYTES + 1]).unwrap();
        assert_eq!(log.text(), "");
    }
}
