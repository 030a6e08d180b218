//! Users and agents that come from the platform.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidecar::MemoryLock;
use sidecar_api::{AGENT_NOT_CONFIGURED, CANNOT_SIGN_IN_NOW, WRONG_CREDENTIALS};
use tokio::time::timeout;

use crate::stand_in::ozonetel::{self, Mode, Ozonetel, password_of};
use crate::stand_in::platform::graphql::{Field, Operation};
use crate::stand_in::platform::{
    ANA_MEMBER, API_KEY, Agent, Fault, Generation, PASSWORD, Platform, RAVI_MEMBER,
};
use crate::stand_in::{own_passwords_config, platform_and_ozonetel_config, platform_config};
use crate::world::{Answer, DEADLINE, Device, World, client, send};

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";
const MIRA: &str = "mira@helix.example";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn an_agent_signs_in_at_a_platform_of_either_generation() {
    for generation in [Generation::Current, Generation::Old] {
        let (platform, world) = start().await;
        platform.with(|world| world.generation = generation);
        let desk = world.device("desk");
        let answer = login(&desk, ANA).await.expect(201);
        assert_eq!(
            answer.body["user"],
            json!({"id": "u-ana", "role": "cc-agent", "name": "ana Example", "email": ANA})
        );
        assert_eq!(
            answer.body["agentConfig"],
            json!({
                "ozonetelAgentId": "agent1", "sipExtension": "700201",
                "sipPassword": "sip-password-of-agent1", "sipUri": "sip:700201@sip.example",
                "sipWsServer": "wss://sip.example:444", "campaignName": "Inbound_91",
                "iceServers": [{"urls": ["stun:stun.example"]}],
            })
        );
        let beat = desk.beat(answer.access_token()).await.expect(201);
        assert_eq!(beat.body["lock"], "held");
        let next = desk.refresh(answer.refresh_token()).await.expect(201);
        desk.logout(next.access_token()).await.expect(201);

        // Once it is known how this platform speaks, nothing is asked twice.
        let before = platform.with(|world| world.asked.len());
        login(&desk, ANA).await.expect(201);
        assert_eq!(platform.with(|world| world.asked.len()), before + 4);
    }
}

/// The questions that the platform is known to understand, as contract/platform.md writes them (1, 2, 3, 5 and 6), in its current
/// version.
const QUESTIONS: [&str; 5] = [
    "mutation($email:String!,$password:String!,$origin:String!){getLoginTokenFromCredentials(email:$email,\
     password:$password,origin:$origin){loginToken{token expiresAt}}}",
    "mutation($loginToken:String!,$origin:String!){getAuthTokensFromLoginToken(loginToken:$loginToken,\
     origin:$origin){tokens{accessOrWorkspaceAgnosticToken{token expiresAt} refreshToken{token expiresAt}}}}",
    "mutation($appToken:String!){renewToken(appToken:$appToken){tokens{accessOrWorkspaceAgnosticToken\
     {token expiresAt} refreshToken{token expiresAt}}}}",
    "query{currentUser{id email firstName lastName workspaceMember{id name{firstName lastName} userEmail \
     roles{id label}}}}",
    "query($m:UUID!){agents(first:2,filter:{wsmemberId:{eq:$m}}){edges{node{id ozonetelagentid sipextension \
     sippassword campaignname wsmemberId}} pageInfo{hasNextPage}}}",
];

#[tokio::test]
async fn a_platform_of_either_generation_is_asked_as_it_is_known_to_understand() {
    for generation in [Generation::Current, Generation::Old] {
        let (platform, world) = start().await;
        platform.with(|world| world.generation = generation);
        let desk = world.device("desk");
        let answer = login(&desk, ANA).await.expect(201);
        desk.refresh(answer.refresh_token()).await.expect(201);
        // Once it is known how this platform speaks.
        platform.with(|world| world.asked.clear());
        let answer = login(&desk, ANA).await.expect(201);
        desk.refresh(answer.refresh_token()).await.expect(201);

        let asked = platform.with(|world| world.asked.clone());
        let operations: Vec<_> = asked.iter().map(|asked| asked.operation).collect();
        assert_eq!(
            operations,
            [
                "getLoginTokenFromCredentials",
                "getAuthTokensFromLoginToken",
                "currentUser",
                "agents",
                "renewToken",
            ]
        );
        for asked in &asked {
            let mut known = QUESTIONS.iter().filter(|it| it.contains(asked.operation));
            let known = known.next().unwrap();
            let known = match generation {
                Generation::Current => (*known).to_owned(),
                Generation::Old => known.replace("accessOrWorkspaceAgnosticToken", "accessToken"),
            };
            let (asked, known) = (question(&asked.query), question(&known));
            assert_eq!(asked.kind, known.kind);
            let (ours, theirs) = (&asked.selection[0], &known.selection[0]);
            // What they are given, with the type of each variable in its place.
            assert_eq!(
                ours.arguments(&json!(asked.variables)),
                theirs.arguments(&json!(known.variables))
            );
            assert!(is_part(ours, theirs), "{ours:?}");
        }
    }
}

