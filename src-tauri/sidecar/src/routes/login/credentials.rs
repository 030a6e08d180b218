use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, info};

use crate::attempts::Refused;
use crate::audit::AUDIT;
use crate::config::fold_email;
use crate::device::Device;
use crate::directory::{NotSignedIn, SignedIn};
use crate::password::TURN;
use crate::refusal::Refusal;
use crate::sidecar::Sidecar;

/// When wrong credentials are refused, counted from the question: the platform says no to an unknown
/// user sooner than to a wrong password, and nobody shall learn from the time who signs in.
const REFUSED_AFTER: Duration = Duration::from_millis(400);

/// Finds out whose credentials these are, as often as the limits let anybody try.
pub(in crate::routes) async fn check(
    sidecar: &Sidecar,
    (email, password): (&str, &SecretString),
    address: IpAddr,
    device: &Device,
) -> Result<SignedIn, Refusal> {
    let email = fold_email(email);
    let busy = || Refusal::cannot_sign_in("Too many people are signing in");
    let attempt = timeout(TURN, sidecar.attempts.begin(&email, address))
        .await
        .map_err(|_| busy())?
        .map_err(|refused| match refused {
            Refused::Wait(wait) => {
                debug!(%address, ?wait, "wait before another attempt");
                info!(target: AUDIT, device = device.name, "login refused: too many attempts");
                Refusal::too_many_attempts(wait)
            }
            Refused::Unanswered(error) => {
                info!(target: AUDIT, device = device.name, "login refused: no session store");
                Refusal::cannot_sign_in(&error.to_string())
            }
        })?;
    let begun = Instant::now();
    let refused = |why: &str| {
        debug!(%address, "login refused");
        info!(
            target: AUDIT,
            member = sidecar.directory.member_of(&email),
            device = device.name,
            "login refused: {why}"
        );
    };
    match sidecar.directory.sign_in(&email, password).await {
        Ok(signed_in) => {
            attempt.succeeded().await;
            Ok(signed_in)
        }
        Err(NotSignedIn::WrongCredentials) => {
            if sidecar.directory.is_remote() {
                sleep_until(begun + REFUSED_AFTER).await;
            }
            refused("wrong e-mail or password");
            Err(Refusal::wrong_credentials())
        }
        Err(NotSignedIn::SecondFactor) => {
            attempt.succeeded().await;
            refused("a second factor is wanted");
            Err(Refusal::second_factor())
        }
        Err(NotSignedIn::EmailNotVerified) => {
            attempt.succeeded().await;
            refused("the e-mail is not verified");
            Err(Refusal::email_not_verified())
        }
        Err(NotSignedIn::Busy) => {
            attempt.not_checked().await;
            Err(busy())
        }
        Err(NotSignedIn::Silent(silent)) => {
            attempt.not_checked().await;
            refused("no platform");
            Err(Refusal::cannot_sign_in(&silent.to_string()))
        }
    }
}
