//! Being asked for this phone by another device: the stream that tells it, the user's answer, and the answer of silence.

use std::time::{Duration, Instant};

use sidecar_api::TakeoverAnswer;

use crate::{
    Effect, Event, MoveAnswer, MoveCall, MoveReply, Rejected, Reply, Request, ServerEvent,
    SidecarFailure, SignedOutReason, StreamNews,
    line::Line,
    moving::{Asked, Ended, Heard, Moving, StaysFor},
    outputs::Outputs,
    queue::Queue,
    tokens::Tokens,
    words::shown,
};

use super::{Account, GRACE, Holding, Phone, Station};

/// How long the sidecar may take to take an answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(3);

/// What of a session that is held has to do with moving it.
struct Holder<'a> {
    moving: &'a mut Moving,
    line: &'a Line,
    queue: Option<&'a Queue>,
    tokens: &'a mut Tokens,
    outputs: &'a mut Outputs,
}

impl Holder<'_> {
    fn stays_for(&self, now: Instant) -> StaysFor {
        StaysFor {
            call: self.line.has_calls(),
            work: self.queue.is_some_and(Queue::is_at_work),
            unsettled: self.queue.is_some_and(Queue::is_work_unsettled),
            under_way: self.queue.is_some_and(|it| it.has_things_under_way(now)),
        }
    }
}