fn question(text: &str) -> Operation {
    Operation::parse(text).unwrap()
}

/// Whether the other field's question has all that is asked for here.
fn is_part(field: &Field, other: &Field) -> bool {
    field.name == other.name
        && field.selection.iter().all(|inner| {
            let mut theirs = other.selection.iter();
            theirs.any(|it| is_part(inner, it))
        })
}

#[tokio::test]
async fn the_stand_in_answers_what_it_is_asked_and_nothing_else() {
    let platform = Platform::start().await;
    let ask = async |query: &str, variables: Value| {
        let post = client().post(format!("{}/graphql", platform.url));
        let post = post.bearer_auth(API_KEY);
        let question = json!({"query": query, "variables": variables});
        let answer = post.json(&question).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let node = |id: &str| json!({"node": {"who": id}});
    let page =
        |edges: Value, more: bool| json!({"edges": edges, "pageInfo": {"hasNextPage": more}});
    let rest = "{edges{node{who:ozonetelagentid}} pageInfo{hasNextPage}}}";
    let (ana, ravi) = (json!({"m": ANA_MEMBER}), json!({"m": RAVI_MEMBER}));
    for (question, variables, found) in [
        (
            "query{agents",
            json!({}),
            page(json!([node("agent1"), node("agent2")]), false),
        ),
        (
            "query{agents(first:1)",
            json!({}),
            page(json!([node("agent1")]), true),
        ),
        (
            "query($m:UUID!){agents(filter:{wsmemberId:{eq:$m}})",
            ravi.clone(),
            page(json!([node("agent2")]), false),
        ),
        (
            "query($m:UUID!){agents(first:1,filter:{wsmemberId:{neq:$m}})",
            ravi.clone(),
            page(json!([node("agent1")]), false),
        ),
        (
            "query($m:UUID!){agents(filter:{wsmemberId:{in:[$m]}})",
            ana.clone(),
            page(json!([node("agent1")]), false),
        ),
        (
            "query{agents(filter:{wsmemberId:{is:NULL}})",
            json!({}),
            page(json!([]), false),
        ),
    ] {
        let answer = ask(&format!("{question}{rest}"), variables).await;
        assert_eq!(answer, json!({"data": {"agents": found}}), "{question}");
    }
    let data = ask("query Names{them:agents{edges{node{id}}}}", json!({})).await;
    assert_eq!(
        data["data"]["them"]["edges"][1],
        json!({"node": {"id": "0f"}})
    );

    for (query, variables, words) in [
        (
            "query{agents{edges{node{sipasword}}}}",
            json!({}),
            "Cannot query field \"sipasword\" on type \"Agent\".",
        ),
        (
            "mutation{agents{edges{node{id}}}}",
            json!({}),
            "Cannot query field \"agents\" on type \"Mutation\".",
        ),
        (
            "query{agents{edges}}",
            json!({}),
            "Field \"edges\" of type \"AgentEdge\" must have a selection of subfields.",
        ),
        (
            "query{agents{edges{node{id{x}}}}}",
            json!({}),
            "Field \"id\" must not have a selection since type \"UUID\" has no subfields.",
        ),
        (
            "query($m:UUID!){agents(where:$m){edges{node{id}}}}",
            ana.clone(),
            "Unknown argument \"where\" on field \"Query.agents\".",
        ),
        (
            "query($m:UUID!){agents(filter:{member:{eq:$m}}){edges{node{id}}}}",
            ana.clone(),
            "Field \"member\" is not defined by type \"AgentFilterInput\".",
        ),
        (
            "query($m:String!){agents(filter:{wsmemberId:{eq:$m}}){edges{node{id}}}}",
            ana.clone(),
            "Variable \"$m\" of type \"String!\" used in position expecting type \"UUID\".",
        ),
        (
            "query{agents(filter:{wsmemberId:{eq:$m}}){edges{node{id}}}}",
            ana.clone(),
            "Variable \"$m\" is not defined.",
        ),
        (
            "query($m:UUID!){agents{edges{node{id}}}}",
            ana.clone(),
            "Variable \"$m\" is never used.",
        ),
        (
            "query($m:UUID!){agents(filter:{wsmemberId:{eq:$m}}){edges{node{id}}}}",
            json!({"member": ANA_MEMBER}),
            "Variable \"$m\" of required type \"UUID!\" was not provided.",
        ),
        (
            "query{agents{edges{node{id}}}",
            json!({}),
            "Syntax Error: Unexpected <EOF>.",
        ),
    ] {
        let answer = ask(query, variables).await;
        assert_eq!(answer["errors"][0]["message"], words, "{query}");
    }
}

#[tokio::test]
async fn the_password_in_an_agents_record_is_the_one_that_logs_them_in_at_ozonetel() {
    let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
    platform.with(|world| {
        for (agent, id) in world.agents.iter_mut().zip(["agent1", "agent2"]) {
            agent.fields["ozonetelpassword"] = json!(password_of(id));
        }
    });
    let config = own_passwords_config(&platform, &ozonetel, "ozonetelpassword");
    let world = World::alone(config).await;
    for (device, email, id) in [("desk", ANA, "agent1"), ("laptop", RAVI, "agent2")] {
        let device = world.device(device);
        let answer = login(&device, email).await.expect(201);
        let words = format!("Agent {id} logged in successfully");
        let telephony = json!({"state": "ready", "message": words});
        assert_eq!(answer.body["telephony"], telephony);
        device.logout(answer.access_token()).await.expect(201);
        let out = ozonetel.until(|world| world.present.is_empty());
        timeout(DEADLINE, out).await.unwrap();
    }
    // Nobody else's password stands in for one that is missing.
    platform.with(|world| world.agents[0].fields["ozonetelpassword"] = Value::Null);
    let answer = login(&world.device("desk"), ANA).await.expect(201);
    let words = "No Ozonetel password is set for the agent agent1.";
    let telephony = json!({"state": "failed", "message": words});
    assert_eq!(answer.body["telephony"], telephony);
}

#[tokio::test]
async fn a_manager_signs_in_and_no_agent_record_is_asked_for() {
    let (platform, world) = start().await;
    let answer = login(&world.device("desk"), MIRA).await.expect(201);
    assert_eq!(answer.body["user"]["role"], "manager");
    for key in ["agentConfig", "session", "telephony"] {
        assert!(answer.body.get(key).is_none(), "{key}");
    }
    assert_eq!(platform.asked("agents"), 0);
    login(&world.device("laptop"), MIRA).await.expect(201);
}

#[tokio::test]
async fn who_cannot_sign_in_is_answered_alike_or_told_what_to_do() {
    let (_platform, world) = start().await;
    let desk = world.device("desk");
    // Else each refusal takes as long as one can.
    login(&desk, MIRA).await.expect(201);
    let wrong = json!({"email": ANA, "password": "a-wrong-password"});
    let wrong = desk.login_with(wrong).await.expect(401);
    assert_eq!(wrong.message(), WRONG_CREDENTIALS);
    for unknown in ["nobody", "nora", "ned"] {
        let answer = login(&desk, &format!("{unknown}@helix.example")).await;
        assert_eq!(answer.expect(401).body, wrong.body, "{unknown}");
    }
    for (name, status, words, reason) in [
        ("tess", 403, "second factor", json!("second_factor")),
        ("emil", 403, "not verified", json!("email_not_verified")),
        ("otto", 400, "workspace member", Value::Null),
        ("noor", 403, AGENT_NOT_CONFIGURED, Value::Null),
    ] {
        let answer = login(&desk, &format!("{name}@helix.example")).await;
        let answer = answer.expect(status);
        assert!(answer.message().contains(words), "{name}");
        assert_eq!(answer.body["reason"], reason, "{name}");
    }
}

#[tokio::test]
async fn a_record_that_nobody_can_work_with_is_none() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let records = |change: &dyn Fn(&mut Value)| {
        let mut agent = Agent::new(ANA_MEMBER, "agent1", "700201");
        change(&mut agent.fields);
        vec![agent]
    };
    let twice = [records(&|_| {}), records(&|_| {})].concat();
    for agents in [
        vec![],
        twice,
        records(&|fields| fields["sippassword"] = Value::Null),
        records(&|fields| fields["sippassword"] = json!("")),
        records(&|fields| fields["sipextension"] = Value::Null),
        records(&|fields| fields["sipextension"] = json!("7 1\r\nContact: x")),
        records(&|fields| fields["ozonetelagentid"] = json!(" ")),
    ] {
        platform.with(|world| world.agents = agents);
        let answer = login(&desk, ANA).await.expect(403);
        assert_eq!(answer.message(), AGENT_NOT_CONFIGURED);
    }
}

