use std::net::IpAddr;

use secrecy::SecretString;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, info};

use crate::attempts::{Attempt, Refused};
use crate::audit::AUDIT;
use crate::client_address::network;
use crate::config::fold_email;
use crate::device::Device;
use crate::directory::{NotSignedIn, SignedIn};
use crate::password::TURN;
use crate::refusal::Refusal;
use crate::seldom::Scope;
use crate::sidecar::Sidecar;

/// Finds out whose credentials these are, as often as the limits let anybody try. Of right ones it also
/// returns the attempt, which is to be told so.
pub(in crate::routes) async fn check(
    sidecar: &Sidecar,
    (email, password): (&str, &SecretString),
    address: IpAddr,
    device: &Device,
) -> Result<(SignedIn, Attempt), Refusal> {
    let email = fold_email(email);
    let busy = || Refusal::cannot_sign_in("Too many people are signing in");
    let told_with = |why: &str, left_out: Option<u64>| {
        let member = sidecar.directory.member_of(&email);
        // Who that is, is not known here: the same stranger, or the same member of the platform.
        let account = member.is_none().then(|| sidecar.pseudonyms.of(&email));
        info!(
            target: AUDIT,
            member,
            account,
            device = device.name,
            left_out,
            "login refused: {why}"
        );
    };
    let told = |why: &str| told_with(why, None);
    let attempt = timeout(TURN, sidecar.attempts.begin(&email, address))
        .await
        .map_err(|_| busy())?
        .map_err(|refused| match refused {
            Refused::Wait(wait) => {
                debug!(?wait, "wait before another attempt");
                // This costs whoever tries nothing: one line a minute for each account that they try, and
                // for all of them beyond some.
                let (network, account) = (network(address), sidecar.pseudonyms.of(&email));
                let now = sidecar.clock.now().monotonic;
                if let Some(told) = sidecar.refused.tell(network, account, now) {
                    let why = match told.scope {
                        Scope::Thing => "too many attempts",
                        Scope::Group => "too many attempts, at more accounts than are listed",
                        Scope::Rest => "too many attempts, from more networks than are listed",
                    };
                    told_with(why, Some(told.left_out));
                }
                Refusal::too_many_attempts(wait)
            }
            Refused::Unanswered(error) => {
                told("no session store");
                Refusal::cannot_sign_in(&error.to_string())
            }
        })?;
    let begun = Instant::now();
    let checked = sidecar.directory.sign_in(&email, password).await;
    let now = Instant::now();
    let took = now.duration_since(begun);
    match checked {
        Ok(signed_in) => {
            sidecar.pace.right(took, now.into_std());
            Ok((signed_in, attempt))
        }
        Err(NotSignedIn::WrongCredentials) => {
            if sidecar.directory.is_remote() {
                let after = sidecar.pace.refused_after(took, now.into_std());
                sleep_until(begun + after).await;
            }
            told("wrong e-mail or password");
            Err(Refusal::wrong_credentials())
        }
        Err(NotSignedIn::SecondFactor) => {
            attempt.succeeded().await;
            told("a second factor is wanted");
            Err(Refusal::second_factor())
        }
        Err(NotSignedIn::EmailNotVerified) => {
            attempt.succeeded().await;
            told("the e-mail is not verified");
            Err(Refusal::email_not_verified())
        }
        Err(NotSignedIn::Busy) => {
            attempt.not_checked().await;
            Err(busy())
        }
        Err(NotSignedIn::Silent(silent)) => {
            attempt.not_checked().await;
            told("no platform");
            Err(Refusal::cannot_sign_in(&silent.to_string()))
        }
    }
}