impl Phone {
    fn holder(&mut self) -> Option<Holder<'_>> {
        let Account::SignedIn(it) = &mut self.account else {
            return None;
        };
        let Some(Station {
            lease: Holding::Held(_),
            moving,
            line,
            queue,
            ..
        }) = &mut it.station
        else {
            return None;
        };
        Some(Holder {
            moving,
            line,
            queue: queue.as_ref(),
            tokens: &mut it.tokens,
            outputs: &mut self.outputs,
        })
    }

    /// Takes what the user says to another device.
    pub(super) fn answer_move(
        &mut self,
        request: u64,
        answer: MoveAnswer,
        now: Instant,
    ) -> Result<(), Rejected> {
        let unknown = Rejected::UnknownRequest { request };
        let Some(holder) = self.holder() else {
            return Err(unknown);
        };
        let stays_for = holder.stays_for(now);
        let Some(asked) = &mut holder.moving.asked else {
            return Err(unknown);
        };
        let answer = match answer {
            MoveAnswer::AfterCall if !stays_for.call && !stays_for.work => MoveAnswer::Now,
            MoveAnswer::Now | MoveAnswer::AfterCall | MoveAnswer::No => answer,
        };
        if asked.number() != request || !asked.answer(answer, stays_for, now) {
            return Err(unknown);
        }
        holder.outputs.event(Event::MoveAnswered {
            request,
            answer,
            automatically: false,
        });
        Ok(())
    }

    pub(super) fn handle_stream(&mut self, stream: u64, news: StreamNews, now: Instant) {
        let Some(holder) = self.holder() else {
            return;
        };
        if !holder.moving.watch.is_stream(stream) {
            return;
        }
        match news {
            StreamNews::Opened => holder.moving.watch.handle_opened(now),
            StreamNews::Told(ServerEvent::Takeover(it)) => {
                let before = holder.moving.asked.as_ref().map(Asked::number);
                let heard = Asked::hear(&mut holder.moving.asked, it.request, now, holder.outputs);
                let is_new = heard == Heard::New;
                if let Some(request) = before.filter(|_| heard != Heard::Known) {
                    holder.outputs.event(Event::MoveRequestOver { request });
                }
                if let Some(asked) = holder.moving.asked.as_ref().filter(|_| is_new) {
                    let left = asked.answer_within(now).unwrap_or_default();
                    holder.outputs.event(Event::MoveRequested {
                        request: asked.number(),
                        device_name: asked.device_name().map(str::to_owned),
                        answer_within_ms: left.as_millis() as u64,
                    });
                }
            }
            StreamNews::Told(ServerEvent::Lost(it)) => {
                let device_name = Some(shown(&it.holder.device_name)).filter(|it| !it.is_empty());
                self.lose(SignedOutReason::TakenOver { device_name }, now);
            }
            StreamNews::Ended(Err(failure)) if failure.is_account_changed() => {
                self.lose(SignedOutReason::AccountChanged, now);
            }
            StreamNews::Ended(end) => {
                match holder.moving.watch.handle_ended(end, now, holder.outputs) {
                    Ended::Again => {}
                    Ended::TokenRefused => holder.tokens.renew_soon(now),
                    Ended::HeldElsewhere => self.with_lease(|lease, _| lease.beat_soon(now)),
                }
            }
        }
    }

    pub(super) fn awaits_answer(&self, number: u64) -> bool {
        let Account::SignedIn(it) = &self.account else {
            return false;
        };
        let asked = it.station.as_ref().and_then(|it| it.moving.asked.as_ref());
        asked.is_some_and(|it| it.awaits(number))
    }

    /// The sidecar has taken an answer of ours, or has not.
    pub(super) fn handle_answer_told(
        &mut self,
        reply: Result<Reply, SidecarFailure>,
        now: Instant,
    ) {
        let told = match reply {
            Ok(Reply::Move(MoveReply::Done)) => Ok(()),
            Ok(_) => return,
            Err(failure) => Err(failure),
        };
        let Some(holder) = self.holder() else {
            return;
        };
        if matches!(&told, Err(SidecarFailure::Refused { status: 401, .. })) {
            holder.tokens.renew_soon(now);
        }
        if let Some(asked) = &mut holder.moving.asked
            && asked.handle_told(told, now, holder.outputs)
        {
            over(&mut holder.moving.asked, holder.outputs);
        }
    }

    /// Watches for requests, gives the answer of silence, and tells the sidecar each answer.
    pub(super) fn see_to_requests(&mut self, now: Instant) {
        let Some(holder) = self.holder() else {
            return;
        };
        let stays_for = holder.stays_for(now);
        let Holder {
            moving,
            line: _,
            queue: _,
            tokens,
            outputs,
        } = holder;
        moving.watch.do_due(tokens.access(), now, outputs);
        let Some(asked) = &mut moving.asked else {
            return;
        };
        let answered = asked.answer_by_itself(stays_for, now);
        if let Some(answer) = answered {
            outputs.event(Event::MoveAnswered {
                request: asked.number(),
                answer,
                automatically: true,
            });
        }
        if let Some(answer) = asked.due(now, outputs) {
            let attempt = outputs.number();
            asked.handle_sent(attempt, ANSWER_DEADLINE + GRACE, now);
            let body = TakeoverAnswer {
                request: asked.id().to_owned(),
                answer: answer.into(),
            };
            outputs.effect(Effect::Sidecar {
                attempt,
                request: Request::Move(MoveCall::Answer {
                    access_token: tokens.access().clone(),
                    body,
                }),
                deadline: ANSWER_DEADLINE,
            });
        }
        let is_over = asked.is_over(now);
        if is_over {
            over(&mut moving.asked, outputs);
        }
        // What waited for the other device is done here after all, or the work is to end for it.
        if is_over || answered.is_some() {
            self.follow_queue(now);
        }
    }

    /// The network changed, or the machine slept: what was waited for may never come.
    pub(super) fn look_again(&mut self, now: Instant) {
        if let Account::Asking(asking) = &mut self.account {
            asking.ask_soon(now);
            self.ask(now);
        }
        if let Some(holder) = self.holder() {
            holder.moving.watch.reopen(now, holder.outputs);
        }
    }
}

fn over(asked: &mut Option<Asked>, outputs: &mut Outputs) {
    if let Some(asked) = asked.take() {
        let request = asked.number();
        outputs.event(Event::MoveRequestOver { request });
    }
}
