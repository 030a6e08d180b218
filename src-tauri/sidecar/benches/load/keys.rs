//! What an agent who is signed in takes of Redis, and how much of that is what the platform renewed for them.

use crate::figure::print_range;
use crate::office::{AGENTS, Office, Users};
use crate::server::RedisServer;

/// Characters of a token of the platform, which is a JWT.
const TOKEN: usize = 500;

/// Refreshes of one session: more than there are in a shift, and as many as it remembers (16 h at one per 15 min).
const REFRESHES: usize = 64;

pub(crate) async fn print() {
    let redis = RedisServer::start();
    let at = (redis.url(), String::new());
    let mut office = Office::open(Users::Platform, Some(at)).await;
    office.set_token_length(TOKEN);
    println!(
        "Memory of Redis for each agent who is signed in, tokens of the platform having {TOKEN} characters"
    );
    let print = |what: &str, keys: &str| {
        print_range(what, "kB", &[kilobytes(&redis, keys)], "");
    };
    print("all of it, after the sign-in", "*");
    for refreshes in [1, REFRESHES] {
        for agent in &mut office.agents {
            agent.connect().await;
            while agent.refreshes < refreshes {
                agent.refresh().await;
            }
        }
        print(&format!("all of it, after {refreshes} refreshes"), "*");
        print("of that what the platform renewed", "session:*:renewed");
    }
}

/// Returns how much memory these keys take, for each agent.
fn kilobytes(redis: &RedisServer, keys: &str) -> f64 {
    let script = "local sum = 0 for _, key in ipairs(redis.call('KEYS', ARGV[1])) do \
                  sum = sum + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) end return sum";
    let bytes = redis.command(&["EVAL", script, "0", keys]);
    bytes.parse::<f64>().unwrap() / 1e3 / AGENTS as f64
}
