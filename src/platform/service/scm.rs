//! The service control manager of Windows, in words.

use std::path::Path;

use super::{Account, Action, Definition, NAME, Order, Step, quoted};

/// The account that Windows makes for the service.
fn account(definition: &Definition) -> String {
    match &definition.account {
        Account::Virtual => format!(r"NT SERVICE\{NAME}"),
        Account::User(name) => name.clone(),
    }
}

pub(super) fn plan(action: Action, definition: &Definition) -> Vec<Step> {
    let order = match action {
        Action::Install => return install(definition),
        Action::Uninstall => Order::Delete,
        Action::Start => Order::Start,
        Action::Stop => Order::Stop,
        Action::Status => Order::Status,
    };
    vec![Step::Ask(order)]
}

/// The account exists from the moment that the service does, so rights are given after.
fn install(definition: &Definition) -> Vec<Step> {
    let mut folders: Vec<&Path> = definition.own.iter().map(std::path::PathBuf::as_path).collect();
    folders.extend(definition.log.parent());
    folders.dedup();
    let rights = format!("{}:(OI)(CI)M", account(definition));
    let make = folders.iter().map(|folder| Step::Folder((*folder).to_owned()));
    let give = folders.iter().map(|folder| {
        Step::Run(vec!["icacls".into(), folder.display().to_string(), "/grant".into(), rights.clone()])
    });
    let create = Step::Ask(Order::Create(Box::new(definition.clone())));
    make.chain([create]).chain(give).collect()
}

pub(super) fn describe(order: &Order) -> String {
    let what = match order {
        Order::Create(_) => "add the service",
        Order::Delete => "stop and remove the service",
        Order::Start => "start the service",
        Order::Stop => "stop the service",
        Order::Status => "ask how it is: the service",
    };
    format!("{what} {NAME}")
}

pub(super) fn text(definition: &Definition) -> String {
    let words = std::iter::once(definition.program.display().to_string()).chain(definition.arguments());
    let words: Vec<String> = words.map(|word| quoted(&word)).collect();
    let fields = [
        ("Name", NAME.to_owned()),
        ("DisplayName", definition.display.clone()),
        ("Description", definition.about.clone()),
        ("Account", account(definition)),
        ("SidType", "unrestricted".to_owned()),
        ("StartType", "automatic, delayed".to_owned()),
        ("BinaryPath", words.join(" ")),
        ("OnFailure", "restart after 5 s, 30 s, then each 60 s; counted anew after a day".to_owned()),
    ];
    fields.iter().map(|(name, value)| format!("{name:<12} {value}\n")).collect()
}
