//! The queue's deliverer on every domain of the lab: what it finds out about TLS is what the table says.

use mox_address::IpDomain;
use mox_queue::{Asking, Class, DirectOptions, Outbound, Outcome, Route, Smtp, Target};
use mox_tlsrpt::PolicyResult;

use super::*;
use crate::expect::{ExpectedDetail, ExpectedResult, ResultKind};

fn smtp(world: &World) -> Smtp {
    let resolver = world.lab.resolver.clone();
    let clock = world.lab.clock.paced();
    let web = Client {
        dial: world.lab.dial.clone(),
        resolver: resolver.clone(),
        roots: world.lab.roots.clone(),
        egress: Egress::Public { allow: NETWORKS.iter().map(|n| n.parse().unwrap()).collect() },
        limits: Limits::default(),
        clock: clock.clone(),
        user_agent: "test".to_owned(),
    };
    Smtp {
        resolver: resolver.clone(),
        dial: world.lab.dial.clone(),
        clock,
        random: Arc::new(SimRandom::new(1)),
        hostname: "client.lab.test".to_owned(),
        roots: world.lab.roots.clone(),
        timeouts: Timeouts { greeting: Duration::from_secs(3), ..Timeouts::RFC },
        locals: Vec::new(),
        policies: Some(Arc::new(Asking { resolver, web: Arc::new(web) })),
    }
}

fn expected(kind: ResultKind, recipient: &str, result: &PolicyResult) -> ExpectedResult {
    ExpectedResult {
        policy_domain: result.policy.domain.clone(),
        recipient_domain: recipient.to_owned(),
        kind,
        policy_type: result.policy.kind.clone(),
        policy_string: result.policy.strings.clone(),
        mx_host: result.policy.mx_hosts.clone(),
        successful: result.summary.successful,
        failed: result.summary.failed,
        details: result
            .details
            .iter()
            .map(|d| ExpectedDetail {
                result: d.result.clone(),
                reason: d.reason.clone(),
                mx_hostname: d.mx_hostname.clone(),
                failed: d.failed,
            })
            .collect(),
    }
}

/// Lets time pass when nothing else happens.
async fn stepped<T>(world: &World, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut idle = 0;
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::task::yield_now() => idle += 1,
        }
        if idle > 500 {
            idle = 0;
            world.sim.advance(world.sim.until_next_sleeper().unwrap_or(Duration::from_secs(1)));
        }
    }
}