#[tokio::test]
async fn whatever_fails_at_the_platform_is_503_and_never_a_word_about_the_user() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    for operation in [
        "getLoginTokenFromCredentials",
        "getAuthTokensFromLoginToken",
        "currentUser",
        "agents",
    ] {
        for fault in [
            Fault::Status(404),
            Fault::Status(429),
            Fault::Status(500),
            Fault::Status(502),
            Fault::Redirect,
            Fault::Endless,
            Fault::Body(""),
            Fault::Body("<html>Sign in to the network</html>"),
            Fault::Body("{\"data\":null}"),
            Fault::Body("{\"data\":{\"currentUser\":{\"id\":1}}}"),
            Fault::Body("[[[[[[["),
            Fault::ErrorBesideData("INTERNAL_SERVER_ERROR"),
            Fault::ErrorBesideData("SOMETHING_NEW"),
        ] {
            platform.with(|world| world.faults = [(operation, fault)].into());
            let answer = login(&desk, ANA).await;
            assert_eq!(answer.status, 503, "{operation} {fault:?} {answer:?}");
            assert!(answer.message().starts_with(CANNOT_SIGN_IN_NOW));
            assert!(answer.message().contains("platform"));
            // The next minute's tries, as a person makes them.
            world.clock.advance(Duration::from_secs(60));
        }
    }
    platform.with(|world| world.faults.clear());
    login(&desk, ANA).await.expect(201);
}

