use super::{Headers, Method, Request, Response};

pub(super) fn request(request: &Request) -> String {
    todo!("{request:?}")
}

pub(super) fn response(response: &Response) -> String {
    todo!("{response:?}")
}

pub(super) fn response_to(
    method: &Method,
    headers: &Headers,
    status: u16,
    reason: Option<&str>,
) -> Response {
    todo!("{method} {headers:?} {status} {reason:?}")
}

/// Returns the message for a log: credentials and media keys replaced by `…`.
pub(crate) fn masked(message: &str) -> String {
    todo!("{message}")
}