#[tokio::test]
async fn deliveries_find_out_what_the_table_says() {
    let mut wrong = Vec::new();
    for receiver in all() {
        let Expect::Receiving(expect) = &receiver.domain.expect else { continue };
        let world = World::new();
        let smtp = smtp(&world);
        let target = Target {
            route: Route::Direct(DirectOptions {
                require_dane: receiver.row.name == "dane-required",
                ..DirectOptions::default()
            }),
            domain: IpDomain::Domain(receiver.name.parse().unwrap()),
            require_tls: None,
            class: Class::Normal,
            attempt: 1,
        };
        let opened = stepped(&world, smtp.open(&target)).await;
        let tls = match &opened {
            Ok(opened) => &opened.tls,
            Err(failure) => &failure.tls,
        };
        let mut found = Vec::new();
        if let Some(tls) = tls {
            let name = tls.recipient_domain.ascii();
            found.extend(tls.domain.iter().map(|r| expected(ResultKind::Domain, name, r)));
            found.extend(tls.hosts.iter().map(|r| expected(ResultKind::Host, name, r)));
        }
        if found.iter().any(|r| r.policy_type == PolicyType::Tlsa && r.policy_domain == receiver.name) {
            found.retain(|r| r.kind == ResultKind::Host || r.policy_type != PolicyType::NoPolicyFound);
        }
        if found != expect.results {
            let steps = match &opened {
                Ok(opened) => opened.steps.clone(),
                Err(failure) => failure.steps.clone(),
            };
            wrong.push(format!(
                "{}\n  found {found:#?}\n  table {:#?}\n  {steps:#?}",
                receiver.name, expect.results
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// What is refused after MAIL FROM, and what a later attempt finds better, a trial sees nothing of.
fn taken_up_to_mail(name: &str, delivery: Delivery) -> Outcome {
    match (name, delivery) {
        ("greylist" | "defer" | "reject" | "drop-mid-data", _) => Outcome::Delivered,
        (_, Delivery::Delivered) => Outcome::Delivered,
        (_, Delivery::Deferred | Delivery::DeliveredAfterRetry) => Outcome::Temporary,
        (_, Delivery::Failed) => Outcome::Permanent,
    }
}

#[tokio::test]
async fn a_trial_finds_out_what_a_delivery_does_and_leaves_nothing() {
    let mut wrong = Vec::new();
    for receiver in all() {
        let Expect::Receiving(expect) = &receiver.domain.expect else { continue };
        let name = receiver.row.name;
        let demands = [(None, Some(expect.delivery)), (Some(true), expect.with_requiretls)];
        for (require_tls, delivery) in demands {
            let Some(delivery) = delivery else { continue };
            let world = World::new();
            let smtp = smtp(&world);
            let options = DirectOptions { require_dane: name == "dane-required", ..DirectOptions::default() };
            let target = Target {
                route: Route::Direct(options),
                domain: IpDomain::Domain(receiver.name.parse().unwrap()),
                require_tls,
                class: Class::Normal,
                attempt: 1,
            };
            let mail = MailArgs { require_tls: require_tls == Some(true), ..MailArgs::default() };
            let probe = stepped(&world, smtp.probe(&target, &mail, false)).await;
            let opened = stepped(&world, smtp.open(&target)).await;
            let tls = match opened {
                Ok(opened) => opened.tls,
                Err(failure) => failure.tls,
            };
            let results = |tls: Option<mox_queue::TlsResults>| tls.map(|tls| (tls.domain, tls.hosts));
            assert_eq!(results(probe.tls), results(tls), "{name}");
            if probe.verdict.outcome != taken_up_to_mail(name, delivery) {
                wrong.push(format!("{name} {require_tls:?}: {} {:#?}", probe.verdict, probe.steps));
            }
            assert_eq!(world.kept.mail.lock().unwrap().len(), 0, "{name}");
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_trial_of_every_host_is_decided_by_the_first_that_can_be_had() {
    let world = World::new();
    let smtp = smtp(&world);
    let target = Target {
        route: Route::direct(),
        domain: IpDomain::Domain("rua-host.lab.test".parse().unwrap()),
        require_tls: None,
        class: Class::Normal,
        attempt: 1,
    };
    world.lab.zones.add("rua-host.lab.test. MX 5 mx.dane-ok.lab.test").unwrap();
    world.lab.zones.add("rua-host.lab.test. MX 7 mx.dane-mismatch.lab.test").unwrap();
    for (every, hosts) in [(false, 1), (true, 3)] {
        let probe = stepped(&world, smtp.probe(&target, &MailArgs::default(), every)).await;
        assert_eq!(probe.peer.host, "mx.dane-ok.lab.test", "{:#?}", probe.steps);
        assert_eq!(probe.verdict.outcome, Outcome::Delivered);
        let tried = probe.steps.iter().filter(|step| step.step == "connect" && step.ok == Some(true));
        assert_eq!(tried.count(), hosts, "{:#?}", probe.steps);
        let said = probe.steps.iter().filter(|step| step.step == "mail").count();
        assert_eq!(said, if every { 2 } else { 1 }, "{:#?}", probe.steps);
    }
}

#[tokio::test]
async fn a_trial_says_which_host_it_does_not_get_to() {
    let world = World::new();
    let smtp = smtp(&world);
    let zone: Vec<String> = (10..19).map(|n| format!("many.lab.test. MX {n} h{n}.many.lab.test")).collect();
    world.lab.zones.add(&zone.join("\n")).unwrap();
    let hosts: Vec<String> = (10..19).map(|n| format!("h{n}.many.lab.test. A 198.51.100.3")).collect();
    world.lab.zones.add(&hosts.join("\n")).unwrap();
    let target = Target {
        route: Route::direct(),
        domain: IpDomain::Domain("many.lab.test".parse().unwrap()),
        require_tls: None,
        class: Class::Normal,
        attempt: 1,
    };
    let probe = stepped(&world, smtp.probe(&target, &MailArgs::default(), true)).await;
    assert_eq!(probe.verdict.outcome, Outcome::Temporary, "{:#?}", probe.steps);
    let refused = probe.steps.iter().filter(|step| step.step == "connect" && step.ok == Some(false));
    assert_eq!(refused.count(), 8, "{:#?}", probe.steps);
    let last = probe.steps.last().unwrap();
    assert_eq!((last.ok, last.text.contains("h18.many.lab.test is not tried")), (None, true), "{last:?}");
}