#[tokio::test]
async fn a_platform_that_gives_no_tokens_for_a_right_password_is_503() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    login(&desk, MIRA).await.expect(201);
    for code in [
        "UNAUTHENTICATED",
        "FORBIDDEN",
        "NOT_FOUND",
        "BAD_USER_INPUT",
    ] {
        let refusal = ("getAuthTokensFromLoginToken", Fault::ErrorBesideData(code));
        platform.with(|world| world.faults = [refusal].into());
        for _ in 0..3 {
            let answer = login(&desk, ANA).await;
            assert_eq!(answer.status, 503, "{code} {answer:?}");
            assert!(answer.message().starts_with(CANNOT_SIGN_IN_NOW));
        }
        let wrong = json!({"email": ANA, "password": "wrong"});
        desk.login_with(wrong).await.expect(401);
        login(&desk, "tess@helix.example").await.expect(503);
    }
    // No try of theirs counts as one with a wrong password.
    platform.with(|world| world.faults.clear());
    login(&desk, ANA).await.expect(201);
    login(&desk, "tess@helix.example").await.expect(403);
}

#[tokio::test]
async fn an_outage_of_the_platform_is_no_wrong_password() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    login(&desk, MIRA).await.expect(201);
    let wrong = json!({"email": ANA, "password": "wrong"});
    for _ in 0..4 {
        desk.login_with(wrong.clone()).await.expect(401);
    }
    let outage = ("getLoginTokenFromCredentials", Fault::Status(500));
    platform.with(|world| world.faults = [outage].into());
    for _ in 0..10 {
        login(&desk, ANA).await.expect(503);
        desk.ask(ANA).await.expect(503);
    }
    platform.with(|world| world.faults.clear());
    // What was wrong before stays so: one more is left.
    desk.login_with(wrong.clone()).await.expect(401);
    login(&desk, ANA).await.expect(429);
}

#[tokio::test]
async fn a_platform_that_says_nothing_is_given_up() {
    let (platform, world) = start().await;
    platform.with(|world| world.faults = [("currentUser", Fault::Silence)].into());
    login(&world.device("desk"), ANA).await.expect(503);
}

#[tokio::test]
async fn a_key_or_a_workspace_that_the_platform_refuses_is_no_fault_of_the_user() {
    let platform = Platform::start().await;
    for (variable, value) in [
        ("PLATFORM_API_KEY", "another-key"),
        ("PLATFORM_ORIGIN", "https://elsewhere.example"),
    ] {
        let world = world_of(&platform, (variable, value)).await;
        login(&world.device("desk"), ANA).await.expect(503);
    }
}

#[tokio::test]
async fn what_is_typed_reaches_the_platform_as_it_is_and_only_in_variables() {
    let (platform, world) = start().await;
    let typed = "\"}){__schema{types{name}}} # \\ \u{0}\n@x.example";
    let body = json!({"email": typed, "password": typed});
    world.device("desk").login_with(body).await.expect(401);
    platform.with(|world| {
        let asked = world.asked.last().unwrap();
        assert_eq!(asked.variables["email"], typed);
        assert_eq!(asked.variables["password"], typed);
        assert!(
            world
                .queries()
                .iter()
                .all(|query| !query.contains("__schema"))
        );
    });
}

