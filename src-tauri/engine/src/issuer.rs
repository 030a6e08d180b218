//! Who issued a certificate, for a sentence to people; nothing is decided by it.

use x509_parser::{parse_x509_certificate, x509::AttributeTypeAndValue};

use crate::fault::told;

/// Returns the common name of whoever issued the certificate, given as DER (RFC 5280 §4.1.2.4), else
/// its organisation.
pub(crate) fn issuer(certificate: &[u8]) -> Option<String> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let issuer = certificate.issuer();
    issuer
        .iter_common_name()
        .chain(issuer.iter_organization())
        .map(|it| told(&text(it)))
        .find(|it| !it.is_empty())
}

fn text(attribute: &AttributeTypeAndValue<'_>) -> String {
    match attribute.attr_value().as_bmpstring() {
        Ok(text) => text.string(),
        Err(_) => String::from_utf8_lossy(attribute.as_slice()).into_owned(),
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
