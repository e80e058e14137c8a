//! The pages of a house, with their doors: for the administrator, for owners of accounts; and the API for programs.

use std::sync::Arc;
use std::time::Duration;

use mox_admin::Dispatch;
use mox_clock::{Clock, Random};
use mox_config::Handle;
use mox_httpserver::{OriginCheck, Service};
use mox_queue::Queue;
use mox_smtpserver::Handler;
use mox_store::Store;
use mox_submission::SubmissionHandler;
use mox_web::door::{Door, Keeper, Lock, Pages};
use mox_web::session::{Memory, Sessions};
use mox_website::Own;

use crate::keepers::{ForAdministrator, ForOwners, ForPrograms, Keys};
use crate::websessions::Stored;

/// How long an administrator stays logged in without doing anything, and how many can be at once.
const ADMIN: (Duration, usize) = (Duration::from_secs(12 * 3600), 10);
/// The same for the owner of an account.
const OWNER: (Duration, u32) = (Duration::from_secs(24 * 3600), 100);

/// What the pages of a house are made with.
pub(crate) struct Making<'a> {
    pub(crate) dispatch: &'a Arc<dyn Dispatch>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) random: &'a Arc<dyn Random>,
    /// What they call themselves.
    pub(crate) name: String,
    /// More places beside those of the administrator.
    pub(crate) places: Vec<mox_web::page::Place>,
    /// What the API for programs works with.
    pub(crate) programs: Programs,
    /// For files that come and go; emptied when the house starts.
    pub(crate) scratch: std::path::PathBuf,
    /// The administrator's pages are open to all who can connect.
    pub(crate) open: bool,
}

/// What the API for programs works with.
pub(crate) struct Programs {
    pub(crate) submission: Arc<SubmissionHandler>,
    /// What stands before it, as on the ports.
    pub(crate) steps: Arc<dyn Handler>,
    pub(crate) queue: Queue,
    pub(crate) store: Store,
    pub(crate) config: Arc<Handle>,
}

impl Making<'_> {
    pub(crate) fn own(self) -> Own {
        let (dispatch, clock) = (self.dispatch.clone(), self.clock.clone());
        let admin =
            mox_webadmin::pages(dispatch.clone(), self.name.clone(), self.places.clone(), clock.clone());
        let account =
            mox_webaccount::pages(dispatch, self.name.clone(), Vec::new(), clock, self.scratch.clone());
        let keys = self.keys.clone();
        let admin_lock = (!self.open).then(|| {
            let (lifetime, most) = ADMIN;
            let sessions = Arc::new(Memory::new(self.clock.clone(), self.random.clone(), lifetime, most));
            let keeper = Arc::new(ForAdministrator::new(keys.clone(), sessions.clone()));
            self.lock("moxadminsession", false, keeper, sessions)
        });
        let (lifetime, most) = OWNER;
        let (store, clock, random) = (keys.store(), self.clock.clone(), self.random.clone());
        let sessions = Arc::new(Stored { store, clock, random, lifetime, most });
        let account_lock = self.lock("moxaccountsession", true, Arc::new(ForOwners(keys.clone())), sessions);
        let Programs { submission, steps, queue, store, config } = self.programs;
        let webapi = mox_webapi::api(mox_webapi::Parts {
            keeper: Arc::new(ForPrograms(keys)),
            submission,
            steps,
            queue,
            store,
            config,
            clock: self.clock.clone(),
            random: self.random.clone(),
        });
        Own {
            admin: door(Arc::new(admin), admin_lock),
            account: door(Arc::new(account), Some(account_lock)),
            webapi: Arc::new(OriginCheck::new(webapi)),
        }
    }

    fn lock(
        &self,
        cookie: &'static str,
        names: bool,
        keeper: Arc<dyn Keeper>,
        sessions: Arc<dyn Sessions>,
    ) -> Lock {
        Lock { cookie, names, keeper, sessions, random: self.random.clone() }
    }
}

fn door(pages: Arc<dyn Pages>, lock: Option<Lock>) -> Arc<dyn Service> {
    Arc::new(OriginCheck::new(Door::new(pages, lock)))
}