#[tokio::test]
async fn a_refresh_asks_the_platform_and_ends_with_the_user() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let first = login(&desk, ANA).await.expect(201);
    let second = desk.refresh(first.refresh_token()).await.expect(201);
    assert_eq!(platform.asked("renewToken"), 1);

    platform.with(|world| world.faults = [("renewToken", Fault::Status(500))].into());
    desk.refresh(second.refresh_token()).await.expect(503);
    platform.with(|world| world.faults.clear());
    let third = desk.refresh(second.refresh_token()).await.expect(201);

    // The platform's token is of use to nobody else.
    let laptop = world.device("laptop");
    laptop.refresh(third.refresh_token()).await.expect(401);
    let (ours, _) = third.refresh_token().split_once('.').unwrap();
    let fourth = desk.refresh(third.refresh_token()).await.expect(201);
    desk.refresh(ours).await.expect(401);

    platform.with(|world| world.revoke_all());
    desk.refresh(fourth.refresh_token()).await.expect(401);
    desk.beat(fourth.access_token()).await.expect(401);
}

#[tokio::test]
async fn who_refreshes_in_time_outlives_every_token_of_the_platform() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let mut session = login(&desk, ANA).await.expect(201);
    let (day, rest) = (24 * HOUR, 11 * HOUR);
    let mut lasted = Duration::ZERO;
    // Its access token has died between two of these each time, its first refresh token at the end.
    while lasted < 61 * day {
        lasted += rest;
        world.clock.advance(rest);
        platform.with(|world| world.pass(rest));
        session = desk.refresh(session.refresh_token()).await.expect(201);
        let records = platform.asked("agents");
        let beat = desk.beat(session.access_token()).await.expect(201);
        assert_eq!(beat.body["lock"], "held");
        assert_eq!(platform.asked("agents"), records + 1);
    }
}

#[tokio::test]
async fn who_comes_after_the_platforms_refresh_token_has_expired_signs_in_anew() {
    let (platform, world) = start().await;
    platform.with(|world| world.refresh_life = HOUR);
    let desk = world.device("desk");
    let pass = |time: Duration| {
        world.clock.advance(time);
        platform.with(|world| world.pass(time));
    };
    let first = login(&desk, ANA).await.expect(201);
    pass(HOUR - SECOND);
    let second = desk.refresh(first.refresh_token()).await.expect(201);
    // The next one has its whole life from there.
    pass(HOUR - SECOND);
    let third = desk.refresh(second.refresh_token()).await.expect(201);
    pass(HOUR);
    let fourth = desk.refresh(third.refresh_token()).await.expect(401);
    assert_eq!(
        fourth.message(),
        "The refresh token is no longer valid. Please sign in again."
    );
    // The session has ended, and its lock is free.
    desk.refresh(third.refresh_token()).await.expect(401);
    desk.beat(third.access_token()).await.expect(401);
    login(&world.device("laptop"), ANA).await.expect(201);
}

#[tokio::test]
async fn a_token_that_expires_within_a_login_is_no_wrong_password() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    for (operation, life) in [
        ("getLoginTokenFromCredentials", HOUR / 4),
        ("getAuthTokensFromLoginToken", HOUR / 2),
    ] {
        platform.with(|world| world.faults = [(operation, Fault::Late)].into());
        let asked = platform.asked(operation) + 1;
        let (late, waiting) = (desk.clone(), platform.until_asked(operation, asked));
        let late = tokio::spawn(async move { login(&late, ANA).await });
        timeout(DEADLINE, waiting).await.unwrap();
        platform.with(|world| world.pass(life));
        platform.go_on();
        let refused = timeout(DEADLINE, late).await.unwrap().unwrap();
        let words = format!("{CANNOT_SIGN_IN_NOW} The platform does not answer.");
        assert_eq!(refused.expect(503).message(), words, "{operation}");
    }
    platform.with(|world| world.faults.clear());
    login(&desk, ANA).await.expect(201);
}

#[tokio::test]
async fn who_is_out_at_the_platform_leaves_nothing_locked_and_nobody_logged_in() {
    let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
    let world = World::alone(platform_and_ozonetel_config(&platform, &ozonetel)).await;
    let desk = world.device("desk");
    let session = login(&desk, ANA).await.expect(201);
    ozonetel.with(|world| assert!(world.present.contains_key("agent1")));
    platform.with(|world| world.revoke_all());
    desk.refresh(session.refresh_token()).await.expect(401);
    let out = ozonetel.until(|world| world.present.is_empty());
    timeout(DEADLINE, out).await.unwrap();
    login(&world.device("laptop"), ANA).await.expect(201);
    desk.beat(session.access_token()).await.expect(401);
}

