//! Looks that are under way: who comes while another looks for the same domain waits for that answer.
//!
//! Invariant: a look that is given up (its future was dropped) is taken over by one of those who wait.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mox_address::Domain;
use tokio::sync::watch;

use super::Found;

type Answer = Option<Found>;

/// Looks under way, by domain.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Domain, watch::Receiver<Answer>>>);

/// The one who looks.
struct Lead<'a> {
    flights: &'a Flights,
    domain: &'a Domain,
    answer: watch::Sender<Answer>,
}

enum Turn<'a> {
    Lead(Lead<'a>),
    Wait(watch::Receiver<Answer>),
}

impl Flights {
    /// The answer of a look that is under way, or that of `look`.
    pub(super) async fn share<F: Future<Output = Found>>(
        &self,
        domain: &Domain,
        look: impl Fn() -> F,
    ) -> Found {
        loop {
            match self.turn(domain) {
                Turn::Lead(lead) => {
                    let found = look().await;
                    lead.answer.send_replace(Some(found.clone()));
                    return found;
                }
                Turn::Wait(mut answer) => {
                    let found = answer.wait_for(Option::is_some).await.map(|found| found.clone());
                    if let Ok(Some(found)) = found {
                        return found;
                    }
                }
            }
        }
    }

    fn turn<'a>(&'a self, domain: &'a Domain) -> Turn<'a> {
        match self.under_way().entry(domain.clone()) {
            Entry::Occupied(entry) => Turn::Wait(entry.get().clone()),
            Entry::Vacant(entry) => {
                let answer = watch::Sender::new(None);
                entry.insert(answer.subscribe());
                Turn::Lead(Lead { flights: self, domain, answer })
            }
        }
    }

    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.under_way().is_empty()
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Domain, watch::Receiver<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lead<'_> {
    /// Before the sender goes, so that who waits finds the place free.
    fn drop(&mut self) {
        self.flights.under_way().remove(self.domain);
    }
}
