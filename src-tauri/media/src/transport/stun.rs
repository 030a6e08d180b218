//! What connectivity checks, consent and gathering share of STUN (RFC 8489).

use rtc::stun::{
    attributes::{ATTR_ERROR_CODE, ATTR_USERNAME},
    integrity::MessageIntegrity,
    message::{METHOD_BINDING, Message, is_stun_message},
};
use secrecy::ExposeSecret;

use super::{Credentials, Identity};

/// Reads a STUN Binding message, of any class.
pub(super) fn binding(datagram: &[u8]) -> Option<Message> {
    if !is_stun(datagram) {
        return None;
    }
    let mut message = Message::new();
    message.raw = datagram.to_vec();
    message.decode().ok()?;
    (message.typ.method == METHOD_BINDING).then_some(message)
}

/// Tells STUN from DTLS and RTP (RFC 7983 §7).
pub(super) fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first <= 3) && is_stun_message(datagram)
}

/// Returns the USERNAME: the receiver's username fragment, a colon, the sender's (RFC 8445 §7.2.2).
pub(super) fn username(message: &Message) -> Option<String> {
    String::from_utf8(message.get(ATTR_USERNAME).ok()?).ok()
}

/// Returns the number of an error response, 300 to 699.
pub(super) fn error_code(message: &Message) -> Option<u16> {
    let value = message.get(ATTR_ERROR_CODE).ok()?;
    // RFC 8489 §14.8: the class in 3 bits, then the number.
    let (class, number) = (value.get(2)? & 7, value.get(3)?);
    Some(u16::from(class) * 100 + u16::from(*number))
}

/// Returns whether MESSAGE-INTEGRITY is there and made with the password of `credentials` (RFC 8489
/// §14.5).
pub(super) fn is_authentic(
    message: &mut Message,
    credentials: &Credentials,
    identity: &Identity,
) -> bool {
    let pwd = credentials.pwd.expose_secret().as_bytes();
    MessageIntegrity::check(message, pwd, identity.provider.crypto()).is_ok()
}