#[tokio::test]
async fn an_answer_to_a_refresh_that_is_lost_again_and_again_signs_nobody_out() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let first = login(&desk, ANA).await.expect(201);
    let mut last = None;
    for _ in 0..4 {
        last = Some(desk.refresh(first.refresh_token()).await.expect(201));
        world.clock.advance(Duration::from_secs(40));
    }
    // The platform gives a next token once more, and never again.
    assert_eq!(platform.asked("renewToken"), 1);
    let second = last.unwrap();
    desk.beat(second.access_token()).await.expect(201);
    let third = desk.refresh(second.refresh_token()).await.expect(201);
    assert_eq!(platform.asked("renewToken"), 2);
    desk.refresh(third.refresh_token()).await.expect(201);

    // Who is out at the platform is out here, two minutes later at the most.
    let token = third.refresh_token();
    platform.with(|world| world.revoke_all());
    desk.refresh(token).await.expect(201);
    world.clock.advance(Duration::from_secs(121));
    desk.refresh(token).await.expect(401);
    desk.beat(third.access_token()).await.expect(401);
}

#[tokio::test]
async fn a_renewal_that_is_slower_than_its_phone_is_there_when_the_phone_comes_again() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let first = login(&desk, ANA).await.expect(201);
    platform.with(|world| world.faults = [("renewToken", Fault::Late)].into());
    for _ in 0..3 {
        // What the phone hangs up on goes on, and it does not ask twice.
        let (desk, token) = (desk.clone(), first.refresh_token().to_owned());
        let refresh = tokio::spawn(async move { desk.refresh(&token).await });
        timeout(DEADLINE, platform.until_asked("renewToken", 1))
            .await
            .unwrap();
        refresh.abort();
    }
    let (again, token) = (desk.clone(), first.refresh_token().to_owned());
    let again = tokio::spawn(async move { again.refresh(&token).await });
    platform.go_on();
    let second = timeout(DEADLINE, again).await.unwrap().unwrap().expect(201);
    assert_eq!(platform.asked("renewToken"), 1);
    platform.with(|world| world.faults.clear());
    let third = desk.refresh(second.refresh_token()).await.expect(201);
    desk.beat(third.access_token()).await.expect(201);
}

#[tokio::test]
async fn a_record_that_comes_later_than_its_phone_waits_is_there_the_next_time() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let session = login(&desk, ANA).await.expect(201);
    world.clock.advance(Duration::from_secs(301));
    platform.with(|world| world.faults = [("agents", Fault::Late)].into());
    let (hasty, token) = (desk.clone(), session.access_token().to_owned());
    let beat = tokio::spawn(async move { hasty.beat(&token).await });
    timeout(DEADLINE, platform.until_asked("agents", 2))
        .await
        .unwrap();
    beat.abort();
    let (again, token) = (desk.clone(), session.access_token().to_owned());
    let again = tokio::spawn(async move { again.beat(&token).await });
    platform.go_on();
    timeout(DEADLINE, again).await.unwrap().unwrap().expect(201);
    assert_eq!(platform.asked("agents"), 2);
}

#[tokio::test]
async fn an_outage_of_the_platform_leaves_the_session_as_it_is() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let answer = login(&desk, ANA).await.expect(201);
    platform.with(|world| world.faults = [("agents", Fault::Status(500))].into());
    desk.beat(answer.access_token()).await.expect(201);
    world.clock.advance(Duration::from_secs(300));
    desk.beat(answer.access_token()).await.expect(503);
    platform.with(|world| world.faults.clear());
    desk.beat(answer.access_token()).await.expect(201);
}

#[tokio::test]
async fn a_record_is_asked_for_each_five_minutes_and_at_each_login() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    let answer = login(&desk, ANA).await.expect(201);
    for _ in 0..5 {
        desk.beat(answer.access_token()).await.expect(201);
        world.clock.advance(Duration::from_secs(59));
    }
    assert_eq!(platform.asked("agents"), 1);
    world.clock.advance(Duration::from_secs(5));
    desk.beat(answer.access_token()).await.expect(201);
    assert_eq!(platform.asked("agents"), 2);

    platform.with(|world| world.agents[0].fields["sippassword"] = json!("a-new-one"));
    let answer = login(&desk, ANA).await.expect(201);
    assert_eq!(answer.body["agentConfig"]["sipPassword"], "a-new-one");
    assert_eq!(platform.asked("agents"), 3);

    desk.logout(answer.access_token()).await.expect(201);
    let again = login(&desk, ANA).await.expect(201);
    desk.beat(again.access_token()).await.expect(201);
    assert_eq!(platform.asked("agents"), 4);
}

