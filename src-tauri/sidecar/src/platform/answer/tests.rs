#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const MEMBER: &str = "20202020-0687-4c41-b707-ed1bfca972a7";

#[test]
fn a_login_token_is_read() {
    let body = br#"{"data":{"getLoginTokenFromCredentials":{"loginToken":
        {"token":"eyJ","expiresAt":"2026-03-23T10:15:00.000Z"}}}}"#;
    let data: LoginTokenData = read(200, body).unwrap();
    assert_eq!(data.into_token().expose_secret(), "eyJ");
}

#[test]
fn a_pair_of_tokens_is_read_under_both_names() {
    for name in ["accessOrWorkspaceAgnosticToken", "accessToken"] {
        let pair = format!(
            r#"{{"tokens":{{"{name}":{{"token":"a","expiresAt":"x"}},"refreshToken":{{"token":"r"}}}}}}"#
        );
        let body = format!(r#"{{"data":{{"getAuthTokensFromLoginToken":{pair}}}}}"#);
        let tokens = read::<TokensData>(200, body.as_bytes())
            .unwrap()
            .into_pair();
        assert_eq!(tokens.access.token.expose_secret(), "a");
        assert_eq!(tokens.refresh.token.expose_secret(), "r");
        let body = format!(r#"{{"data":{{"renewToken":{pair}}}}}"#);
        let tokens = read::<RenewalData>(200, body.as_bytes())
            .unwrap()
            .into_pair();
        assert_eq!(tokens.refresh.token.expose_secret(), "r");
    }
}

#[test]
fn a_user_has_a_name_a_member_and_roles_or_has_not() {
    for (member, name, roles) in [
        (
            r#"{"id":"m","name":{"firstName":"Ana","lastName":"Reyes"},"userEmail":"a@x.example",
                "roles":[{"id":"r","label":"CC Agent"},{"id":"s","label":"Manager"}]}"#,
            "Ana Reyes",
            vec!["CC Agent", "Manager"],
        ),
        (
            r#"{"id":"m","name":{"firstName":" ","lastName":null},"roles":[]}"#,
            "A R",
            vec![],
        ),
        (r#"{"id":"m","roles":null}"#, "A R", vec![]),
        (r#"{"id":"m","roles":[{"id":"r"}]}"#, "A R", vec![]),
    ] {
        let user = current_user(&format!(
            r#"{{"id":"u","email":"a@x.example","firstName":"A","lastName":"R","workspaceMember":{member}}}"#
        ));
        assert_eq!(user.name(), name);
        let member = user.workspace_member.unwrap();
        assert_eq!(member.role_labels().collect::<Vec<_>>(), roles);
    }
    let nameless = current_user(r#"{"id":"u","email":"a@x.example","workspaceMember":null}"#);
    assert!(nameless.workspace_member.is_none());
    assert_eq!(nameless.name(), "a@x.example");
}

#[test]
fn an_agent_record_is_read_with_what_it_lacks() {
    let record = agents(
        r#"[{"node":{"id":"0f","ozonetelagentid":"agent2","sipextension":"700201",
            "sippassword":"s","campaignname":"Inbound_91","wsmemberId":"m"}}]"#,
    );
    let record = record.unwrap().unwrap();
    assert_eq!(record.ozonetel_agent_id.as_deref(), Some("agent2"));
    assert_eq!(record.sip_extension.as_deref(), Some("700201"));
    assert_eq!(record.sip_password.unwrap().expose_secret(), "s");
    assert_eq!(record.campaign_name.as_deref(), Some("Inbound_91"));

    let record = agents(
        r#"[{"node":{"ozonetelagentid":" agent2 ","sipextension":700201,"sippassword":"",
            "campaignname":null}}]"#,
    );
    let record = record.unwrap().unwrap();
    assert_eq!(record.ozonetel_agent_id.as_deref(), Some("agent2"));
    assert_eq!(record.sip_extension.as_deref(), Some("700201"));
    assert!(record.sip_password.is_none());
    assert!(record.campaign_name.is_none());
}

