use crate::message::Request;

/// Any other request of another (RFC 3261 §17.2.2).
///
/// Lives until its final response: timer J is zero over a reliable transport. A repetition
/// meanwhile is absorbed, there is no provisional response to repeat.
#[derive(Debug)]
pub(super) struct ServerNonInvite {
    request: Request,
}

impl ServerNonInvite {
    pub(super) fn new(request: Request) -> Self {
        Self { request }
    }

    pub(super) fn request(&self) -> &Request {
        &self.request
    }
}
