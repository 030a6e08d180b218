//! What `/proc` tells of processes.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

/// One program, which may be several processes.
#[derive(Debug, Clone)]
pub struct Program {
    pids: Vec<u32>,
}

/// Since some earlier moment.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Of one core.
    pub processor_percent: f64,
    /// Context switches in a second, voluntary or not.
    pub wake_ups: f64,
}

/// In MB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub resident: f64,
    /// Shared pages by their share.
    pub proportional: f64,
    /// That no file holds: what the program itself asked for.
    pub anonymous: f64,
}

/// What the threads of a program had used.
#[derive(Debug)]
pub struct Counted {
    at: Instant,
    threads: BTreeMap<u32, (Duration, u64)>,
}

impl Program {
    pub fn process(pid: u32) -> Self {
        Self { pids: vec![pid] }
    }

    /// A process with all its descendants.
    pub fn tree(root: u32) -> Self {
        let mut program = Self::descendants(root, "");
        program.pids.push(root);
        program
    }

    /// Those among the descendants of `root` whose name begins with `name`.
    pub fn descendants(root: u32, name: &str) -> Self {
        let mut pids = Vec::new();
        let mut parents = vec![root];
        while let Some(parent) = parents.pop() {
            for task in tasks(parent) {
                let path = format!("/proc/{parent}/task/{task}/children");
                let children = fs::read_to_string(path).unwrap_or_default();
                for child in children.split_whitespace() {
                    let child: u32 = child.parse().unwrap();
                    parents.push(child);
                    let comm = fs::read_to_string(format!("/proc/{child}/comm"));
                    if comm.is_ok_and(|it| it.starts_with(name)) {
                        pids.push(child);
                    }
                }
            }
        }
        assert!(!pids.is_empty(), "{root} has no descendant {name}");
        Self { pids }
    }

    pub fn pids(&self) -> &[u32] {
        &self.pids
    }

    pub fn count(&self) -> Counted {
        let threads = self.pids.iter().flat_map(|pid| {
            // One may have ended meanwhile.
            tasks(*pid).into_iter().filter_map(move |task| {
                let folder = format!("/proc/{pid}/task/{task}");
                let scheduled = fs::read_to_string(format!("{folder}/schedstat")).ok()?;
                let nanoseconds = scheduled.split(' ').next()?.parse().ok()?;
                let status = fs::read_to_string(format!("{folder}/status")).ok()?;
                let switches = status
                    .lines()
                    .filter_map(|line| line.split_once("ctxt_switches:"))
                    .filter_map(|(_, count)| count.trim().parse::<u64>().ok());
                Some((task, (Duration::from_nanos(nanoseconds), switches.sum())))
            })
        });
        Counted {
            at: Instant::now(),
            threads: threads.collect(),
        }
    }

    /// What was used since `before`, but for threads that ended meanwhile.
    pub fn since(&self, before: &Counted) -> Cost {
        let after = self.count();
        let seconds = (after.at - before.at).as_secs_f64();
        let (mut processor, mut switches) = (Duration::ZERO, 0);
        for (task, (ran, switched)) in &after.threads {
            let (earlier, switched_earlier) = before.threads.get(task).copied().unwrap_or_default();
            processor += ran.saturating_sub(earlier);
            switches += switched.saturating_sub(switched_earlier);
        }
        Cost {
            processor_percent: processor.as_secs_f64() / seconds * 100.0,
            wake_ups: switches as f64 / seconds,
        }
    }

    pub fn memory(&self) -> Memory {
        let mut memory = Memory {
            resident: 0.0,
            proportional: 0.0,
            anonymous: 0.0,
        };
        for pid in &self.pids {
            let path = format!("/proc/{pid}/smaps_rollup");
            let rollup = fs::read_to_string(path).unwrap_or_default();
            let megabytes = |name: &str| {
                let line = rollup.lines().find_map(|line| line.strip_prefix(name));
                let kilobytes = line.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok());
                kilobytes.unwrap_or(0.0) / 1_000.0
            };
            memory.resident += megabytes("Rss:");
            memory.proportional += megabytes("Pss:");
            memory.anonymous += megabytes("Anonymous:");
        }
        memory
    }
}

fn tasks(pid: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).collect()
}