#[tokio::test]
async fn a_record_that_has_changed_is_read_after_an_order_that_was_refused() {
    let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
    let world = World::alone(platform_and_ozonetel_config(&platform, &ozonetel)).await;
    let desk = world.device("desk");
    let answer = login(&desk, ANA).await.expect(201);
    let order = async |name: &str, body: Value| {
        let post = desk.post(&format!("/api/ozonetel/{name}"));
        send(post.bearer_auth(answer.access_token()).json(&body)).await
    };
    order("agent-ready", json!({})).await.expect(201);
    let dial = json!({"phoneNumber": "09876543210"});
    // The campaign of the record is none of the account's; an administrator has just mended that.
    platform.with(|world| world.agents[0].fields["campaignname"] = json!("Inbound_1"));
    let refused = order("dial", dial.clone()).await.expect(422);
    assert_eq!(refused.message(), "Campaign is invalid");
    assert_eq!(platform.asked("agents"), 1);
    order("dial", dial.clone()).await.expect(201);
    assert_eq!(platform.asked("agents"), 2);
    // What was not refused is believed.
    order("agent-ready", json!({})).await;
    assert_eq!(platform.asked("agents"), 2);
}

#[tokio::test]
async fn a_record_that_is_forgotten_while_it_is_asked_for_is_asked_for_anew() {
    let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
    let world = World::alone(platform_and_ozonetel_config(&platform, &ozonetel)).await;
    let desk = world.device("desk");
    let answer = login(&desk, ANA).await.expect(201);
    // An order that Ozonetel takes its time to refuse.
    ozonetel.with(|world| world.fault = Some(ozonetel::Fault::Wait));
    let asked = ozonetel.with(|world| world.asked);
    let pause = json!({"state": "Pause", "pauseReason": "Unheard of"});
    let order = desk.post("/api/ozonetel/agent-state").json(&pause);
    let order = tokio::spawn(send(order.bearer_auth(answer.access_token())));
    let waits = ozonetel.until(|world| world.asked > asked);
    timeout(DEADLINE, waits).await.unwrap();
    // Meanwhile the record is asked for, and changed.
    world.clock.advance(Duration::from_secs(301));
    platform.with(|world| world.faults = [("agents", Fault::Late)].into());
    let (hasty, token) = (desk.clone(), answer.access_token().to_owned());
    let beat = tokio::spawn(async move { hasty.beat(&token).await });
    let asked = platform.until_asked("agents", 2);
    timeout(DEADLINE, asked).await.unwrap();
    platform.with(|world| {
        world.faults.clear();
        world.agents[0].fields["sipextension"] = json!("700299");
    });
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    timeout(DEADLINE, order).await.unwrap().unwrap().expect(422);
    // Who has asked before hears what was so then, and nobody else.
    platform.go_on();
    timeout(DEADLINE, beat).await.unwrap().unwrap().expect(201);
    let changed = desk.beat(answer.access_token()).await.expect(401);
    assert_eq!(changed.body["reason"], "account_changed");
}

#[tokio::test]
async fn two_members_with_one_extension_cannot_both_be_signed_in() {
    let (platform, world) = start().await;
    platform.with(|world| {
        world.agents[1] = Agent::new(RAVI_MEMBER, "agent2", "700201");
    });
    login(&world.device("desk"), ANA).await.expect(201);
    let ravi = login(&world.device("laptop"), RAVI).await;
    assert_eq!(ravi.expect(409).body["holder"]["sameMember"], false);
}

#[tokio::test]
async fn a_sidecar_that_was_started_again_knows_who_calls() {
    let (platform, world) = start().await;
    let answer = login(&world.device("desk"), ANA).await.expect(201);
    let lock = Arc::new(MemoryLock::new(world.clock.clock()));
    let again = World::at(world.clock.clone(), platform_config(&platform, None), lock).await;
    let desk = again.device("desk");
    let beat = desk.beat(answer.access_token()).await.expect(201);
    assert_eq!(beat.body["lock"], "held");
    let next = desk.refresh(answer.refresh_token()).await.expect(201);
    assert_eq!(platform.asked("renewToken"), 1);
    let logout = desk.logout(next.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
    // Who is out is not asked about.
    desk.refresh(next.refresh_token()).await.expect(401);
    assert_eq!(platform.asked("renewToken"), 1);
}

#[tokio::test]
async fn who_is_out_at_the_platform_does_not_go_on_at_a_sidecar_that_was_started_again() {
    let (platform, world) = start().await;
    let answer = login(&world.device("desk"), ANA).await.expect(201);
    let lock = Arc::new(MemoryLock::new(world.clock.clock()));
    let again = World::at(world.clock.clone(), platform_config(&platform, None), lock).await;
    let desk = again.device("desk");
    platform.with(|world| world.faults = [("renewToken", Fault::Status(500))].into());
    desk.refresh(answer.refresh_token()).await.expect(503);
    platform.with(|world| {
        world.faults.clear();
        world.revoke_all();
    });
    desk.refresh(answer.refresh_token()).await.expect(401);
    desk.beat(answer.access_token()).await.expect(401);
}

#[tokio::test]
async fn a_stranger_is_refused_as_late_as_a_wrong_password_from_the_first_one_on() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    platform.with(|world| world.hash_time = Duration::from_millis(450));
    let refused = async |email: &str| {
        let begun = Instant::now();
        let body = json!({"email": email, "password": "wrong"});
        desk.login_with(body).await.expect(401);
        begun.elapsed()
    };
    // How long a right password takes is not known yet, and a wrong one says it of those who are known alone.
    for email in ["stranger@helix.example", ANA] {
        assert!(refused(email).await >= 2 * SECOND, "{email}");
    }
    login(&desk, MIRA).await.expect(201);
    for email in ["stranger@helix.example", ANA] {
        let (least, took) = (Duration::from_millis(800), refused(email).await);
        assert!(took >= least, "{email}: {took:?}");
    }
}

