//! Who issued a certificate, read out of its DER (RFC 5280 §4.1) for a sentence to people; nothing is
//! decided by it.

use crate::fault::told;

const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, which holds the version.
const VERSION: u8 = 0xa0;
const BMP_STRING: u8 = 0x1e;

/// `id-at-commonName` and `id-at-organizationName`.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

/// Returns the common name of whoever issued the certificate, else its organisation.
pub(crate) fn issuer(certificate: &[u8]) -> Option<String> {
    let mut certificate = Der(certificate).inside(SEQUENCE)?;
    let mut body = certificate.inside(SEQUENCE)?;
    if body.0.first() == Some(&VERSION) {
        body.next()?;
    }
    // Its serial number and the algorithm of its signature.
    body.inside(INTEGER)?;
    body.inside(SEQUENCE)?;
    let mut name = body.inside(SEQUENCE)?;
    let mut organisation = None;
    while let Some(mut part) = name.inside(SET) {
        while let Some(mut attribute) = part.inside(SEQUENCE) {
            let kind = attribute.inside(OBJECT_IDENTIFIER)?;
            let (tag, value) = attribute.next()?;
            let value = Some(told(&text(tag, value))).filter(|it| !it.is_empty());
            match kind.0 {
                COMMON_NAME if value.is_some() => return value,
                ORGANISATION => organisation = value,
                _ => {}
            }
        }
    }
    organisation
}

fn text(tag: u8, value: &[u8]) -> String {
    if tag != BMP_STRING {
        return String::from_utf8_lossy(value).into_owned();
    }
    let units = value
        .chunks_exact(2)
        .map(|it| u16::from_be_bytes([it[0], it[1]]));
    char::decode_utf16(units).filter_map(Result::ok).collect()
}

/// What is left to read of some DER.
#[derive(Debug)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Returns the next element's tag and content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = digits.iter().fold(0, |all, it| all << 8 | usize::from(*it));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// Returns what is in the next element, where it has this tag.
    fn inside(&mut self, wanted: u8) -> Option<Self> {
        let (tag, content) = self.next()?;
        (tag == wanted).then_some(Self(content))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rcgen::{CertificateParams, DnType, DnValue, KeyPair};

    use super::*;

    fn certificate(parts: &[(DnType, DnValue)]) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["helix.example".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, value) in parts {
            params.distinguished_name.push(kind.clone(), value.clone());
        }
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn utf8(text: &str) -> DnValue {
        DnValue::Utf8String(text.to_owned())
    }

    #[test]
    fn an_issuer_is_its_common_name_or_its_organisation() {
        let company = (DnType::OrganizationName, utf8("Contoso Ltd"));
        let country = (DnType::CountryName, utf8("DE"));
        let name = (DnType::CommonName, utf8("Contoso Inspection CA"));
        let of = |parts: &[_]| issuer(&certificate(parts));
        let both = of(&[country.clone(), company.clone(), name]);
        assert_eq!(both.as_deref(), Some("Contoso Inspection CA"));
        assert_eq!(
            of(&[country.clone(), company]).as_deref(),
            Some("Contoso Ltd")
        );
        assert_eq!(of(&[country]), None);
        let hostile = utf8(&format!("\u{1b}[31m\r\n{}", "x".repeat(1_000)));
        let told = of(&[(DnType::CommonName, hostile)]).unwrap();
        assert!(told.starts_with("[31mxxx") && told.len() == 64, "{told}");
    }

    #[test]
    fn what_was_cut_has_no_issuer_before_its_name_ends() {
        let whole = certificate(&[(DnType::CommonName, utf8("Contoso"))]);
        for length in 0..whole.len() {
            assert_eq!(issuer(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_certificate_with_a_wrong_byte_is_read_to_an_end() {
        let whole = certificate(&[(DnType::CommonName, utf8("Contoso"))]);
        for at in 0..whole.len() {
            for byte in [0x00, 0x30, 0x7f, 0x80, 0x83, 0x84, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                issuer(&bytes);
            }
        }
    }
}
