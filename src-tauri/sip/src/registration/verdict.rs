use std::time::Duration;

use rand::{RngExt, rngs::StdRng};

use super::binding::Binding;
use crate::{
    Cause,
    authentication::{Attempt, Trust, Unanswered},
    core::{Core, refused},
    message::{Request, Response},
    timer::share,
    transaction::News,
};

/// The first and the longest pause after failures that pass by themselves; doubled each time.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(300));

/// The pause after a refusal that another device or a person has to cure, such as 603 "too many
/// contacts".
const LONG_BACK_OFF: Duration = Duration::from_secs(60);

/// The longest pause a server can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// What was asked of the registrar.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) attempt: Attempt,
    /// Whether a 423 was obeyed.
    pub(super) is_lengthened: bool,
    pub(super) expires: Duration,
    /// Failures in a row before this one.
    pub(super) failures: u32,
}

/// What the outcome of a REGISTER means.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is to be sent again, with credentials.
    Repeat(Request),
    /// It is to be sent again for a longer time.
    Lengthen(Duration),
    Bound(Binding),
    Failed {
        cause: Cause,
        retry_in: Duration,
    },
    /// The account is wrong.
    Wrong {
        cause: Cause,
    },
}

impl Verdict {
    /// Reads the outcome of a REGISTER; `None`: it is still open.
    pub(super) fn of(news: News, question: &Question, core: &mut Core) -> Option<Self> {
        match news {
            News::Provisional(_) => None,
            News::Success(response) => Some(Self::of_success(&response, question, core)),
            News::Failure { request, response } => {
                Some(Self::of_failure(*request, &response, question, core))
            }
            News::Timeout => Some(Self::passing(Cause::Timeout, question, core)),
            News::FlowLost => None,
        }
    }

    fn of_success(response: &Response, question: &Question, core: &mut Core) -> Self {
        match Binding::find(
            response,
            &core.flow,
            &core.config.instance,
            question.expires,
        ) {
            Some(binding) => Self::Bound(binding),
            // RFC 3261 §10.2.4: the 200 lists what is bound, and we are not.
            None => Self::passing(
                Cause::Protocol("The registrar's list does not have this device".to_owned()),
                question,
                core,
            ),
        }
    }

    fn of_failure(
        request: Request,
        response: &Response,
        question: &Question,
        core: &mut Core,
    ) -> Self {
        let cause = refused(response);
        match response.status {
            401 | 407 => {
                let answer = core.authentication.answer(
                    request,
                    response,
                    Trust::Registrar,
                    question.attempt,
                    &mut core.rng,
                );
                match answer {
                    Ok(request) => Self::Repeat(request),
                    Err(Unanswered::WrongPassword) => Self::Wrong { cause },
                    Err(Unanswered::AlwaysStale) => Self::Failed {
                        cause,
                        retry_in: jittered(LONG_BACK_OFF, &mut core.rng),
                    },
                    Err(Unanswered::Unusable(reason)) => Self::Wrong {
                        cause: Cause::Protocol(reason),
                    },
                }
            }
            403 | 404 => Self::Wrong { cause },
            423 => match response.headers.min_expires() {
                // RFC 3261 §10.2.8
                Some(seconds)
                    if !question.is_lengthened
                        && u64::from(seconds) > question.expires.as_secs() =>
                {
                    Self::Lengthen(Duration::from_secs(seconds.into()))
                }
                Some(_) | None => Self::Failed {
                    cause,
                    retry_in: jittered(LONG_BACK_OFF, &mut core.rng),
                },
            },
            408 | 480 | 500..600 => match response.headers.retry_after() {
                Some(seconds) => {
                    let asked = Duration::from_secs(seconds.max(1).into()).min(MAX_RETRY_AFTER);
                    Self::Failed {
                        cause,
                        retry_in: jittered(asked, &mut core.rng),
                    }
                }
                None => Self::passing(cause, question, core),
            },
            _ => Self::Failed {
                cause,
                retry_in: jittered(LONG_BACK_OFF, &mut core.rng),
            },
        }
    }

    /// Returns the verdict on a failure that may pass by itself.
    fn passing(cause: Cause, question: &Question, core: &mut Core) -> Self {
        let (first, longest) = BACK_OFF;
        let pause = first
            .saturating_mul(1 << question.failures.min(10))
            .min(longest);
        // RFC 5626 §4.5: a random point in its second half.
        Self::Failed {
            cause,
            retry_in: share(pause, 50, 100, &mut core.rng),
        }
    }
}

/// Returns `whole` ± 20 %, so that phones that were refused together do not come back together.
fn jittered(whole: Duration, rng: &mut StdRng) -> Duration {
    whole.mul_f64(rng.random_range(0.8..=1.2))
}