#[test]
fn no_record_is_none_and_two_are_ambiguous() {
    assert!(agents("[]").unwrap().is_none());
    let two = r#"[{"node":{"id":"1"}},{"node":{"id":"2"}}]"#;
    assert_eq!(agents(two).unwrap_err(), Ambiguous);
    let body = br#"{"data":{"agents":{"edges":[{"node":{}}],"pageInfo":{"hasNextPage":true}}}}"#;
    let page: AgentsData = read(200, body).unwrap();
    assert_eq!(page.into_only().unwrap_err(), Ambiguous);
}

#[test]
fn every_refusal_of_a_sign_in_means_one_thing() {
    use Rejection::{EmailNotVerified, SecondFactor, UnknownWorkspace, WrongCredentials};
    for (error, meaning) in [
        (
            r#"{"message":"User not found","extensions":{"code":"UNAUTHENTICATED"}}"#,
            WrongCredentials,
        ),
        (
            r#"{"message":"Wrong password","extensions":{"code":"FORBIDDEN",
                "userFriendlyMessage":"Wrong password."}}"#,
            WrongCredentials,
        ),
        (
            r#"{"message":"User is not a member of the workspace","extensions":{"code":"FORBIDDEN"}}"#,
            WrongCredentials,
        ),
        (
            r#"{"message":"Incorrect login method","extensions":{"code":"BAD_USER_INPUT"}}"#,
            WrongCredentials,
        ),
        (
            r#"{"message":"Email is not verified","extensions":{"code":"FORBIDDEN",
                "subCode":"EMAIL_NOT_VERIFIED"}}"#,
            EmailNotVerified,
        ),
        (
            r#"{"message":"2FA","extensions":{"code":"FORBIDDEN",
                "subCode":"TWO_FACTOR_AUTHENTICATION_VERIFICATION_REQUIRED"}}"#,
            SecondFactor,
        ),
        (
            r#"{"message":"2FA","extensions":{"code":"FORBIDDEN",
                "subCode":"TWO_FACTOR_AUTHENTICATION_PROVISION_REQUIRED"}}"#,
            SecondFactor,
        ),
        (
            r#"{"message":"Workspace not found","extensions":{"code":"UNAUTHENTICATED"}}"#,
            UnknownWorkspace,
        ),
    ] {
        // With and without data beside it, and under whatever HTTP status.
        for (status, data) in [
            (200, ""),
            (200, r#","data":null"#),
            (401, ""),
            (200, GOOD_LOGIN),
        ] {
            let body = format!(r#"{{"errors":[{error}]{data}}}"#);
            match read::<LoginTokenData>(status, body.as_bytes())
                .err()
                .unwrap()
            {
                Fault::Refused(no) => assert_eq!(no.of_a_sign_in(), meaning, "{body}"),
                other @ (Fault::Misunderstood(_) | Fault::Unusable(_)) => {
                    panic!("{other:?}: {body}")
                }
            }
        }
    }
}

const GOOD_LOGIN: &str =
    r#","data":{"getLoginTokenFromCredentials":{"loginToken":{"token":"eyJ"}}}"#;

#[test]
fn another_generation_is_told_from_an_outage() {
    for (status, body, misunderstood) in [
        (
            400,
            r#"{"errors":[{"message":"Cannot query field \"accessOrWorkspaceAgnosticToken\".","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#,
            true,
        ),
        (
            200,
            r#"{"errors":[{"message":"Cannot query field \"currentUser\""}]}"#,
            true,
        ),
        (
            200,
            r#"{"errors":[{"message":"Unknown argument \"origin\"","extensions":{"code":"BAD_USER_INPUT"}}]}"#,
            true,
        ),
        (404, "<html>not found</html>", true),
        (405, "", true),
        (
            404,
            r#"{"statusCode":404,"message":"Cannot POST /metadata"}"#,
            true,
        ),
        (
            200,
            r#"{"errors":[{"message":"x","extensions":{"code":"INTERNAL_SERVER_ERROR"}}],"data":null}"#,
            false,
        ),
        (
            200,
            r#"{"errors":[{"message":"x","extensions":{"code":"SOMETHING_NEW"}}]}"#,
            false,
        ),
        (200, r#"{"errors":[{"message":"x"}]}"#, false),
        (200, r#"{"errors":[{}]}"#, false),
        (200, r#"{"errors":"no"}"#, false),
        (200, r#"{"data":null}"#, false),
        (200, r#"{"data":{}}"#, false),
        (
            200,
            r#"{"data":{"getLoginTokenFromCredentials":null}}"#,
            false,
        ),
        (
            200,
            r#"{"data":{"getLoginTokenFromCredentials":{"loginToken":{"token":""}}}}"#,
            false,
        ),
        (
            200,
            r#"{"data":{"getLoginTokenFromCredentials":{"loginToken":{"token":7}}}}"#,
            false,
        ),
        (200, "{}", false),
        (200, "null", false),
        (200, "[]", false),
        (200, "", false),
        (200, "<html>Sign in to the network</html>", false),
        (302, "", false),
        (401, "", false),
        (429, r#"{"message":"slow down"}"#, false),
        (500, "", false),
        (502, "<html>Bad Gateway</html>", false),
    ] {
        match read::<LoginTokenData>(status, body.as_bytes())
            .err()
            .unwrap()
        {
            Fault::Misunderstood(_) => assert!(misunderstood, "{status} {body}"),
            Fault::Unusable(_) => assert!(!misunderstood, "{status} {body}"),
            Fault::Refused(no) => panic!("{no:?}: {status} {body}"),
        }
    }
}

#[test]
fn an_error_status_is_no_success_whatever_the_body_says() {
    let body = format!("{{{}}}", &GOOD_LOGIN[1..]);
    assert!(read::<LoginTokenData>(200, body.as_bytes()).is_ok());
    assert!(read::<LoginTokenData>(500, body.as_bytes()).is_err());
}

#[test]
fn a_token_that_fits_in_no_body_of_ours_is_none() {
    let body = |length: usize| {
        let token = "x".repeat(length);
        format!(
            r#"{{"data":{{"getLoginTokenFromCredentials":{{"loginToken":{{"token":"{token}"}}}}}}}}"#
        )
    };
    assert!(read::<LoginTokenData>(200, body(4096).as_bytes()).is_ok());
    assert!(read::<LoginTokenData>(200, body(4097).as_bytes()).is_err());
}

#[test]
fn what_is_said_of_an_answer_holds_no_value_of_it() {
    let body = r#"{"data":{"currentUser":{"id":"canary","email":["canary"]}}}"#;
    let fault = format!("{:?}", read::<CurrentUserData>(200, body.as_bytes()).err());
    assert!(!fault.contains("canary"), "{fault}");
    let body = r#"{"errors":[{"message":"canary","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#;
    let fault = format!("{:?}", read::<CurrentUserData>(200, body.as_bytes()).err());
    assert!(!fault.contains("canary"), "{fault}");
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read::<AgentsData>(status, &body);
        let _ = read::<CurrentUserData>(status, &body);
    }

    #[test]
    fn no_part_of_an_answer_is_enough(length in 0_usize..200) {
        let body = format!(
            r#"{{"data":{{"currentUser":{{"id":"u","email":"e","workspaceMember":{{"id":"{MEMBER}"}}}}}}}}"#
        );
        if let Some(part) = body.as_bytes().get(..length) && length < body.len() {
            prop_assert!(read::<CurrentUserData>(200, part).is_err());
        }
    }
}

fn current_user(json: &str) -> CurrentUser {
    let body = format!(r#"{{"data":{{"currentUser":{json}}}}}"#);
    read::<CurrentUserData>(200, body.as_bytes()).unwrap().user
}

fn agents(edges: &str) -> Result<Option<AgentRecord>, Ambiguous> {
    let body = format!(
        r#"{{"data":{{"agents":{{"edges":{edges},"pageInfo":{{"hasNextPage":false}}}}}}}}"#
    );
    read::<AgentsData>(200, body.as_bytes())
        .unwrap()
        .into_only()
}
