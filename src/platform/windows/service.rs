//! The service control manager (SCM): being run by it, and its list of services.
//!
//! The thread that the manager needs waits in here; the program goes on in its first thread as it does at a console.
//! Wine 8 can list and start services; that the account is a virtual one, only Windows shows.

use std::ffi::OsString;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl, ServiceControlAccept,
    ServiceErrorControl, ServiceExitCode, ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo,
    ServiceSidType, ServiceStartType, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{ServiceControlHandlerResult, ServiceStatusHandle, register};
use windows_service::service_dispatcher;
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use crate::service::{Account, Definition, NAME, Order};

/// The start was not by the manager (ERROR_FAILED_SERVICE_CONTROLLER_CONNECT).
const NOT_A_SERVICE: i32 = 1063;
/// How long starting or stopping may take before the manager takes it for dead.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the manager asked for.
pub(super) static STOP: Notify = Notify::const_new();
/// How the manager is told.
static STATUS: OnceLock<ServiceStatusHandle> = OnceLock::new();
/// Says to the program that it is a service.
static ENTERED: Mutex<Option<SyncSender<io::Result<bool>>>> = Mutex::new(None);
/// Lets the manager's thread go.
static LEFT: Mutex<Option<Receiver<()>>> = Mutex::new(None);
static LEAVE: Mutex<Option<SyncSender<()>>> = Mutex::new(None);

windows_service::define_windows_service!(ffi_main, service_main);

/// Whether the manager started this process; from then on it is told how the process is.
pub(crate) fn started_by_manager() -> io::Result<bool> {
    let (entered, answer) = sync_channel(1);
    let (leave, left) = sync_channel(1);
    put(&ENTERED, entered.clone());
    put(&LEFT, left);
    put(&LEAVE, leave);
    std::thread::Builder::new().name("service".into()).spawn(move || {
        if let Err(error) = service_dispatcher::start(NAME, ffi_main) {
            let said = match system(error) {
                error if error.raw_os_error() == Some(NOT_A_SERVICE) => Ok(false),
                error => Err(error),
            };
            let _ = entered.try_send(said);
        }
    })?;
    answer.recv().map_err(io::Error::other)?
}

/// Called by the manager in a thread of its own; when it returns, the process may be ended.
fn service_main(_arguments: Vec<OsString>) {
    let handler = |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => {
            STOP.notify_one();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let registered = register(NAME, handler).map_err(system).map(|handle| {
        let _ = STATUS.set(handle);
        report(ServiceState::StartPending, 0)
    });
    let said = registered.and_then(|told| told.map(|()| true));
    if let Some(entered) = take(&ENTERED) {
        let _ = entered.try_send(said);
    }
    if let Some(left) = take(&LEFT) {
        // An error: the program is gone.
        let _ = left.recv();
    }
}

/// Tells the manager, where there is one, in the words of sd_notify(3).
pub(crate) fn tell(line: &str) -> io::Result<()> {
    match line {
        "READY=1" => report(ServiceState::Running, 0),
        "STOPPING=1" => report(ServiceState::StopPending, 0),
        _ => Ok(()),
    }
}

/// Says that the service has ended, with the exit code of the program.
pub(crate) fn leave(code: u8) {
    let _ = report(ServiceState::Stopped, code);
    if let Some(leave) = take(&LEAVE) {
        let _ = leave.try_send(());
    }
}

fn report(state: ServiceState, code: u8) -> io::Result<()> {
    let Some(handle) = STATUS.get() else { return Ok(()) };
    let accepted = match state {
        ServiceState::Running => ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN,
        _ => ServiceControlAccept::empty(),
    };
    let pending = matches!(state, ServiceState::StartPending | ServiceState::StopPending);
    let status = ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: accepted,
        exit_code: match code {
            0 => ServiceExitCode::Win32(0),
            code => ServiceExitCode::ServiceSpecific(code.into()),
        },
        checkpoint: 0,
        wait_hint: if pending { PATIENCE } else { Duration::ZERO },
        process_id: None,
    };
    handle.set_service_status(status).map_err(system)
}

/// Carries out an order; returns how the service is, for [`Order::Status`].
pub(crate) fn control(order: &Order) -> io::Result<String> {
    match order {
        Order::Create(definition) => create(definition).map(|()| "installed".to_owned()),
        Order::Delete => {
            let service = open(ServiceAccess::STOP | ServiceAccess::DELETE)?;
            // That it does not run is fine; one that runs goes when it has ended.
            let _ = service.stop();
            service.delete().map(|()| "removed".into()).map_err(system)
        }
        Order::Start => {
            let service = open(ServiceAccess::START)?;
            service.start::<OsString>(&[]).map(|()| "started".into()).map_err(system)
        }
        Order::Stop => open(ServiceAccess::STOP)?.stop().map(|_| "stopped".into()).map_err(system),
        Order::Status => {
            let status = open(ServiceAccess::QUERY_STATUS)?.query_status().map_err(system)?;
            Ok(format!("{:?}", status.current_state).to_lowercase())
        }
    }
}

fn create(definition: &Definition) -> io::Result<()> {
    let access = ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE;
    let manager = ServiceManager::local_computer(None::<&str>, access).map_err(system)?;
    let info = ServiceInfo {
        name: NAME.into(),
        display_name: definition.display.clone().into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: definition.program.clone(),
        launch_arguments: definition.arguments().into_iter().map(OsString::from).collect(),
        dependencies: Vec::new(),
        account_name: match &definition.account {
            Account::Virtual => Some(format!(r"NT SERVICE\{NAME}").into()),
            Account::User(name) => Some(name.into()),
        },
        account_password: None,
    };
    let rights = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let service = manager.create_service(&info, rights).map_err(system)?;
    service.set_description(&definition.about).map_err(system)?;
    service.set_config_service_sid_info(ServiceSidType::Unrestricted).map_err(system)?;
    service.set_delayed_auto_start(true).map_err(system)?;
    let restart =
        |secs| ServiceAction { action_type: ServiceActionType::Restart, delay: Duration::from_secs(secs) };
    let failure = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(86_400)),
        reboot_msg: None,
        command: None,
        actions: Some(vec![restart(5), restart(30), restart(60)]),
    };
    service.update_failure_actions(failure).map_err(system)?;
    service.set_failure_actions_on_non_crash_failures(true).map_err(system)
}

fn open(access: ServiceAccess) -> io::Result<Service> {
    let manager =
        ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT).map_err(system)?;
    manager.open_service(NAME, access).map_err(system)
}

/// The system's error, whose kind tells more than the library's text.
fn system(error: windows_service::Error) -> io::Error {
    match error {
        windows_service::Error::Winapi(error) => error,
        error => io::Error::other(error),
    }
}

fn put<T>(place: &Mutex<Option<T>>, value: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}