#[tokio::test]
async fn who_signs_out_is_signed_out_at_the_platform_where_that_can_be() {
    for generation in [Generation::Current, Generation::Old] {
        let (platform, world) = start().await;
        platform.with(|world| world.generation = generation);
        let desk = world.device("desk");
        // It was renewed, by an answer that never came.
        let before = login(&desk, ANA).await.expect(201);
        let lost = desk.refresh(before.refresh_token()).await.expect(201);
        let logout = log_out(&desk, &before).await.expect(201);
        assert_eq!(logout.body["released"], true);
        let asked = platform.until_asked("signOut", 1);
        timeout(DEADLINE, asked).await.unwrap();
        if generation == Generation::Old {
            // It has no such call, and is asked at one path alone.
            world.stop().await.unwrap();
            assert_eq!(platform.asked("signOut"), 1);
            continue;
        }
        // A sidecar without its data would go on with a session, were the platform to renew it.
        let clock = world.clock.clone();
        world.stop().await.unwrap();
        let lock = Arc::new(MemoryLock::new(clock.clock()));
        let again = World::at(clock, platform_config(&platform, None), lock).await;
        let desk = again.device("desk");
        desk.refresh(lost.refresh_token()).await.expect(401);
    }
}

#[tokio::test]
async fn a_platform_in_trouble_holds_up_no_sign_out() {
    let (platform, world) = start().await;
    let desk = world.device("desk");
    for fault in [Fault::Status(500), Fault::Body(""), Fault::Silence] {
        platform.with(|world| world.faults = [("signOut", fault)].into());
        let session = login(&desk, ANA).await.expect(201);
        let asked = platform.asked("signOut") + 1;
        // The platform itself has 5 s.
        let logout = timeout(Duration::from_secs(4), log_out(&desk, &session)).await;
        let logout = logout.unwrap().expect(201);
        assert_eq!(logout.body["released"], true, "{fault:?}");
        let asked = platform.until_asked("signOut", asked);
        timeout(DEADLINE, asked).await.unwrap();
    }
    // Who repeats it, or brings the token of somebody else, signs nobody out there.
    let asked = platform.asked("signOut");
    platform.with(|world| world.faults.clear());
    let session = login(&desk, ANA).await.expect(201);
    let ravi = world.device("ravi's");
    let other = login(&ravi, "ravi@helix.example").await.expect(201);
    let post = ravi.post("/auth/logout").bearer_auth(other.access_token());
    let body = json!({"refreshToken": session.refresh_token()});
    send(post.json(&body)).await.expect(201);
    for _ in 0..2 {
        log_out(&desk, &session).await.expect(201);
    }
    world.stop().await.unwrap();
    assert_eq!(platform.asked("signOut"), asked + 1);
}

async fn start() -> (Platform, World) {
    let platform = Platform::start().await;
    let world = World::with(platform_config(&platform, None), |clock| {
        Arc::new(MemoryLock::new(clock))
    });
    let world = world.await;
    (platform, world)
}

async fn world_of(platform: &Platform, instead: (&str, &str)) -> World {
    World::with(platform_config(platform, Some(instead)), |clock| {
        Arc::new(MemoryLock::new(clock))
    })
    .await
}

async fn login(device: &Device, email: &str) -> Answer {
    device
        .login_with(json!({"email": email, "password": PASSWORD}))
        .await
}

/// Signs out as a phone does, with both of its tokens.
async fn log_out(device: &Device, session: &Answer) -> Answer {
    let post = device.post("/auth/logout");
    let body = json!({"refreshToken": session.refresh_token()});
    send(post.bearer_auth(session.access_token()).json(&body)).await
}
